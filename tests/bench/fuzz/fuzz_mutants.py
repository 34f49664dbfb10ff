"""Frames that are nearly right: bodies changed by what a panel, a line or a person could do.

Half of them get CRC and length that fit, so that what is inside is read at all; the other half are
broken from outside too. Encrypted ones are made anew with the key: changes reach the text.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from callflow.core.signals.cipher import encrypt
from callflow.core.signals.dc09 import stamp_of
from tests.bench.fuzz.fuzz_judge import crc
from tests.support.outside.frames import sourced_frames

#: The accounts with a key, for a receiver that is fed these.
KEYS = {f"EA{size}": bytes(range(size)) for size in (16, 24, 32)}
#: Of so many frames one is as long as a frame may be.
_LONG = 300
_WORDS = (
    *(b'"', b"[", b"]", b"|", b"^", b"#", b"_", b"*", b"/", b"\0", b"\r", b"\n", b"\r\n", b"\\"),
    *(b'"SIA-DCS"', b'"ADM-CID"', b'"NULL"', b'"*SIA-DCS"', b'"*NULL"', b'"ACK"', b'"SIA-PUD"'),
    *(b"Nri1/BA03", b"NBA", b"Nid1/OP", b"1130 01 003", b"18113001003F", b"^text^", b"*'x'NM"),
    *(b"][X006E07.7]", b"][Vhttps://a.b/c.jpg]", b"][M0026B9E4268B]", b"]_12:00:00,03-01-2026"),
    *(b"_99:99:99,99-99-9999", b"#AAAA|", b"R", b"L", b"R579BDFL789ABC", b"#", b"[]", b"[ ]"),
    *("é".encode(), "☎".encode(), b"\xe9", b"\xff\xfe", b"\x80", b"A" * 70, b"[" * 40, b"^" * 41),
)

Mutator = Callable[[random.Random, bytes], bytes]


def bodies() -> list[bytes]:
    """What is changed at first: every frame of the sources, encrypted ones among them."""
    return [frame.body for frame in sourced_frames()]


class Mutants:
    """Makes frames. ``corpus`` grows by what reaches new code (``learn``)."""

    #: Bodies kept beside the first ones.
    LEARNT = 3000

    def __init__(self, dice: random.Random, name: str = "") -> None:
        self.dice = dice
        self._name = name  # of who makes them: what two of them mark is told apart
        self.first = bodies()
        self.learnt: list[bytes] = []
        self.made = 0

    def learn(self, body: bytes) -> None:
        """``body`` is worth changing further."""
        if len(self.learnt) < self.LEARNT:
            self.learnt.append(body)
        else:
            self.learnt[self.dice.randrange(self.LEARNT)] = body

    def frame(self, at: datetime) -> tuple[bytes, bytes]:
        """One changed frame and the body it was made of; ``at`` is for time stamps."""
        self.made += 1
        body = self._encrypted(at) if self.dice.random() < 0.2 else self._clear()
        if self.made % _LONG == 0:
            body += b"x" * (0xFFF - len(body) - self.dice.randrange(4))
        body = body[:0xFFF]
        if self.dice.random() < 0.5:
            return self._fitting(body), body
        return self.dice.choice(_BREAKERS)(self.dice, body), body

    def marked(self, at: datetime) -> bytes:
        """One changed frame that is unlike any other: of its own number, with its own text."""
        self.made += 1
        number = self.made
        body = self._renumbered(self._clear(), number)
        if self.dice.random() < 0.15:
            body = self._encrypted(at, number)
        if self.dice.random() < 0.6:
            return self._fitting(body)
        return self.dice.choice(_BREAKERS)(self.dice, body)

    def _base(self) -> bytes:
        pool = self.learnt if self.learnt and self.dice.random() < 0.5 else self.first
        return self.dice.choice(pool)

    def _clear(self) -> bytes:
        body = self._base()
        for _ in range(self.dice.choice((0, 1, 1, 2, 3, 6))):
            body = self._changed(body)
        return body

    def _changed(self, body: bytes) -> bytes:
        if self.dice.random() < 0.1:  # one's head, another's tail
            other = self._base()
            return body[: self.dice.randrange(len(body) + 1)] + other[_cut(self.dice, other) :]
        return self.dice.choice(_CHANGERS)(self.dice, body)

    def _encrypted(self, at: datetime, number: int = 0) -> bytes:
        """A message of one of the keys' accounts, its clear text changed or not."""
        account = self.dice.choice(list(KEYS))
        clear = (
            f"#{account}|Nri1/BA{self.dice.randrange(100):02}^T{number}^]{stamp_of(at)}".encode()
        )
        if self.dice.random() < 0.6:
            clear = self._changed(clear)
        name = self.dice.choice(("SIA-DCS", "SIA-DCS", "ADM-CID", "NULL"))
        head = f'"*{name}"{number % 10000:04}L0#{account}['.encode()
        body = head + encrypt(clear[:900], KEYS[account])
        return self._changed(body) if self.dice.random() < 0.2 else body

    def _renumbered(self, body: bytes, number: int) -> bytes:
        """Another sequence number, and a block with a text of its own."""
        head, bracket, content = body.partition(b"[")
        quote = head.find(b'"', 1) + 1
        head = head[:quote] + b"%04d" % (number % 10000) + head[quote + 4 :]
        return head + bracket + content + (self._mark(number) if bracket else b"")

    def _mark(self, number: int) -> bytes:
        return f"[IT{self._name}{number}]".encode()

    def _fitting(self, body: bytes) -> bytes:
        envelope = self.dice.random()
        if envelope < 0.06:
            return b"\n%b%04X%b\r" % (crc(body).to_bytes(2, "big"), len(body), body)
        if envelope < 0.10 and len(body) < 0xFFF:
            return b"\n%04X%04X%b\r" % (crc(body + b"\r"), len(body) + 1, body)
        digits = b"%04X%04X" % (crc(body), len(body))
        digits = digits.lower() if envelope < 0.2 else digits
        return b"\n%b%b\r%b" % (digits, body, b"\0" if envelope > 0.9 else b"")


