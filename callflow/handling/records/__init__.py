"""Recordings and records: who looked, how long they are kept, what is erased."""
