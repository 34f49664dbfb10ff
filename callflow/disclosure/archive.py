"""An evidence file's bytes: a ZIP file of which each byte is accounted for.

Nothing in it is compressed, and no header says more than it must: what was added, changed or taken
away anywhere is found (``verify.py``, which has the same two functions for headers).
"""

import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from callflow.disclosure.verify import central_directory, local_header

#: Bytes read at once; what one file may have in all (without ZIP64, which other programs vary in).
_PIECE, MOST = 1 << 20, (1 << 32) - (1 << 24)


class TooLarge(Exception):
    """More than four gigabytes: recordings or images have to be left out."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that is in the archive."""

    name: str
    size: int
    sha256: str


class Packer:
    """Writes an archive to ``out``, which can be sought in; ``progress`` is told each piece."""

    def __init__(self, out: BinaryIO, progress: Callable[[int], None] = lambda size: None) -> None:
        self._out, self._progress = out, progress
        self._files: list[tuple[str, int, int, int]] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> Packed:
        """Put one in. Raises TooLarge."""
        begin = self._out.tell()
        self._out.write(local_header(name, 0, 0))
        digest, crc, size = hashlib.sha256(), 0, 0
        for piece in pieces:
            if begin + size + len(piece) > MOST:
                raise TooLarge
            self._out.write(piece)
            digest.update(piece)
            crc, size = binascii.crc32(piece, crc), size + len(piece)
            self._progress(len(piece))
        end = self._out.tell()
        self._out.seek(begin)
        self._out.write(local_header(name, crc, size))
        self._out.seek(end)
        self._files.append((name, crc, size, begin))
        return Packed(name, size, digest.hexdigest())

    def finish(self) -> None:
        """Write its end."""
        self._out.write(central_directory(self._files))


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file, a piece at a time. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
