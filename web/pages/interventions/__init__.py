"""Pages of firms and services."""
