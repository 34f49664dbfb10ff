"""Rows of calls, trunks, telephones, and of what was said."""
