"""Call plans: their words, checks, pictures, and which one an alarm gets."""
