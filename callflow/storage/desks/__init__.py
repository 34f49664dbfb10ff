"""Rows of shifts, roster and presence."""
