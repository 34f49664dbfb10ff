"""The API of the desks."""
