"""Who may do what: API keys and UserSigs of clients, permissions of staff, and the log of staff's views."""
