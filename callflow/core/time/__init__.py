"""Instants, hours of a week, holidays, and when somebody can be called."""
