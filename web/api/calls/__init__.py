"""The API of calls and dialogues."""
