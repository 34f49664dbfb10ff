"""The latest seal of the logbook, remembered outside the database (invariant 6).

Who writes the database alone can cut its end together with the seals over it, or bring back an old
state: all of it would be whole. So each engine writes every new seal's number and MAC down in a
file that only grows, a line each, and in copies elsewhere. Every line is demanded for ever: what
was found missing once stays missing. The files may belong to somebody else, as long as the station
may add to them (``chattr +a`` holds it to that).
"""

import os
import re
import threading
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from callflow import clock
from callflow.core.records.logbook import FIRST, UNREADABLE, Anchor, followed
from callflow.core.time.instants import to_iso
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.records import chaining, sealing

log = structlog.get_logger(__name__)

_LINE = re.compile(r"([0-9]{1,10}) ([0-9a-f]{64})")
_AT_ONCE = 500  # seals that are read together
#: Bytes from which a file of our own is written anew, without lines that later ones speak for.
_LONG = 1_000_000


def remembered(settings: Settings) -> list[Anchor] | None:
    """Every line of the file and of its copies; None: there is none of them. Raises OSError."""
    named = settings.logbook_anchor_file, *settings.logbook_anchor_copies
    files = [file for file in named if file.exists()]
    return [anchor for file in files for anchor in _read(file)] if files else None


def missing_files(settings: Settings) -> list[Path]:
    """The files that settings name and that are not there."""
    own = (settings.logbook_anchor,) if settings.logbook_anchor else ()
    return [file for file in (*own, *settings.logbook_anchor_copies) if not file.exists()]


def _read(file: Path) -> list[Anchor]:
    """A line that a crash cut is none: the next one speaks for it."""
    lines = map(_LINE.fullmatch, file.read_text(errors="replace").splitlines())
    return [Anchor(int(line[1]), line[2]) for line in lines if line]


def _add(file: Path, anchors: Iterable[Anchor]) -> None:
    """At the end, on the disk. Raises OSError."""
    lines = "".join(f"{anchor.number} {anchor.mac}\n" for anchor in anchors)
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "ab", buffering=0) as opened:
        # A line that a crash cut is ended; an empty line is none.
        opened.write(f"\n{lines}".encode() if lines else b"")
        os.fsync(opened.fileno())


class Watch:
    """One engine's look at the seals: those that it knows are there, and each new one is ours."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store, self._file = store, settings.logbook_anchor_file
        self._copies = [_Copy(file) for file in settings.logbook_anchor_copies]
        self._begun, self._last = False, FIRST
        self._wrong_since: str | None = None
        self._unwritten = ""

    @property
    def state(self) -> dict[str, Any]:
        """What health says of it."""
        late = [str(copy.file) for copy in self._copies if copy.trouble]
        return {
            "ours": self._wrong_since is None,
            "since": self._wrong_since,
            "seal": self._last.number,
            "trouble": self._unwritten or (f"not copied to {', '.join(late)}" if late else ""),
        }

    def copied(self, timeout: float) -> None:
        """Wait until what was to be copied is, or can't be; seconds, for each copy."""
        for copy in self._copies:
            copy.wait(timeout)

    async def look(self) -> None:
        """Remember what was sealed since the last look, if it is ours. Raises StoreUnavailable."""
        try:
            if not self._begun:
                await self._begin()
                self._begun = True
            while await self._follow():
                pass
            self._unwritten = ""
        except OSError as error:
            self._unwritten = f"can't write {self._file}: {error.strerror}"
            log.warning("logbook.anchor", file=str(self._file), error=str(error))

    async def _begin(self) -> None:
        if not self._file.exists():  # what is there the first time is taken as it is
            newest = await self._store.read(sealing.newest)
            _add(self._file, (newest,) if newest else ())
            self._last = newest or FIRST
            return
        known, missing = _read(self._file), []
        for place in range(0, len(known), _AT_ONCE):
            look = partial(sealing.missing, anchors=known[place : place + _AT_ONCE])
            missing += await self._store.read(look)
        if missing:
            await self._tell(missing[-1])
        self._last = known[-1] if known else FIRST
        if self._file.stat().st_size > _LONG:
            _write_anew(self._file, dict.fromkeys([*missing, self._last]))

    async def _follow(self) -> bool:
        """True where there is more. Goes on from the newest of ours where they don't follow."""
        last, mac = self._last, self._store.mac
        try:
            seals = await self._store.read(lambda tx: sealing.seals_from(tx, last.number, _AT_ONCE))
        except UNREADABLE:
            seals = []
        newest = Anchor(seals[-1].number, seals[-1].mac) if seals else None
        if not followed(last, seals, mac):
            await self._tell(last)
            newest = await self._store.read(sealing.newest)
        if newest is None or newest == last:
            return False
        _add(self._file, (newest,))
        for copy in self._copies:
            copy.add(newest)
        self._last = newest
        return len(seals) == _AT_ONCE

    async def _tell(self, anchor: Anchor) -> None:
        """Somebody is told, once for each seal that is not there any more."""
        now = clock.now()
        self._wrong_since = self._wrong_since or to_iso(now)

        def alarm(tx: Tx) -> None:
            chaining.alarm(tx, GONE, f"{anchor.number} {anchor.mac}", now)

        await self._store.write(alarm)


#: What the station's signal says.
GONE = "un scellé noté hors de la base de données n’y est plus, ou d’autres l’y suivent"


def _write_anew(file: Path, anchors: Iterable[Anchor]) -> None:
    """With these lines only; where the file is not ours to replace, it stays."""
    fresh = file.with_name(f".{file.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        _add(fresh, anchors)
        fresh.replace(file)
    except OSError as error:
        log.info("logbook.anchor.kept", file=str(file), error=str(error))


class _Copy:
    """A copy elsewhere: what is there may be away, and hold up whoever writes."""

    def __init__(self, file: Path) -> None:
        self.file, self.trouble = file, ""
        self._waiting: list[Anchor] = []
        self._lock = threading.Lock()
        self._busy = False
        self._writer: threading.Thread | None = None

    def add(self, anchor: Anchor) -> None:
        """Soon, in a thread of its own; again with the next one where it fails."""
        with self._lock:
            self._waiting.append(anchor)
            if self._busy:
                self.trouble = "it does not answer"
                return
            self._busy = True
        self._writer = threading.Thread(target=self._write, name="anchor copy", daemon=True)
        self._writer.start()

    def wait(self, timeout: float) -> None:
        """Until nothing is being written."""
        if self._writer is not None:
            self._writer.join(timeout)

    def _write(self) -> None:
        with self._lock:
            some: Sequence[Anchor] = list(self._waiting)
        try:
            _add(self.file, some)
            trouble = ""
        except OSError as error:
            trouble = str(error)
            log.warning("logbook.anchor.copy", file=str(self.file), error=trouble)
        with self._lock:
            self._busy, self.trouble = False, trouble
            if not trouble:
                del self._waiting[: len(some)]
