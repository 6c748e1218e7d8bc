"""Changes that owners make to their own list, a function for each intention, called by API, pages, admin and webhooks alike."""
