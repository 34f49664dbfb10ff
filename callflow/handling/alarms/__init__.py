"""Alarms: correlated, opened, decided, handled by people, filed."""
