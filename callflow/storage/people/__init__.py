"""Rows of who logs in."""
