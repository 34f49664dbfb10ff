"""A splitter's messages together with the very bytes that each was made of. Pure."""

from typing import NamedTuple

from callflow.core.signals.framing import Fault
from callflow.core.signals.protocol import Splitter


class Piece(NamedTuple):
    """Bytes as they came; ``item`` is the message or the fault that ends with them, None where the
    splitter only passed over them."""

    raw: bytes
    item: bytes | Fault | None


class Tap:
    """Cuts as ``splitter`` does, and loses no byte of the stream."""

    def __init__(self, splitter: Splitter) -> None:
        self._splitter = splitter
        self._kept = bytearray()

    @property
    def garbage(self) -> int:
        """See ``Splitter``."""
        return self._splitter.garbage

    @property
    def pending(self) -> bool:
        """See ``Splitter``."""
        return self._splitter.pending

    def push(self, data: bytes | memoryview) -> None:
        """Add bytes as they came; they are copied."""
        self._kept += data
        self._splitter.push(data)

    def take(self, limit: int = 1 << 30) -> list[Piece]:
        """Up to ``limit`` pieces, in their order; what is still half a message stays."""
        pieces: list[Piece] = []
        while len(pieces) < limit:
            items = self._splitter.take(1)
            raw = self._cut()
            if not items:
                return [*pieces, Piece(raw, None)] if raw else pieces
            pieces.append(Piece(raw, items[0]))
        return pieces

    def finish(self) -> list[Piece]:
        """What is left when nothing more can come."""
        pieces = self.take()
        left = self._splitter.finish()
        raw = bytes(self._kept)
        self._kept.clear()
        # One piece has the bytes of them all: of a good message among them, if there is one.
        place = next((n for n, item in enumerate(left) if not isinstance(item, Fault)), 0)
        pieces += [Piece(raw if n == place else b"", item) for n, item in enumerate(left)]
        return [*pieces, Piece(raw, None)] if raw and not left else pieces

    def _cut(self) -> bytes:
        done = len(self._kept) - self._splitter.held
        raw = bytes(self._kept[:done])
        del self._kept[:done]
        return raw
