"""Whoever calls the station: menus, walk tests, call-backs."""
