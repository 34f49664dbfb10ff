"""The API of what is kept."""
