"""The station: its users and programs, its first start, its configuration."""
