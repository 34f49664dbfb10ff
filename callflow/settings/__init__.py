"""Settings, a module a subject; ``config`` reads them."""
