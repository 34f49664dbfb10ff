"""Text from outside as people may see it: as it was sent, and meaning nothing to what shows it."""

#: Control characters as pictures of themselves: shown as sent, and meaning nothing.
_PICTURES = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {0x7F: 0x2421}
#: Marks that reorder or hide the text around them, named where they stand.
_INVISIBLE = {
    code: f"⟨U+{code:04X}⟩"
    for code in (
        *range(0x80, 0xA0),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        0x061C,
    )
}


def readable(text: str) -> str:
    """``text`` with its control characters as pictures, and its invisible marks named."""
    return text.translate(_PICTURES).translate(_INVISIBLE)
