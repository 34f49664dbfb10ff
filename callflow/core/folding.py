"""Text as it is compared: without accents and capitals. Pure."""

import unicodedata


def folded(text: str) -> str:
    """Without accents and capitals; as long as ``text`` composed (NFC)."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text).translate(_FOLDS)


class _Folds(dict[int, str]):
    """{a letter: what it is compared as}, found once: lists compare thousands of texts."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = (unicodedata.normalize("NFD", letter)[0].lower() or letter)[0]
        return self[code]


_FOLDS = _Folds()
