"""Everything that speaks to a telephone: dialogues, prompts, Asterisk."""
