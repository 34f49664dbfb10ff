"""Pages of whoever called."""
