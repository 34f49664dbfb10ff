"""Text as it is compared: without accents and capitals. Pure."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """Without accents and capitals; as long as ``text`` composed (NFC)."""
    if text.isascii():
        return text.lower()
    return "".join(
        (unicodedata.normalize("NFD", c)[0].lower() or c)[0]
        for c in unicodedata.normalize("NFC", text)
    )