def _cut(dice: random.Random, body: bytes) -> int:
    return dice.randrange(len(body) + 1)


# --- changes of a body ---


def _flip(dice: random.Random, body: bytes) -> bytes:
    place = _cut(dice, body[1:])
    return body[:place] + bytes([dice.randrange(256)]) + body[place + 1 :]


def _insert(dice: random.Random, body: bytes) -> bytes:
    place = _cut(dice, body)
    return body[:place] + dice.choice(_WORDS) + body[place:]


def _delete(dice: random.Random, body: bytes) -> bytes:
    place = _cut(dice, body)
    return body[:place] + body[place + dice.choice((1, 1, 2, 4, 9, 30)) :]


def _repeat(dice: random.Random, body: bytes) -> bytes:
    place = _cut(dice, body)
    piece = body[place : place + dice.choice((1, 2, 5, 12))]
    return body[:place] + piece * dice.choice((2, 3, 8, 30)) + body[place:]


def _replace(dice: random.Random, body: bytes) -> bytes:
    place = _cut(dice, body)
    word = dice.choice(_WORDS)
    return body[:place] + word + body[place + len(word) :]


def _digit(dice: random.Random, body: bytes) -> bytes:
    places = [place for place, byte in enumerate(body) if 48 <= byte < 58]
    if not places:
        return _flip(dice, body)
    place = dice.choice(places)
    return body[:place] + bytes([48 + dice.randrange(10)]) + body[place + 1 :]


_CHANGERS: tuple[Mutator, ...] = (_flip, _insert, _delete, _repeat, _replace, _digit, _digit)


# --- what is wrong from outside ---


def _digits(body: bytes) -> bytes:
    return b"%04X%04X" % (crc(body), len(body))


def _wrong_crc(dice: random.Random, body: bytes) -> bytes:
    return b"\n%04X%04X%b\r" % (crc(body) ^ 1 + dice.randrange(0xFFFF), len(body), body)


def _ccitt(dice: random.Random, body: bytes) -> bytes:
    """The CRC that several public parsers compute."""
    value = 0
    for byte in body:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return b"\n%04X%04X%b\r" % (value, len(body), body)


def _wrong_length(dice: random.Random, body: bytes) -> bytes:
    length = max(0, len(body) + dice.choice((-20, -2, -1, 1, 1, 2, 20, 300, 4000)))
    digits = dice.choice((b"%04X" % (length & 0xFFFF), b"%04d" % length, b"00 1", b"ZZZZ", b"FFFF"))
    return b"\n%04X%b%b\r" % (crc(body), digits, body)


def _changed_afterwards(dice: random.Random, body: bytes) -> bytes:
    whole = b"\n" + _digits(body) + body + b"\r"
    return dice.choice(_CHANGERS)(dice, whole)


def _cut_off(dice: random.Random, body: bytes) -> bytes:
    whole = b"\n" + _digits(body) + body + b"\r"
    return whole[: dice.randrange(len(whole))]


def _no_ends(dice: random.Random, body: bytes) -> bytes:
    whole = _digits(body) + body
    return dice.choice((whole + b"\r", b"\n" + whole, b"\n" + whole + b"\n", whole))


def _noise(dice: random.Random, body: bytes) -> bytes:
    return dice.choice((b"GET / HTTP/1.1\r\n\r\n", b"\n" * 30, b'\n"' * 9, dice.randbytes(60)))


_BREAKERS: tuple[Mutator, ...] = (
    *(_wrong_crc, _wrong_crc, _ccitt, _wrong_length, _wrong_length),
    *(_changed_afterwards, _changed_afterwards, _cut_off, _no_ends, _noise),
)
