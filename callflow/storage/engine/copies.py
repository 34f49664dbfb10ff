"""A copy of the whole database at one moment, while others write; and a database made of one.

SQLite: the online backup, from within a read transaction, which no writer waits for and whose
moment no write of theirs moves. PostgreSQL: ``pg_dump`` of an exported snapshot, ``pg_restore``.
"""

import contextlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from callflow.storage.engine import snapshot
from callflow.storage.engine.connections import WAIT, connection_info
from callflow.storage.engine.outage import StoreUnavailable

#: Pages (4 kB) copied at once, after how many bytes they are on the disk, and the pause in between
#: in seconds: a burst of gigabytes would hold up every commit's own fsync.
_PAGES, _PAUSE = 1024, 0.01
_SYNC_EVERY = 8  # steps
#: Tables whose rows are counted in a copy.
_COUNTS = {
    name: f'SELECT count(*) FROM "{name}"'  # noqa: S608 -- names of our own
    for name in ("signal", "incident", "call", "logbook", "site", "recording")
}


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy is of: the schema's revision, and how many rows of the counted tables."""

    revision: str
    rows: dict[str, int]


def engine_of(url: str) -> str:
    """sqlite or postgresql."""
    return make_url(url).get_backend_name()


def copy(url: str, target: Path) -> Copied:
    """Write the database as it is now to the file ``target``. Raises StoreUnavailable, OSError."""
    try:
        if engine_of(url) == "sqlite":
            return _copy_sqlite(_file(url), target)
        return _dump(url, target)
    except (sqlite3.Error, psycopg.Error) as error:
        raise StoreUnavailable(f"the database could not be copied: {error}") from error


def fill(url: str, source: Path) -> None:
    """Make the empty database ``url`` of a copy. Raises StoreUnavailable, OSError."""
    if engine_of(url) == "sqlite":
        file = _file(url)
        shutil.copyfile(source, file)
        file.chmod(0o600)
        snapshot.on_disk(file)
        return
    restore = ("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner")
    _run(url, *restore, "--no-privileges", str(source))


def is_empty(url: str) -> bool:
    """True where there is no table yet. Raises StoreUnavailable."""
    if engine_of(url) == "sqlite":
        return not _file(url).exists()
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
    address, patience = connection_info(url)
    try:
        with psycopg.connect(address, **patience) as own:
            found = own.execute(tables).fetchone()
            return found is not None and found[0] == 0
    except psycopg.Error as error:
        raise StoreUnavailable(f"the database can't be read: {error}") from error


@contextlib.contextmanager
def undone(url: str) -> Iterator[None]:
    """What is made meanwhile in the empty database ``url`` goes again where that fails. Raises that
    failure; StoreUnavailable where something of it stayed."""
    try:
        before = _objects(url)
    except psycopg.Error as error:
        raise StoreUnavailable(f"the database can't be read: {error}") from error
    try:
        yield
    except BaseException as failure:
        try:
            _drop(url, before)
        except (psycopg.Error, OSError) as error:
            raise StoreUnavailable(
                f"{failure}; and what it left in the database could not be removed"
                f" ({error!s:.200}): make that database anew"
            ) from failure
        raise


def count(url: str) -> Copied:
    """What the database is of, as ``copy`` tells it. Raises StoreUnavailable."""
    try:
        if engine_of(url) == "sqlite":
            with contextlib.closing(sqlite3.connect(_file(url))) as own:
                return _counted(own.execute)
        address, patience = connection_info(url)
        with psycopg.connect(address, **patience) as own:
            return _counted(own.execute)
    except (sqlite3.Error, psycopg.Error) as error:
        raise StoreUnavailable(f"the database can't be read: {error}") from error


def fault(url: str) -> str:
    """What SQLite finds wrong with its file; "" nothing. PostgreSQL's restore has read each row."""
    if engine_of(url) != "sqlite":
        return ""
    with contextlib.closing(sqlite3.connect(_file(url))) as own:
        said = str(own.execute("PRAGMA integrity_check(1)").fetchone()[0])
    return "" if said == "ok" else said


