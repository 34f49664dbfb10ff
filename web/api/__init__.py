"""The HTTP API, by the core's nouns."""
