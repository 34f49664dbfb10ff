"""Whole stations for what stands in parts elsewhere (tests/README.md): deep, all of it."""
