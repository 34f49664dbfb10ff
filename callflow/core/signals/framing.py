"""DC-09's envelope: ``LF crc length "…" CR`` (ANSI/SIA DC-09 §5.4), cut out of a byte stream.

Pure and total: any bytes go in, what comes out is whole bodies and counted faults.

Two envelopes of real panels are taken beside it (tests/data/frames/dc09.yaml): a CRC of two bytes,
as DC-09-2007 had it (OPAX, Trikdis, Lupus), and CRC and length that count the CR too (Eldes).
"""

import re
import struct
from array import array
from enum import StrEnum

#: Longest body that a frame may have: its length field is a zero and three hex digits.
LONGEST_BODY = 0xFFF

_LF, _CR = 0x0A, 0x0D
# No header of digits has its quote where one of 2007 has it: the stricter is looked for first.
_HEADER = re.compile(rb'\n(?:([\s\S]{2})(0[0-9A-Fa-f]{3})|([^\r\n]{4})([^\r\n]{4}))"')
_HEADER_START = 10  # bytes that may still become a header: the quote included


class Fault(StrEnum):
    """Why a frame was not taken. The value is the name of its counter."""

    BAD_CRC = "bad_crc"  # no answer
    BAD_LENGTH = "bad_length"  # no answer
    UNDECRYPTABLE = "undecryptable"  # no key, the wrong key, no ciphertext: NAK
    OUTSIDE_WINDOW = "outside_window"  # encrypted, and its clock is wrong or missing: NAK
    UNSUPPORTED = "unsupported"  # understood, not supported: DUH
    MALFORMED = "malformed"  # a good envelope around nothing that can be answered


class Body2007(bytes):
    """A body whose frame had its CRC as two bytes: so has its answer."""


def _table_of_bytes() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
        table.append(value)
    return table


_BYTES = _table_of_bytes()
# One step for two bytes: the second byte of a word is what the first left in the register.
# An array, not a list: 128 kB stay in the processor's cache, 65536 objects of Python don't.
_WORDS = array(
    "H",
    (
        (word >> 8 ^ _BYTES[word & 0xFF]) >> 8 ^ _BYTES[(word >> 8 ^ _BYTES[word & 0xFF]) & 0xFF]
        for word in range(65536)
    ),
)


def crc16(data: bytes | bytearray) -> int:
    """CRC-16/ARC: reflected 0xA001, initial 0. ``b"123456789"`` gives 0xBB3D."""
    crc = 0
    words = _WORDS
    for word in struct.unpack_from(f"<{len(data) >> 1}H", data):
        crc = words[crc ^ word]
    if len(data) & 1:
        crc = crc >> 8 ^ _BYTES[(crc ^ data[-1]) & 0xFF]
    return crc


def frame(body: bytes) -> bytes:
    """The envelope around ``body``, which begins with the first quote.

    Raises ValueError for a body longer than 4095 bytes: its length can't be written.
    """
    if len(body) > LONGEST_BODY:
        raise ValueError(f"a DC-09 frame holds at most {LONGEST_BODY} bytes, not {len(body)}")
    return b"\n%04X%04X%b\r" % (crc16(body), len(body), body)


def with_crc_of_2007(framed: bytes) -> bytes:
    """The same frame with its CRC as two bytes."""
    return framed[:1] + int(framed[1:5], 16).to_bytes(2, "big") + framed[5:]


