"""A statement is compiled once a run, not once in each of two thousand stations' databases.

SQLAlchemy keeps what it compiled by engine and dialect, as a process of the product has few of; a
test has an engine of its own, and a third of its computing was this. An engine of PostgreSQL also
asks its server what it is: all servers of a run are the same.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.util import LRUCache

from callflow.storage.engine import connections, store

_make_engine = connections.make_engine
#: Statements; the whole product has fewer.
_MOST = 10_000
#: The dialect of all of the tests' engines of a kind, and what it compiled.
Shared = tuple[Any, LRUCache[Any, Any]]
_of_postgresql: dict[bool, Shared] = {}


@functools.cache
def _of_sqlite(writer: bool) -> Shared:
    with tempfile.TemporaryDirectory() as folder:
        engine = _make_engine(f"sqlite:///{Path(folder) / 'first'}", writer=writer)
        with engine.connect():  # it asks the library what it is
            pass
        engine.dispose()
    return engine.dialect, LRUCache(_MOST)


def _shared(engine: Engine, writer: bool) -> Shared | None:
    """None where the first server that is asked does not answer."""
    if engine.dialect.name == "sqlite":
        return _of_sqlite(writer)
    if writer not in _of_postgresql:
        try:
            with engine.connect():
                pass
        except OperationalError:
            return None
        _of_postgresql[writer] = engine.dialect, LRUCache(_MOST)
    else:
        vars(engine.dialect)["initialize"] = _knows
    return _of_postgresql[writer]


def _knows(_connection: object) -> None:
    """What its server is."""


def _make(url: str, *, writer: bool) -> Engine:
    engine = _make_engine(url, writer=writer)
    if shared := _shared(engine, writer):
        engine.dialect, engine._compiled_cache = shared
    return engine


def pytest_configure() -> None:
    for module in (connections, store):
        module.make_engine = _make  # type: ignore[attr-defined]
