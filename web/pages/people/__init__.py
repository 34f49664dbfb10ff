"""Pages of who logs in, and of a person's data."""
