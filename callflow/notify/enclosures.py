"""A document that goes with a message: read, and seen to be what was kept."""

import asyncio
import hashlib
from pathlib import Path

from callflow.core.messages.outbox import Claimed, Fault, Undelivered
from callflow.settings.config import Settings

#: Bytes of what is printed or posted.
LARGEST = 100_000_000


async def read(settings: Settings, message: Claimed, *, most: int = LARGEST) -> bytes:
    """The document's bytes. Raises Undelivered: a file that was changed goes nowhere."""
    enclosed = message.enclosed
    if enclosed is None:
        raise Undelivered(Fault.GONE, message.document_id or "document")
    return await asyncio.to_thread(
        _read, settings.documents_dir / enclosed.path, enclosed.sha256, most
    )


def _read(path: Path, sha256: str, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise Undelivered(Fault.TOO_LARGE, f"{path.name}: more than {most} bytes")
        content = path.read_bytes()
    except FileNotFoundError:
        raise Undelivered(Fault.GONE, path.name) from None
    except OSError as error:
        raise Undelivered(Fault.DISK, error.strerror or "") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Undelivered(Fault.GONE, f"{path.name}: its file was changed")
    return content
