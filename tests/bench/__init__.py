"""Benchmarks: ``python -m tests.bench [name]``, which is what ``./run bench [name]`` runs."""
