"""Rows of what is watched."""
