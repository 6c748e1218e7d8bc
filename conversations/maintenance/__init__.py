"""Upkeep by operators: check and repair lists, and remove old messages."""
