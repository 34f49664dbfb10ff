"""Signal formats: bytes to ``Signal`` and the answer to give, without I/O; one module a format."""
