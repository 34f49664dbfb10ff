"""The API of lines."""
