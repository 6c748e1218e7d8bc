"""The vendor's REST API for back ends: the calls about conversations, answered from our store for the app's administrators."""
