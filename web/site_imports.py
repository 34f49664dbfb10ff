"""Files of sites that somebody sent: read, compared and written beside the pages, which look on.

They live in this process alone, and not for long: what people and numbers are in them is on no
disk, and after a restart a file is sent again. Nothing of one is in the database before all is.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import structlog

from callflow.handling import import_writing, importing
from callflow.handling.import_writing import SitesChanged
from callflow.handling.importing import Prepared
from callflow.site_file import reading
from callflow.site_file.reading import Table
from callflow.storage import StoreUnavailable
from web.station import Station
from web.words import N_

_log = structlog.get_logger()

#: Files that are kept at once, and for how long.
_MOST, _KEPT = 4, timedelta(hours=1)
#: Times that a file is compared anew because somebody changed a site meanwhile.
_TRIES = 3


class Phase(StrEnum):
    """How far a file is."""

    WAITING = "waiting"  # for another file
    READING = "reading"
    COMPARING = "comparing"
    READY = "ready"  # what it would do is shown; nothing is written
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"  # an error of ours: nothing was written


#: Those in which something goes on by itself.
UNDER_WAY = frozenset({Phase.WAITING, Phase.READING, Phase.COMPARING, Phase.WRITING})


@dataclass(kw_only=True, slots=True)
class SiteImport:
    """One file. ``done`` of ``total``: rows read, 0 of how many; or sites compared."""

    id: str
    name: str
    data: bytes
    sha256: str
    remove: bool
    who: str
    at: datetime
    phase: Phase = Phase.WAITING
    done: int = 0
    total: int = 0
    table: Table = field(default_factory=Table)
    prepared: Prepared | None = None
    said: str = ""  # why it was not written
    stopped: bool = False  # nobody wants it any more, or the process ends

    def tick(self, done: int, total: int = 0) -> None:
        """So far it is. Raises InterruptedError in the thread that works on what was stopped."""
        if self.stopped:
            raise InterruptedError
        self.done, self.total = done, total


class SiteImports:
    """The files of one process."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._kept: dict[str, SiteImport] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()  # two at once would only be slower

    def begin(self, name: str, data: bytes, who: str, *, remove: bool) -> SiteImport:
        """A file is read and compared; not written."""
        now = self._station.clock()
        for old in sorted(self._kept.values(), key=lambda each: each.at):
            many = len(self._kept) >= _MOST
            if (many or now - old.at > _KEPT) and old.phase not in UNDER_WAY:
                del self._kept[old.id]
        made = SiteImport(
            id=secrets.token_hex(8),
            name=name[:100],
            data=data,
            sha256=hashlib.sha256(data).hexdigest(),
            remove=remove,
            who=who,
            at=now,
        )
        self._kept[made.id] = made
        self._run(made, self._compare(made))
        return made

    @property
    def full(self) -> bool:
        """Whether as many files as are kept are all under way."""
        return sum(each.phase in UNDER_WAY for each in self._kept.values()) >= _MOST

    def get(self, id: str, who: str) -> SiteImport | None:
        """A file that ``who`` sent."""
        found = self._kept.get(id)
        return found if found is not None and found.who == who else None

    def drop(self, one: SiteImport) -> None:
        """Forget it; one that is being written goes on."""
        self._kept.pop(one.id, None)
        one.stopped = one.phase is not Phase.WRITING

    def write(self, one: SiteImport) -> None:
        """Write what is shown, or show anew where it would be something else by now."""
        if one.phase is Phase.READY and one.prepared is not None and not one.prepared.faults:
            one.phase, one.said = Phase.WRITING, ""
            one.tick(0)
            self._run(one, self._write(one, one.prepared))

    async def close(self) -> None:
        """What is under way ends; what was at the database is there or not, as a whole."""
        for one in self._kept.values():
            one.stopped = True  # its thread ends too, which no task's end ends
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _run(self, one: SiteImport, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._watched(one, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watched(self, one: SiteImport, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except InterruptedError:
            one.phase = Phase.FAILED
        except StoreUnavailable:
            one.phase = Phase.READY if one.prepared is not None else Phase.FAILED
            one.said = N_("the database does not answer: try again")
        except Exception:  # whoever looks on must not wait for ever
            _log.exception("web.site_import_failed")
            one.phase = Phase.FAILED

    async def _compare(self, one: SiteImport) -> None:
        async with self._one:
            one.phase = Phase.READING
            one.table = await asyncio.to_thread(reading.read, one.data, one.tick)
            one.data = b""
            one.prepared = await self._prepared(one)
            one.phase = Phase.READY

    async def _prepared(self, one: SiteImport) -> Prepared:
        known = await self._station.store.read(importing.known)
        one.phase = Phase.COMPARING
        one.tick(0)
        return await asyncio.to_thread(
            importing.prepare,
            one.table,
            known,
            self._station.vault,
            self._station.clock(),
            file=one.sha256,
            remove=one.remove,
            tick=one.tick,
        )

    async def _write(self, one: SiteImport, shown: Prepared) -> None:
        digest = shown.digest
        for _ in range(_TRIES):
            try:
                one.phase = Phase.WRITING
                ready = await asyncio.to_thread(
                    import_writing.ready,
                    shown,
                    name=one.name,
                    sha256=one.sha256,
                    who=one.who,
                    now=self._station.clock(),
                )
                await self._station.store.write(partial(import_writing.write, done=ready))
            except SitesChanged as changed:
                one.said = changed.message
                shown = one.prepared = await self._prepared(one)
                if shown.digest != digest or shown.faults:
                    break
            else:
                one.phase, one.said, one.table = Phase.DONE, "", Table()
                return
        one.phase = Phase.READY
