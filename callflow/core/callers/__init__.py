"""Whoever calls the station."""
