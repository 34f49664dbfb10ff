"""A copy of the whole database: made before its schema changes, and what a backup takes.

SQLite: its own online copy, whatever is written meanwhile; in one file, checked. PostgreSQL: what
``pg_dump`` makes, in its custom format. A copy has its name only once it is whole and on the disk;
one that was cut is called ``….partial``.
"""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from callflow.storage.engine.outage import StoreUnavailable

_NAME = re.compile(r"schema-(?P<revision>\w+)-(?P<at>[0-9]{8}T[0-9]{6}Z)\.(?:db|dump)")
#: Pages that are copied before others may write again; none waits for long (a page has 4 kB).
_PAGES = 4096
#: Bytes that stay free beside a copy.
_SPARE = 50_000_000


class SnapshotFailed(StoreUnavailable):
    """There is no copy, and nothing else was changed. The message says why, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshots:
    """Where copies of before an upgrade are kept, and of how many schemas; one of each."""

    folder: Path
    most: int = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A whole copy, of the schema ``revision``, made at ``at`` (UTC)."""

    file: Path
    revision: str
    at: datetime


def kept(folder: Path) -> list[Snapshot]:
    """The copies there, the newest first."""
    found = []
    for file in folder.glob("schema-*"):
        if name := _NAME.fullmatch(file.name):
            at = datetime.strptime(f"{name['at']}+0000", "%Y%m%dT%H%M%SZ%z")
            found.append(Snapshot(file=file, revision=name["revision"], at=at))
    return sorted(found, key=lambda one: one.at, reverse=True)


def take(url: str, revision: str, snapshots: Snapshots, now: datetime) -> Path:
    """A copy of the database of this schema; older ones than the kept ones go. Raises
    SnapshotFailed."""
    ending = "db" if url.startswith("sqlite") else "dump"
    folder = snapshots.folder
    file = folder / f"schema-{revision}-{now:%Y%m%dT%H%M%SZ}.{ending}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for cut in folder.glob("schema-*.partial*"):
            cut.unlink()
        copy(url, file)
        _forget(folder, snapshots.most)
    except OSError as error:
        raise SnapshotFailed(f"no copy could be made in {folder}: {error}") from error
    return file


def _forget(folder: Path, most: int) -> None:
    newest: dict[str, Snapshot] = {}
    for one in kept(folder):
        if one.revision in newest or len(newest) == most:
            one.file.unlink()
        else:
            newest[one.revision] = one


def copy(url: str, file: Path) -> None:
    """Write the whole database of ``url`` to ``file``, private, checked and on the disk; whatever
    was there is replaced. Raises SnapshotFailed, OSError."""
    partial = file.with_name(f"{file.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        if url.startswith("sqlite"):
            _copy_sqlite(Path(url.removeprefix("sqlite:///")), partial)
        else:
            _dump(url, partial)
        on_disk(partial)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    on_disk(file.parent)


def on_disk(path: Path) -> None:
    """Return once a file's bytes, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_sqlite(source: Path, file: Path) -> None:
    need, free = source.stat().st_size + _SPARE, shutil.disk_usage(file.parent).free
    if free < need:
        raise SnapshotFailed(
            f"the copy of the database needs {need // 1_000_000} MB in {file.parent}, and"
            f" {free // 1_000_000} are free: make room there"
        )
    try:
        with (
            contextlib.closing(sqlite3.connect(source)) as old,
            contextlib.closing(sqlite3.connect(file, isolation_level=None)) as new,
        ):
            new.execute("PRAGMA synchronous=OFF")  # on_disk sees to it, once
            old.backup(new, pages=_PAGES, sleep=0)
            new.execute("PRAGMA journal_mode=DELETE")  # nothing beside the file
            check(new)
    except sqlite3.Error as error:
        raise SnapshotFailed(f"the database can't be copied: {error}") from error


def check(connection: sqlite3.Connection) -> None:
    """Raises SnapshotFailed where a copy is damaged."""
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise SnapshotFailed(f"the database is damaged, and so would its copy be: {said}")


def pg_dump() -> str | None:
    """The program: PostgreSQL's own folders of the newest version first, which reads older ones."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/pg_dump")
    newest = sorted(installed, key=lambda path: int(path.parts[-3]), reverse=True)
    return str(newest[0]) if newest else shutil.which("pg_dump")


def _dump(url: str, file: Path) -> None:
    program = pg_dump()
    if program is None:
        raise SnapshotFailed("there is no pg_dump here: install postgresql-client")
    plain = make_url(url).set(drivername="postgresql")
    # A password among the arguments would be seen by everybody on this machine.
    named = plain._replace(password=None).render_as_string()
    password = {} if plain.password is None else {"PGPASSWORD": str(plain.password)}
    done = subprocess.run(
        [program, "--format=custom", "--no-password", f"--file={file}", f"--dbname={named}"],
        env={**os.environ, **password},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise SnapshotFailed(f"pg_dump failed: {said[-1]}")
