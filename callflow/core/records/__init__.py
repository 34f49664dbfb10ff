"""What is kept: the logbook and its proof, for how long, and what is forgotten."""
