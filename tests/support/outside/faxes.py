"""Documents by fax in tests: posted to a running station, and looked at where they arrive."""

from __future__ import annotations

import asyncio
import hashlib
import io
import uuid
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops

from callflow import clock
from callflow.core.messages.outbox import Channel, Message
from callflow.core.messages.proof import Proof
from callflow.core.records.documents import Document, DocumentKind
from callflow.handling.messages import outbox
from callflow.handling.records import documents
from callflow.paper import shelf
from callflow.paper.press import lay_out
from callflow.storage import Store, Tx
from callflow.storage.messages import outbox as rows
from callflow.storage.messages import proofs

#: Lines that the sender's machine writes over each sheet: when, from whom, which.
HEADER = 32


def store_of(data_dir: Path) -> Store:
    """A running station's rows."""
    return Store(f"sqlite:///{data_dir / 'callflow.db'}", mac=str)


async def report(pages: int, lines: int = 6) -> bytes:
    """A PDF of so many pages, each another."""
    text = "".join(_page(page, lines) for page in range(1, pages + 1))
    return await lay_out(f'<!DOCTYPE html><html lang="fr"><body>{text}</body></html>')


def _page(page: int, lines: int) -> str:
    said = "".join(f"<p>{page}.{line} appelé, écouté, répondu</p>" for line in range(lines))
    return f'<section style="page-break-after: always"><h1>Page {page}</h1>{said}</section>'


async def post_fax(store: Store, data_dir: Path, site: str, to: str, pdf: bytes | None) -> str:
    """A document of a site is to go to a fax machine; the message's id."""
    now = clock.now()
    document = _document(site, pdf) if pdf is not None else None
    if document is not None and pdf is not None:
        await asyncio.to_thread(shelf.write, data_dir / "documents" / document.path, pdf)

    def post(tx: Tx) -> str:
        if document is not None:
            documents.keep(tx, document, now)
        return outbox.insert(
            tx,
            None,
            now,
            channel=Channel.FAX,
            to=to,
            subject="Rapport d'alarme",
            body="Bonjour,\nci-joint le rapport.",
            site=site,
            document=document.id if document else None,
        )

    return await store.write(post)


def _document(site: str, pdf: bytes) -> Document:
    document_id = uuid.uuid4().hex
    return Document(
        id=document_id,
        kind=DocumentKind.REPORT_CLIENT,
        name="rapport.pdf",
        path=f"test/{document_id}.pdf",
        sha256=hashlib.sha256(pdf).hexdigest(),
        size=len(pdf),
        made_by="test",
        made_at=clock.now(),
        site_id=site,
    )


def message(store: Store, message_id: str) -> Message:
    """How it stands."""
    found = store.read_now(lambda tx: rows.get(tx, message_id))
    assert found is not None
    return found


def proofs_of(store: Store, message_id: str) -> list[Proof]:
    """What was said of it."""
    return store.read_now(lambda tx: proofs.of_messages(tx, [message_id])).get(message_id, [])


def drawn(data_dir: Path, message_id: str) -> bytes | None:
    """What the station sends; None: not drawn yet, or settled."""
    try:
        return (data_dir / "faxes" / f"{message_id}.tif").read_bytes()
    except FileNotFoundError:
        return None


def received(data_dir: Path, number: str) -> list[Path]:
    """What a simulated machine received, one file a call that brought any page, oldest first."""
    folder = data_dir / "asterisk" / "simulator" / "faxes"
    return sorted(folder.glob(f"{number.lstrip('+')}-*.tif"), key=lambda file: file.stat().st_mtime)


def sheets(tiff: bytes) -> list[Image.Image]:
    """The pages of a TIFF."""
    with Image.open(io.BytesIO(tiff)) as image:
        found = []
        for place in range(getattr(image, "n_frames", 1)):
            image.seek(place)
            found.append(image.convert("1"))
        return found


def differences(sent: Sequence[Image.Image], arrived: Sequence[Image.Image]) -> list[str]:
    """What arrived otherwise than it was sent, pixel by pixel, beneath the line of the header."""
    if len(sent) != len(arrived):
        return [f"{len(sent)} pages sent, {len(arrived)} arrived"]
    found = []
    for place, (was, whole) in enumerate(zip(sent, arrived, strict=True), 1):
        came = whole.crop((0, whole.height - was.height, whole.width, whole.height))
        if was.size != came.size:
            found.append(f"page {place}: {was.size} became {came.size}")
        elif (box := ImageChops.logical_xor(was, came).getbbox()) is not None:
            found.append(f"page {place}: another within {box}")
    return found
