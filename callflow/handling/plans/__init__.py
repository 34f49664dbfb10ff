"""Plans: written, published, tried, withdrawn."""
