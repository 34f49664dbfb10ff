"""The API of firms and services."""
