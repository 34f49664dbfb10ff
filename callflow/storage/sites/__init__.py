"""Rows of sites and of what belongs to them."""
