"""Waking whoever has work: rows are the truth, a wake-up is a hint that may be lost."""
