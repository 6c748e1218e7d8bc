"""Read an owner's list: pages, filters, lookups by ID, totals and changes."""
