"""A logbook on each database, with nothing around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from callflow.storage.engine.connections import make_engine
from callflow.storage.schema import metadata
from tests.integration.logbook.book import Book


@pytest.fixture
def engine(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Nothing here is about power that fails: a thousand histories wait for no disk."""
    monkeypatch.setattr("callflow.processes.anchoring.os.fsync", lambda handle: None)
    engine = make_engine(database_url, writer=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    with engine.begin() as connection:
        metadata.create_all(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def book(engine: Engine, tmp_path: Path) -> Book:
    book = Book(engine, tmp_path)
    book.look()
    return book
