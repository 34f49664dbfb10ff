"""Back to the copy that was made before an upgrade, without what came since."""

import contextlib
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callflow.storage.engine import snapshot
from callflow.storage.engine.connections import open_turns, turn
from callflow.storage.engine.snapshot import SnapshotFailed, Snapshots
from callflow.storage.engine.upgrade import latest, scripts


@dataclass(frozen=True, kw_only=True, slots=True)
class RolledBack:
    """``to`` is the database now; ``kept`` holds what it was."""

    to: Path
    kept: Path


#: Beside the database, from a rollback until the station that comes up is held.
_MARK = "rolled-back"


def rolled_back_to(folder: Path) -> datetime | None:
    """Of which instant (UTC) the rows of a data folder are, where they were rolled back and that is
    not written among them yet."""
    with contextlib.suppress(FileNotFoundError):
        return datetime.fromisoformat((folder / _MARK).read_text(encoding="ascii"))
    return None


def forget(folder: Path) -> None:
    """It is written among the rows."""
    (folder / _MARK).unlink(missing_ok=True)


def roll_back(url: str, snapshots: Snapshots, now: datetime) -> RolledBack:
    """Put the newest copy that this version can work with in the database's place; the station
    comes up held, since who was called meanwhile stands in no row. No station may run. Raises
    SnapshotFailed, OSError: then nothing was changed."""
    found = latest(snapshots.folder, scripts())
    if found is None:
        raise SnapshotFailed(f"there is no copy in {snapshots.folder} that this version can read")
    if not url.startswith("sqlite"):
        raise SnapshotFailed(
            "the database is a PostgreSQL server's: restore the copy into an empty database there:"
            f" pg_restore --no-owner --exit-on-error --dbname=NEW {found.file}"
        )
    file = Path(url.removeprefix("sqlite:///"))
    aside = snapshots.folder / f"replaced-{now:%Y%m%dT%H%M%SZ}.db"
    with contextlib.ExitStack() as stack:
        if turns := open_turns(url):
            stack.enter_context(turns)
            stack.enter_context(turn(turns))
        snapshot.copy(url, aside)
        mark = file.parent / _MARK
        mark.write_text(found.at.isoformat(), encoding="ascii")
        mark.chmod(0o600)
        try:
            _replace(file, found.file)
        except (OSError, SnapshotFailed):
            mark.unlink()
            raise
    return RolledBack(to=found.file, kept=aside)


def _replace(file: Path, by: Path) -> None:
    """Cut at any point, the database is the one or the other, whole."""
    fresh = file.with_name(f"{file.name}.rollback")
    shutil.copyfile(by, fresh)
    fresh.chmod(0o600)
    snapshot.on_disk(fresh)
    try:
        with contextlib.closing(sqlite3.connect(fresh)) as copied:
            snapshot.check(copied)
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as old:
            # A log beside the file would be taken for the copy's.
            old.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise SnapshotFailed(f"the database is not replaced: {error}") from error
    fresh.replace(file)
    snapshot.on_disk(file.parent)
