"""Documents on the disk: whole or not at all, whenever power fails."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from callflow import digest, ids
from callflow.core.records.documents import Document, DocumentKind
from callflow.handling.records import documents
from callflow.settings.config import Settings
from callflow.storage import Store

#: No document is longer, in bytes.
MOST = 512 * 2**20


async def keep(
    store: Store,
    settings: Settings,
    kind: DocumentKind,
    name: str,
    content: bytes,
    by: str,
    now: datetime,
    *,
    language: str = "fr",
    incident: str | None = None,
    site: str | None = None,
    stills: int = 0,
) -> Document:
    """Write a document to the disk, then its row and its entry in the logbook.

    ``name`` is its file's for people, with its ending: it decides what the file is taken for.
    Raises OSError where the disk is full, StoreUnavailable.
    """
    document_id = ids.new(now)
    path = f"{now:%Y-%m}/{document_id}{_ending(name)}"
    await asyncio.to_thread(write, settings.documents_dir / path, content)
    made = Document(
        id=document_id,
        kind=kind,
        name=name,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        made_by=by,
        made_at=now,
        language=language,
        incident_id=incident,
        site_id=site,
        stills=stills,
    )
    await store.write(lambda tx: documents.keep(tx, made, now))
    return made


async def read(settings: Settings, document: Document) -> bytes:
    """What is in it. Raises FileNotFoundError, and ValueError where it is not as it was."""
    if not document.path:
        raise FileNotFoundError(document.name)
    content = await asyncio.to_thread((settings.documents_dir / document.path).read_bytes)
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise ValueError(f"document {document.id}: the file was changed")
    return content


def wrong_documents(
    folder: Path, documents: Sequence[Document], told: Mapping[str, str], *, all_here: bool
) -> list[str]:
    """Faults of the kept files, against their rows and what the logbook tells of them.

    ``all_here``: none of them is another machine's, so that one which is missing is a fault."""
    faults = []
    for one in documents:
        path = folder / one.path
        if told.get(one.id, one.sha256) != one.sha256:
            faults.append(f"document {one.id}: not the one the logbook tells of")
        elif not path.is_file():
            if all_here:
                faults.append(f"document {one.id}: the file is missing")
        elif digest.of_file(path) != one.sha256:
            faults.append(f"document {one.id}: the file was changed ({path.name})")
    return faults


def _ending(name: str) -> str:
    ending = Path(name).suffix.lower()
    return ending if ending.isascii() and ending[1:].isalnum() and len(ending) <= 6 else ""


def write(path: Path, content: bytes, *, sync: Callable[[int], None] = os.fsync) -> None:
    """``content`` as the file ``path``."""
    if len(content) > MOST:
        raise ValueError(f"a document of {len(content)} bytes is too long: {MOST} are the most")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(path.suffix + ".part")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        sync(file.fileno())
    fresh.chmod(0o600)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        sync(folder)
    finally:
        os.close(folder)