@contextlib.contextmanager
def temporary(url: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database beside ``url``'s, gone afterwards: a file in ``folder``, or a
    database on the same server. Raises StoreUnavailable."""
    if engine_of(url) == "sqlite":
        yield f"sqlite:///{folder / 'callflow.db'}"
        return
    name = f"callflow_drill_{secrets.token_hex(6)}"
    address, patience = connection_info(url)
    try:
        with psycopg.connect(address, autocommit=True, **patience) as own:
            own.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise StoreUnavailable(
            f"no database can be made to try the backup in: {error!s:.200}; give the station's"
            " user the right CREATEDB"
        ) from error
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(address, autocommit=True, **patience) as own:
            own.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


# --- SQLite -------------------------------------------------------------------------------


def _copy_sqlite(file: Path, target: Path) -> Copied:
    if not file.exists():
        raise OSError(f"there is no database {file}")
    handle = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with (
            contextlib.closing(sqlite3.connect(file, timeout=WAIT, isolation_level=None)) as own,
            contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copied,
        ):
            own.execute("PRAGMA query_only=ON")
            # Held from here on: a backup of its own transaction begins anew after each write.
            own.execute("BEGIN")
            made = _counted(own.execute)
            copied.execute("PRAGMA synchronous=OFF")
            own.backup(copied, pages=_PAGES, progress=_Gently(handle))
            own.execute("ROLLBACK")
        os.fsync(handle)
    finally:
        os.close(handle)
    return made


class _Gently:
    """Called after each step of a copy: leaves the disk to others."""

    def __init__(self, handle: int) -> None:
        self._handle, self._steps = handle, 0

    def __call__(self, status: int, left: int, total: int) -> None:
        self._steps += 1
        if self._steps % _SYNC_EVERY == 0:
            os.fdatasync(self._handle)
        if left:
            threading.Event().wait(_PAUSE)


def _counted(execute: Any) -> Copied:
    (revision,) = execute("SELECT version_num FROM alembic_version").fetchone()
    counts = {name: execute(query).fetchone()[0] for name, query in _COUNTS.items()}
    return Copied(str(revision), counts)


# --- PostgreSQL ---------------------------------------------------------------------------

#: What is in our schema, as DROP names it; what an extension brought goes with that alone.
_OBJECTS = """
SELECT kind || ' ' || name FROM (
  SELECT 'pg_class'::regclass AS catalogue, oid, oid::regclass::text AS name,
    CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
  FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'S', 'v')
  UNION ALL
  SELECT 'pg_proc'::regclass, oid, oid::regprocedure::text, 'ROUTINE'
  FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
  UNION ALL
  SELECT 'pg_type'::regclass, pg_type.oid, pg_type.oid::regtype::text, 'TYPE'
  FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
  WHERE typnamespace = current_schema()::regnamespace
    AND (typtype IN ('d', 'e') OR typtype = 'c' AND relkind = 'c')
) AS found WHERE NOT EXISTS (
  SELECT FROM pg_depend WHERE classid = catalogue AND objid = found.oid AND deptype = 'e'
)
"""
#: The order in which they go.
_ORDER = ("TABLE", "VIEW", "SEQUENCE", "ROUTINE", "TYPE")


def _objects(url: str) -> frozenset[str]:
    """All that the database has; of a file none, for it is not there yet."""
    if engine_of(url) == "sqlite":
        return frozenset()
    address, patience = connection_info(url)
    with psycopg.connect(address, **patience) as own:
        return frozenset(name for (name,) in own.execute(_OBJECTS))


def _drop(url: str, before: frozenset[str]) -> None:
    """Whatever was not there ``before``. Raises psycopg.Error, OSError."""
    if engine_of(url) == "sqlite":
        for end in ("", "-wal", "-shm", "-turn"):
            Path(f"{_file(url)}{end}").unlink(missing_ok=True)
        return
    made = _objects(url) - before
    address, patience = connection_info(url)
    with psycopg.connect(address, **patience) as own:
        for name in sorted(made, key=lambda name: (_ORDER.index(name.split()[0]), name)):
            # The server itself has quoted it.
            own.execute(f"DROP {name.replace(' ', ' IF EXISTS ', 1)} CASCADE".encode())


def _dump(url: str, target: Path) -> Copied:
    address, patience = connection_info(url)
    target.touch(0o600, exist_ok=False)
    with psycopg.connect(address, **patience) as own:
        own.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = own.execute("SELECT pg_export_snapshot()").fetchone()
        assert found is not None
        made = _counted(own.execute)
        dump = ("pg_dump", "--format=custom", "--compress=1", "--no-owner", "--no-privileges")
        _run(url, *dump, f"--snapshot={found[0]}", f"--file={target}")
    snapshot.on_disk(target)
    return made


def _run(url: str, program: str, *words: str) -> None:
    """One of the server's own programs on a database; the password is in no command line."""
    plain = make_url(url).set(drivername="postgresql")
    address = plain.set(password=None).render_as_string(hide_password=False)
    secret = {"PGPASSWORD": plain.password} if plain.password else {}
    command = [_program(program), f"--dbname={address}", "--no-password", *words]
    done = subprocess.run(
        command,
        check=False,
        env={**os.environ, **secret},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise StoreUnavailable(f"{program} failed: {said[-400:]}")


def _program(name: str) -> str:
    """One of those that are beside ``pg_dump``, of one version."""
    dump = snapshot.pg_dump()
    if dump is None:
        raise OSError(f"{name} is not installed: apt-get install postgresql-client")
    return str(Path(dump).with_name(name))
