"""Clients of the API, and the suite that they and any server of this contract must pass."""
