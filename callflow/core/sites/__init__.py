"""A site: who and what is there, its contract, hours and instructions, its files."""
