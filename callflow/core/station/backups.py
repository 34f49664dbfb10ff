"""Backups of the station: what one holds, when one is due, which are kept. Pure.

A backup is a folder, named by its instant:

    manifest.json  what it holds, each file with its size and SHA-256
    manifest.mac   the manifest's HMAC with the station's own key (``Vault.seal``)
    keys.enc       keys and configuration behind the passphrase (``callflow/backup/strongbox.py``)
    database       SQLite's file, or PostgreSQL's custom format (``pg_dump``)
    files/         recordings, images, documents…, and the seals that are kept outside the database
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.time.instants import from_iso, to_iso

#: Of the manifest and what it describes: another one needs another program.
FORMAT = 1
#: Folders of the data folder whose files go with the rows, and the seals' file.
FOLDERS = ("recordings", "images", "documents", "post", "announcements")
ANCHOR = "logbook.anchor"
#: Names in a backup's folder.
MANIFEST, MAC, KEYS, DATABASE, FILES = (
    *("manifest.json", "manifest.mac", "keys.enc", "database", "files"),
)
#: Bytes of a manifest that are read, a file of it takes two hundred.
LONGEST = 1 << 30

_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}\.[0-9]{6}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Unusable(Exception):
    """A backup that can't be used; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file. ``path``: in the backup's ``files``, or its own name; ``changed_ns``: the file's
    time at the station, nanoseconds since 1970."""

    path: str
    size: int
    sha256: str
    changed_ns: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a backup holds.

    ``made_at``: every signal acknowledged before is in it (UTC). ``version``: the program's;
    ``revision``: the schema's. ``keys``: their fingerprint. ``rows``: how many of each counted
    table. ``engine``: sqlite or postgresql.
    """

    made_at: datetime
    version: str
    revision: str
    engine: str
    node: str
    keys: str
    database: Kept
    secrets: Kept
    files: tuple[Kept, ...]
    rows: Mapping[str, int]

    @property
    def name(self) -> str:
        """Its folder's."""
        return name_of(self.made_at)

    @property
    def size(self) -> int:
        """Bytes of all that is in it."""
        return sum(one.size for one in (self.database, self.secrets, *self.files))

    def to_text(self) -> str:
        """As it is written and sealed."""
        told = {
            **asdict(self),
            "format": FORMAT,
            "made_at": to_iso(self.made_at),
            "rows": dict(self.rows),
        }
        return json.dumps(told, indent=0, sort_keys=True) + "\n"


def read_manifest(text: str) -> Manifest:
    """What ``to_text`` gave. Raises Unusable: it is text from outside until its MAC was looked at,
    and what is written by it stays within its folder even then."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise Unusable(
                f"the backup is of format {told['format']!s:.20}, this version reads {FORMAT}:"
                " restore it with the version that made it"
            )
        made = Manifest(
            made_at=from_iso(told["made_at"]),
            **{name: str(told[name]) for name in ("version", "revision", "engine", "node", "keys")},
            database=_kept(told["database"]),
            secrets=_kept(told["secrets"]),
            files=tuple(map(_kept, told["files"])),
            rows={str(name): int(count) for name, count in told["rows"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable(f"the manifest is broken ({type(error).__name__}: {error!s:.80})") from None
    _check(made)
    return made


def _kept(told: Mapping[str, Any]) -> Kept:
    kept = Kept(str(told["path"]), int(told["size"]), str(told["sha256"]), int(told["changed_ns"]))
    if kept.size < 0 or not _SHA256.fullmatch(kept.sha256):
        raise ValueError("a file's size or hash")
    return kept


def _check(made: Manifest) -> None:
    wrong = [one.path for one in made.files if not may_hold(one.path)]
    if wrong:
        raise Unusable(f"the manifest is broken: {wrong[0]!r:.80} is no file of a station")
    if (made.database.path, made.secrets.path) != (DATABASE, KEYS):
        raise Unusable("the manifest is broken: it names another database, or other keys")
    if len({one.path for one in made.files}) < len(made.files):
        raise Unusable("the manifest is broken: it names a file twice")


def may_hold(path: str) -> bool:
    """True where ``path`` is one of a station's files, and leads nowhere else."""
    top, *rest = path.split("/")
    if not rest:
        return path == ANCHOR
    return top in FOLDERS and all(part not in ("", ".", "..") and "\0" not in part for part in rest)


def sealed_content(manifest: str) -> str:
    """The text whose MAC vouches for a manifest: nothing else of the station's is sealed so."""
    return f"callflow backup {FORMAT}\n{manifest}"


# --- names, and which are kept ------------------------------------------------------------


def name_of(made_at: datetime) -> str:
    """The folder of a backup of that instant; names sort as instants do."""
    return f"{made_at.astimezone(UTC):%Y-%m-%dT%H%M%S.%fZ}"


def is_name(name: str) -> bool:
    """True where a whole backup may be called so."""
    return _NAME.fullmatch(name) is not None


def beyond(names: Iterable[str], keep: int) -> list[str]:
    """Those of these backups that are more than the newest ``keep``."""
    return sorted(filter(is_name, names))[: -max(1, keep)]


# --- when one is due ----------------------------------------------------------------------


class What(StrEnum):
    """What was done."""

    BACKUP = "backup"
    DRILL = "drill"  # one was restored elsewhere, and verified


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A backup or a drill, as it is told. ``ended_at`` None: under way, or cut. ``made_at``: the
    instant of the backup that it made or tried. ``size``: bytes. ``problem`` "": it succeeded."""

    id: str
    what: What
    folder: str
    begun_at: datetime
    ended_at: datetime | None = None
    made_at: datetime | None = None
    size: int = 0
    files: int = 0
    problem: str = ""

    @property
    def ok(self) -> bool:
        """True where it succeeded."""
        return self.ended_at is not None and not self.problem


#: A backup that failed, or was cut, is tried again after so long; a drill is done so often.
AGAIN, DRILL_EVERY = timedelta(hours=1), timedelta(days=7)


def is_due(at: str, last: Run | None, now: datetime, zone: ZoneInfo) -> bool:
    """True where the timer's backup is to be made: daily ``at`` (HH:MM in ``zone``), and again
    where it failed. ``last``: the newest that was begun."""
    if last is None:
        return True
    hour, minute = map(int, at.split(":"))
    today = now.astimezone(zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
    planned = today if today <= now else today - timedelta(days=1)
    if last.begun_at < planned:
        return True
    return not last.ok and now - last.begun_at > AGAIN


def drill_is_due(runs: Sequence[Run], now: datetime) -> bool:
    """True where there is a backup and none was restored and verified for a week. A drill that
    failed is done again the next day. ``runs``: the newest first."""
    if not any(run.what is What.BACKUP and run.ok for run in runs):
        return False
    drills = [run for run in runs if run.what is What.DRILL]
    if not drills:
        return True
    wait = DRILL_EVERY if drills[0].ok else timedelta(days=1)
    return now - drills[0].begun_at >= wait
