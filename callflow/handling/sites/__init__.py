"""Sites: set up, read, imported, put on test, as agreed for a while."""
