"""Files from the station to a backup and back: regular ones, read once, hashed as they are copied,
private, on the disk. A link is never followed: it may lead anywhere."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from callflow import digest
from callflow.core.station.backups import Kept, Unusable

_PIECE = 1 << 20


def regular(folder: Path) -> Iterator[Path]:
    """Every regular file below ``folder``; none where that is not there, or is a link."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for at, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            with contextlib.suppress(FileNotFoundError):
                path = Path(at, name)
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path


def copy(source: Path, target: Path, path: str) -> Kept:
    """A copy of ``source`` as ``target``, which must not be there; told as ``path``.

    Raises OSError; Unusable where ``source`` is no regular file.
    """
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb", buffering=0) as read:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Unusable(f"{source} is no file")
        copied, size = hashlib.sha256(), 0
        out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(out, "wb", buffering=0) as written:
            while piece := read.read(_PIECE):
                copied.update(piece)
                _write(written.fileno(), piece)
                size += len(piece)
            os.fsync(out)
        os.utime(target, ns=(found.st_mtime_ns, found.st_mtime_ns))
    return Kept(path, size, copied.hexdigest(), found.st_mtime_ns)


def _write(handle: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(handle, left) :]


def measured(source: Path, path: str) -> Kept:
    """A file as it would be copied. Raises OSError, Unusable."""
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as read:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Unusable(f"{source} is no file")
        sha256 = digest.of_open(read)
    return Kept(path, found.st_size, sha256, found.st_mtime_ns)


def read(file: Path, most: int) -> bytes:
    """What a regular file holds. Raises Unusable, OSError."""
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > most:
            raise Unusable(f"{file} is no file of a backup")
        return opened.read(most)


def write(file: Path, content: bytes) -> Kept:
    """A new private file, on the disk."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(handle)
    return Kept(file.name, len(content), hashlib.sha256(content).hexdigest())
