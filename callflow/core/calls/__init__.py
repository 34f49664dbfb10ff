"""A call: its numbers and trunks, its dialogue and what is said, how it ended."""
