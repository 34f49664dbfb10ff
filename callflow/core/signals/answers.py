"""The answers of another system to what a panel or a receiver sent it, cut out and judged. Pure."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from callflow.core.signals import framing, surgard
from callflow.core.signals.dc09 import read_head
from callflow.core.signals.relay import Word
from callflow.core.signals.tap import Piece, Tap


class AnswerSplitter(Protocol):
    """Cuts the other system's bytes into answers."""

    def push(self, data: bytes | memoryview) -> None: ...

    def take(self) -> list[Piece]:
        """Whole answers, and what stands between them."""


class Answers(NamedTuple):
    """How a protocol's answers are read."""

    splitter: Callable[[], AnswerSplitter]
    #: What a message and its answer have in common; "" where order alone pairs them.
    name: Callable[[bytes], str]
    word: Callable[[bytes], Word]
    #: True where an answer names its message, so that one to a broken frame is not another's.
    named: bool


class _Bytes:
    """Sur-Gard's: a byte each."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []

    def push(self, data: bytes | memoryview) -> None:
        """Add bytes as they came."""
        for byte in bytes(data):
            one = bytes([byte])
            self._pieces.append(Piece(one, one if one in (surgard.ACK, surgard.NAK) else None))

    def take(self) -> list[Piece]:
        """See ``AnswerSplitter``."""
        pieces, self._pieces = self._pieces, []
        return pieces


def _sequence(body: bytes) -> str:
    head = read_head(body)
    return head.sequence.casefold() if head is not None else ""


def _of_frame(body: bytes) -> Word:
    head = read_head(body)
    return Word.TOOK if head is not None and head.id == "ACK" else Word.REFUSED


def _of_byte(body: bytes) -> Word:
    return Word.TOOK if body == surgard.ACK else Word.REFUSED


_FRAMED = Answers(lambda: Tap(framing.Splitter()), _sequence, _of_frame, named=True)
ANSWERS = {
    "dc09": _FRAMED,
    "dc07": _FRAMED,
    "surgard": Answers(_Bytes, lambda body: "", _of_byte, named=False),
}
