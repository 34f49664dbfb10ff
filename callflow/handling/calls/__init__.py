"""Calls: placed, spoken in, ended; trunks and telephones."""
