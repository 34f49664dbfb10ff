"""Rows of firms, guards, measures and services."""
