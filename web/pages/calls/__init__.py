"""Pages of calls and dialogues."""
