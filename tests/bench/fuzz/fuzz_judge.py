"""What the fuzz bench itself finds right in a stream, with code of its own.

CRC and length are read as the standard has them, and as the two envelopes of real panels that the
product takes too (tests/data/frames/dc09.yaml). Nothing of the product is used here.
"""

from __future__ import annotations

import re
from enum import Enum

_HEX = frozenset(b"0123456789abcdefABCDEF")
_TABLE = [0] * 256
for _byte in range(256):
    _value = _byte
    for _ in range(8):
        _value = _value >> 1 ^ 0xA001 if _value & 1 else _value >> 1
    _TABLE[_byte] = _value

_ID = re.compile(r'"(\*?)([^"\[]*)"')
_BLANK = re.compile(
    r"\|?(?:#[0-9A-Za-z]{1,16}(?:\||(?=_|$)))?\s*(?:_\d\d:\d\d:\d\d,\d\d-\d\d-\d{4}[\0\s]*)?$"
)


def crc(data: bytes) -> int:
    """CRC-16/ARC, a byte at a time."""
    value = 0
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value


def right_bodies(stream: bytes) -> list[bytes]:
    """Every body whose CRC and length are right, from left to right."""
    bodies = []
    position = 0
    while (start := stream.find(b"\n", position)) >= 0:
        found = _right_at(stream, start)
        if found is None:
            position = start + 1
        else:
            body, position = found
            bodies.append(body)
    return bodies


def _right_at(stream: bytes, start: int) -> tuple[bytes, int] | None:
    """The right frame whose LF is at ``start``, and where it ends."""
    if stream[start + 7 : start + 8] == b'"' and stream[start + 3 : start + 4] == b"0":
        return _envelope(stream, start + 7, int.from_bytes(stream[start + 1 : start + 3], "big"))
    digits = stream[start + 1 : start + 5]
    if stream[start + 9 : start + 10] == b'"' and _HEX.issuperset(digits):
        return _envelope(stream, start + 9, int(digits, 16))
    return None


def _envelope(stream: bytes, quote: int, sent: int) -> tuple[bytes, int] | None:
    digits = stream[quote - 4 : quote]
    if not _HEX.issuperset(digits) or int(digits, 16) > 0xFFF:
        return None
    end = quote + int(digits, 16)
    if len(stream) < end or crc(stream[quote:end]) != sent:
        return None
    if stream[end : end + 1] == b"\r":
        return stream[quote:end], end + 1
    if end > quote and stream[end - 1 : end] == b"\r":
        return stream[quote : end - 1], end  # the CR is counted
    return None


class Kind(Enum):
    """What a right body is, as far as the answer goes."""

    EVENT = "event"  # in clear, with something in it: stored and acknowledged
    BLANK = "blank"  # in clear, and maybe without content: acknowledged or not understood
    POLL = "poll"
    ENCRYPTED = "encrypted"
    ANSWER = "answer"  # gets none
    OTHER = "other"  # not understood
    NOTHING = "nothing"  # not even an ID


def kind_of(body: bytes) -> Kind:
    """What ``body`` is."""
    text = _text(body)
    match = _ID.match(text)
    if match is None:
        return Kind.NOTHING
    star, name = match.groups()
    if name in ("ACK", "NAK", "DUH", "RSP"):
        return Kind.ANSWER
    if name not in ("NULL", "SIA-DCS", "ADM-CID"):
        return Kind.OTHER
    if name == "NULL":
        return Kind.ENCRYPTED if star else Kind.POLL
    _, bracket, content = text[match.end() :].partition("[")
    if not bracket or content in ("", "]"):
        return Kind.OTHER
    if star:
        return Kind.ENCRYPTED
    return Kind.BLANK if _BLANK.match(content.partition("]")[0]) else Kind.EVENT


def shown(body: bytes) -> str:
    """A body as the station shows it to people: printable, the rest as escapes."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in _text(body))


def _text(body: bytes) -> str:
    """UTF-8, or else Windows-1252."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
