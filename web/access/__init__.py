"""Who is let in: log-in, sessions, tokens, rights, and what each request is held to."""
