"""Migrations: dated, each with a sentence of why."""
