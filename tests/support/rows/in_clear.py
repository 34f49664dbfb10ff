"""Whether a secret stands in a text, where a hash or an id may have its digits by chance."""

from __future__ import annotations

import re

_DRAWN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an id
    r"|(?<![0-9A-Za-z])[0-9a-f]{16,}(?![0-9A-Za-z])"  # a hash, a salt, an id without dashes
    r"|\.\d{6}Z"  # microseconds
    r"|datetime\.datetime\([^)]*\)"
)


def in_clear(secret: str, text: object) -> bool:
    """Four digits are in one of a thousand SHA-256 in hexadecimal: those are not looked into."""
    return secret in _DRAWN.sub("", str(text))