class Splitter:
    """Cuts a stream into bodies: several frames in a segment, one frame in many segments.

    The length rules, so that a CR in a text breaks nothing; a frame whose length or CRC is wrong
    is a fault, and the line goes on at the next LF. At most one frame is ever held back.
    """

    __slots__ = ("_buffer", "_position", "garbage")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0
        #: Bytes passed over since the last good frame (a NUL after CR is not counted).
        self.garbage = 0

    @property
    def pending(self) -> bool:
        """True where bytes wait here, of a half frame or of frames not taken yet."""
        return len(self._buffer) > self._position

    @property
    def held(self) -> int:
        """How many bytes wait here."""
        return len(self._buffer) - self._position

    def push(self, data: bytes | memoryview) -> None:
        """Add bytes as they came; they are copied."""
        self._buffer += data

    def take(self, limit: int = 1 << 30) -> list[bytes | Fault]:
        """Up to ``limit`` good bodies and faults, in their order."""
        if limit > 0 and (body := self._one_frame()) is not None:
            return [body]
        items: list[bytes | Fault] = []
        while len(items) < limit and (header := self._next_header()) is not None:
            found = self._frame_at(header)
            if found is None:
                break
            items.append(found)
        del self._buffer[: self._position]
        self._position = 0
        return items

    def finish(self) -> list[bytes | Fault]:
        """What is left when nothing more can come: the end of a datagram, or of a connection."""
        items = self.take()
        while self._next_header() is not None:
            self._position += 1
            items.append(Fault.BAD_LENGTH)
            items += self.take()
        return items

    def _one_frame(self) -> bytes | None:
        """The body, where a good frame waits and nothing else: nearly always."""
        buffer = self._buffer
        body = bytes(buffer[9:-1])
        if body[:1] != b'"' or len(body) > LONGEST_BODY or buffer != frame(body):
            return None
        buffer.clear()
        self.garbage = 0
        return body

    def _next_header(self) -> re.Match[bytes] | None:
        if len(self._buffer) == self._position:
            return None
        header = _HEADER.search(self._buffer, self._position)
        if header is not None:
            self._skip_to(header.start())
            return header
        size = len(self._buffer)
        start = self._buffer.find(b"\n", max(self._position, size - _HEADER_START + 1))
        self._skip_to(start if start >= 0 else size)
        return None

    def _skip_to(self, position: int) -> None:
        skipped = position - self._position
        if skipped:
            nuls = self._buffer.count(0, self._position, position)
            self.garbage += skipped - nuls
            self._position = position

    def _frame_at(self, header: re.Match[bytes]) -> bytes | Fault | None:
        """The frame that begins at ``header``; None when its end has not come yet."""
        two_bytes, length_2007, digits, length_digits = header.groups()
        crc = digits or two_bytes
        length = _length(length_digits or length_2007)
        start = header.end() - 1
        end = start + length
        if length > LONGEST_BODY:
            return self._bad(Fault.BAD_LENGTH)
        if len(self._buffer) <= end or self._buffer[end] != _CR:
            if self._counts_its_cr(start, end, crc):
                return self._good(start, end - 1, end, digits)
            if len(self._buffer) <= end and not self._ended_early(crc, start):
                return None
            return self._bad(Fault.BAD_LENGTH)
        if not _same_crc(self._buffer[start:end], crc):
            return self._bad(Fault.BAD_CRC)
        return self._good(start, end, end + 1, digits)

    def _good(self, start: int, end: int, behind: int, digits: bytes | None) -> bytes:
        body = bytes(self._buffer[start:end])
        self._position = behind
        self.garbage = 0
        return body if digits is not None else Body2007(body)

    def _bad(self, fault: Fault) -> Fault:
        self._position += 1
        return fault

    def _counts_its_cr(self, start: int, end: int, crc: bytes) -> bool:
        """True where this is a frame whose CRC and length count the CR at its end."""
        return (
            start < end <= len(self._buffer)
            and self._buffer[end - 1] == _CR
            and _same_crc(self._buffer[start:end], crc)
        )

    def _ended_early(self, crc: bytes, start: int) -> bool:
        """True where the frame is over although its length asks for more.

        A CR may stand in a text, so that it alone proves nothing: the CRC up to it does, or the
        header of another frame behind it.
        """
        end = self._buffer.find(_CR, start)
        if end < 0:
            return False
        body = self._buffer[start:end]
        return _same_crc(body, crc) or _HEADER.search(self._buffer, end + 1) is not None


def _length(digits: bytes) -> int:
    """The length that four digits say, lower case too; too long when they say none."""
    if not digits.isalnum() or digits[1] in b"xX":  # int() would take "0x25"
        return LONGEST_BODY + 1
    try:
        return int(digits, 16)
    except ValueError:
        return LONGEST_BODY + 1


def _same_crc(body: bytes | bytearray, crc: bytes) -> bool:
    """``crc`` is four digits, or the two bytes of 2007."""
    if len(crc) == 2:
        return crc16(body) == int.from_bytes(crc, "big")
    return b"%04X" % crc16(body) == crc.upper()
