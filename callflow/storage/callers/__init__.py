"""Rows of whoever calls the station."""
