"""Letters: each document in a folder, with an index for who prints, stamps and posts them."""

import asyncio
import csv
import fcntl
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from callflow.core.messages.outbox import Claimed, Fault, Undelivered
from callflow.core.messages.proof import Receipt
from callflow.notify import enclosures
from callflow.settings.config import Settings

INDEX = "index.csv"
_COLUMNS = ("file", "to", "subject", "alarm", "site", "sha256", "letter", "put_at")
#: What a spreadsheet would reckon with.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def send(settings: Settings, message: Claimed, now: datetime) -> Receipt:
    """Put it into the folder, and into its index. Raises Undelivered."""
    content = await enclosures.read(settings, message)
    try:
        name = await asyncio.to_thread(_put, settings.post_dir, message, content, now)
    except OSError as error:
        raise Undelivered(Fault.DISK, error.strerror or "") from None
    return Receipt(text=name)


def _put(folder: Path, message: Claimed, content: bytes, now: datetime) -> str:
    """Whole or not at all, and once, whoever died before that was written down."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{message.created_at:%Y-%m-%d}-{_plain(message)}-{message.id[-8:]}.pdf"
    fresh = folder / f".{message.id}.part"
    with fresh.open("wb") as file:
        fresh.chmod(0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / name)
    with _locked(folder / INDEX) as index:
        if message.id not in index.read():
            enclosed = message.enclosed
            row = (
                *(name, message.to, message.subject, message.incident_id or ""),
                *(message.site_id or "", enclosed.sha256 if enclosed else "", message.id),
                f"{now:%Y-%m-%dT%H:%M:%SZ}",
            )
            _append(index, row)
    _sync(folder)
    return name


@contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    """The index, nobody else's meanwhile."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+", encoding="utf-8", newline="") as index:
        fcntl.flock(index, fcntl.LOCK_EX)
        yield index
        index.flush()
        os.fsync(index.fileno())


def _append(index: IO[str], row: tuple[str, ...]) -> None:
    index.seek(0, os.SEEK_END)
    lines = csv.writer(index, delimiter=";", lineterminator="\r\n")
    if index.tell() == 0:
        index.write("\ufeff")  # else a spreadsheet takes it for another alphabet
        lines.writerow(_COLUMNS)
    lines.writerow([_harmless(cell) for cell in row])


def _harmless(cell: str) -> str:
    cell = cell.replace("\r\n", ", ").replace("\n", ", ")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(message: Claimed) -> str:
    """A file's name of the document's: letters and digits alone."""
    name = Path(message.enclosed.name).stem if message.enclosed else "document"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60] or "document"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
