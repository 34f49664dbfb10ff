"""The API of sites."""
