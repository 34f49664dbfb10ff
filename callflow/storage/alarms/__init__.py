"""Rows of incidents, of their tasks, and of what correlates them."""
