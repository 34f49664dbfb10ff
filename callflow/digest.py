"""The hash of a file as rows and the logbook keep it."""

import hashlib
from io import BufferedReader
from pathlib import Path


def of_file(path: Path) -> str:
    """Its SHA-256, in hex. Raises OSError."""
    with path.open("rb") as file:
        return of_open(file)


def of_open(file: BufferedReader) -> str:
    """The same of what is left to read of one."""
    return hashlib.file_digest(file, "sha256").hexdigest()
