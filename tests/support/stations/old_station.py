"""A database of the first release, with rows that every migration carries along."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from callflow.storage.engine.connections import make_engine
from callflow.storage.engine.snapshot import pg_dump
from callflow.storage.engine.upgrade import upgrade
from tests.support.rows.migrated import kept

BEFORE = "2026_11_25_first_tables"
ROWS = 1000
_SQLITE = "sqlite:///"


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A transaction of its own."""
    engine = make_engine(url, writer=True)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def old_station(url: str) -> None:
    """The database, as it was then; whatever it is now."""
    if not url.startswith(_SQLITE):
        with connected(url) as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        _fill(url)
        return
    file = Path(url.removeprefix(_SQLITE))
    for before in file.parent.glob(f"{file.name}*"):
        before.unlink()
    made = kept("old station", lambda folder: _fill(f"{_SQLITE}{folder / 'made'}"))
    for part in made.iterdir():
        shutil.copyfile(part, file.with_name(part.name.replace("made", file.name, 1)))


def _fill(url: str) -> None:
    upgrade(url, BEFORE)
    with connected(url) as connection:
        connection.execute(text("INSERT INTO client (id, name) VALUES ('c', 'Client')"))
        connection.execute(
            text(
                "INSERT INTO site (id, client_id, name, address, timezone, language, state, plans,"
                " changed_at) VALUES (:id, 'c', 'Site', '', 'Europe/Paris', 'fr', 'active', '{}',"
                " '2026-11-25 10:00:00')"
            ),
            [{"id": str(number)} for number in range(ROWS)],
        )


def can_be_read(file: Path) -> None:
    """A copy of it holds each row."""
    if file.suffix == ".dump":
        program = pg_dump()
        assert program is not None
        restore = str(Path(program).with_name("pg_restore"))
        listed = subprocess.run([restore, "--list", str(file)], capture_output=True, check=True)
        assert b"TABLE DATA public site" in listed.stdout
        return
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM site").fetchone() == (ROWS,)
