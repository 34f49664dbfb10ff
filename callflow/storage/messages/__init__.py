"""Rows of messages and images."""
