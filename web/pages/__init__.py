"""The pages, by the core's nouns."""
