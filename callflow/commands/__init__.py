"""The command line: one file for each kind of thing that is commanded."""
