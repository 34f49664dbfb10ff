"""A statement is compiled once a run, not once in each of two thousand stations' databases.

SQLAlchemy keeps what it compiled by engine and dialect, as a process of the product has few of; a
test has an engine of its own, and a third of its computing was this.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from callflow.storage.engine import connections, store

_make_engine = connections.make_engine
#: Statements; the whole product has fewer.
_MOST = 10_000


@functools.cache
def _shared(writer: bool) -> tuple[Any, LRUCache[Any, Any]]:
    """The dialect of all of the tests' engines of SQLite of this kind, and what it compiled."""
    with tempfile.TemporaryDirectory() as folder:
        engine = _make_engine(f"sqlite:///{Path(folder) / 'first'}", writer=writer)
        with engine.connect():  # it asks the library what it is
            pass
        engine.dispose()
    return engine.dialect, LRUCache(_MOST)


def _make(url: str, *, writer: bool) -> Engine:
    engine = _make_engine(url, writer=writer)
    if engine.dialect.name == "sqlite":
        engine.dialect, engine._compiled_cache = _shared(writer)
    return engine


def pytest_configure() -> None:
    for module in (connections, store):
        module.make_engine = _make  # type: ignore[attr-defined]
