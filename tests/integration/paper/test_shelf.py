"""A document is on the disk before its row is, and its entry tells its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callflow.core.records.documents import DocumentKind
from callflow.handling.records import documents as handling
from callflow.paper import shelf
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.engine.connections import make_engine
from callflow.storage.records import documents, logbook
from callflow.storage.schema import metadata

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    engine = make_engine(settings.database, writer=True)
    metadata.create_all(engine)
    engine.dispose()
    store = Store(settings.database, mac=lambda text: text[:9])
    yield store
    store.close()


async def test_what_is_kept_is_found_again(store: Store, settings: Settings) -> None:
    kind, name = DocumentKind.STATISTICS, "Statistiques 2026-11.pdf"
    made = await shelf.keep(store, settings, kind, name, b"%PDF-", "ines", NOW)
    assert store.read_now(lambda tx: documents.get(tx, made.id)) == made
    file = settings.documents_dir / made.path
    assert (file.suffix, file.stat().st_mode & 0o777) == (".pdf", 0o600)
    assert await shelf.read(settings, made) == b"%PDF-"
    for _ in range(2):
        await store.write(lambda tx: handling.opened(tx, made, "odile", NOW))
    entry, opened = store.read_now(logbook.page)
    assert opened.text == f"odile ouvre : statistiques ({name})"
    assert entry.text == f"ines établit : statistiques ({name})"
    assert (entry.data["document"], entry.data["sha256"]) == (made.id, made.sha256)
    rows, folder = [made], settings.documents_dir
    hashes = store.read_now(logbook.document_hashes)
    assert shelf.wrong_documents(folder, rows, hashes, all_here=True) == []
    file.write_bytes(b"%PDF+")
    (fault,) = shelf.wrong_documents(folder, rows, hashes, all_here=True)
    assert "changed" in fault
    forged = [replace(made, sha256=hashlib.sha256(b"%PDF+").hexdigest())]
    (fault,) = shelf.wrong_documents(folder, forged, hashes, all_here=True)
    assert "not the one" in fault
    with pytest.raises(ValueError, match="changed"):
        await shelf.read(settings, made)


@pytest.mark.parametrize("name", ["../../x", "x/../../y.pdf", "x.p/df", "x.\0df", "x.éé"])
async def test_a_name_leads_nowhere(store: Store, settings: Settings, name: str) -> None:
    made = await shelf.keep(store, settings, DocumentKind.LETTER, name, b"x", "ines", NOW)
    file = (settings.documents_dir / made.path).resolve()
    assert file.parent.parent == settings.documents_dir.resolve()
    assert file.read_bytes() == b"x"


async def test_where_the_disk_is_full_there_is_no_row(store: Store, settings: Settings) -> None:
    settings.documents_dir.write_bytes(b"in the way")
    with pytest.raises(OSError, match=r"."):
        await shelf.keep(store, settings, DocumentKind.LETTER, "x.pdf", b"x", "ines", NOW)
    assert store.read_now(documents.kept) == []
