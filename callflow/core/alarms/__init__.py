"""An alarm: which signals belong to it, what is decided, when it may be filed."""
