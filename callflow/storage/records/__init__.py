"""Rows of the logbook, of how long is kept what, and of what is erased."""
