"""The databases that a bench runs on."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.rows.postgresql import OwnServer

STORES = ("SQLite", "PostgreSQL")


def chosen(only: str) -> list[str]:
    """Those whose name begins so; "": both."""
    return [store for store in STORES if store.lower().startswith(only.lower())]


@contextlib.contextmanager
def database(*, postgresql: bool) -> Iterator[dict[str, str]]:
    """The setting that names a PostgreSQL of its own; none for SQLite in the data folder."""
    if not postgresql:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="cf-bench-pg-") as folder:
        server = OwnServer(Path(folder))
        try:
            yield {"CALLFLOW_DATABASE_URL": server.url}
        finally:
            server.stop()
