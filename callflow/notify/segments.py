"""How long an SMS is: its alphabet and its segments (3GPP TS 23.038, 23.040). Pure."""

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED = frozenset("^{}\\[~]|€")  # two septets each
#: (characters of a message alone, of each segment of several)
_SEPTETS, _UNITS = (160, 153), (70, 67)
#: Signs that would halve the room, and mean the same as one that does not.
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})


def cut(text: str, most: int) -> str:
    """``text`` as it fits into ``most`` segments; what was cut ends with three dots."""
    text = text.translate(_PLAIN)
    if segments(text) <= most:
        return text
    low, high = 0, len(text)  # the longest beginning that fits with the dots
    while low < high:
        middle = (low + high + 1) // 2
        fits = segments(text[:middle] + "...") <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip() + "..."


def segments(text: str) -> int:
    """How many segments ``text`` is sent in."""
    gsm = all(letter in _GSM or letter in _GSM_ESCAPED for letter in text)
    alone, each = _SEPTETS if gsm else _UNITS
    sizes = [_size(letter, gsm=gsm) for letter in text]
    if sum(sizes) <= alone:
        return 1
    used, room = 1, each
    for size in sizes:  # neither an escape nor a surrogate pair is torn apart
        if size > room:
            used, room = used + 1, each
        room -= size
    return used


def _size(letter: str, *, gsm: bool) -> int:
    double = letter in _GSM_ESCAPED if gsm else ord(letter) > 0xFFFF
    return 2 if double else 1
