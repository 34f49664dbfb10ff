"""Files that no row names any more, deleted from the disk of whoever has them."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from callflow.storage import Store
from callflow.storage.records import retention
from callflow.storage.records.retention import DoomedFile

log = structlog.get_logger(__name__)

_MOST = 200
#: Of several machines one has an image: after so long every one has looked.
_LOOKED = timedelta(days=1)


async def delete_doomed(store: Store, folder: str, at: Path, node: str, now: datetime) -> None:
    """Delete those of ``folder``, which lies ``at``: the file first, then the row that asks for it.

    Killed in between, the next one finds the row and no file. What can't be deleted is said, and
    tried again.
    """
    found = await store.read(lambda tx: retention.doomed(tx, folder, node, limit=_MOST))
    if not found:
        return
    alone = store.url.startswith("sqlite")
    gone = await asyncio.to_thread(_delete, at, found, None if alone else now - _LOOKED)
    if gone:
        await store.write(lambda tx: retention.files_gone(tx, gone))


def _delete(at: Path, found: Sequence[DoomedFile], looked: datetime | None) -> list[int]:
    gone, root = [], at.resolve()
    for file in found:
        path = (at / file.path).resolve()
        if not path.is_relative_to(root) or path == root:
            log.error("purge.outside", path=file.path)
            continue
        try:
            there = path.exists()
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # others are in it
                if path.parent != root:
                    path.parent.rmdir()
        except OSError as error:
            log.warning("purge.failed", path=file.path, reason=error.strerror)
            continue
        elsewhere = not there and not file.node and looked is not None and file.since > looked
        if not elsewhere:
            gone.append(file.number)
    return gone
