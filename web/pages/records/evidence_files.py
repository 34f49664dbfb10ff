"""Evidence files under way in this process: made in a thread, looked at by pages, taken away.

A file lies on the disk without a name, and is gone with the process: what was made can be made
again, and what was asked for is a row (``handling/records/disclosures.py``).
"""

import asyncio
import os
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO

import structlog

from callflow.core.records.disclosure import Disclosure
from callflow.disclosure import making, reporting
from callflow.disclosure.archive import TooLarge
from callflow.disclosure.making import Made
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.records import disclosures
from callflow.storage import StoreUnavailable
from web.kit.words import N_
from web.station import Station

_log = structlog.get_logger()

#: How long a file is kept that was made; how many are, and how many are made at once.
_KEPT, _MOST, _AT_ONCE = timedelta(minutes=30), 8, 2
_PIECE = 1 << 18

TOO_LARGE = N_("more than four gigabytes: leave recordings or images out")
UNREADABLE = N_("a recording or an image could not be read: look at the disk, and try again")
UNAVAILABLE = N_("the database does not answer: try again")
FAILED = N_("the file could not be made: the station's log says why")
BUSY = N_("other evidence files are being made: try again in a minute")


class Unnamed:
    """A file without a name: gone with whoever reads it last."""

    def __init__(self, file: BinaryIO) -> None:
        self.handle = os.dup(file.fileno())
        weakref.finalize(self, os.close, self.handle)


@dataclass(kw_only=True, slots=True)
class EvidenceFile:
    """One, as far as it is: ``done`` of ``total`` bytes. ``said``: why there is none."""

    asked: Disclosure
    who: str
    at: datetime
    done: int = 0
    total: int = 0
    said: str = ""
    made: Made | None = None
    kept: Unnamed | None = None
    task: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> bool:
        """True where it is worth looking again."""
        return self.made is None and not self.said

    def tick(self, done: int, total: int) -> None:
        """So far it is."""
        self.done, self.total = done, total

    def pieces(self) -> Iterator[bytes]:
        """The file; several may take it at once."""
        kept, at = self.kept, 0
        assert kept is not None, "nothing was made"
        while piece := os.pread(kept.handle, _PIECE, at):
            at += len(piece)
            yield piece


class EvidenceFiles:
    """Those that this process makes and has."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._files: dict[str, EvidenceFile] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    def get(self, disclosure_id: str) -> EvidenceFile | None:
        """The file that is made of what was asked for."""
        self._tidy()
        return self._files.get(disclosure_id)

    def begin(self, asked: Disclosure, who: str) -> EvidenceFile:
        """It is made from now on; where it is under way already, that goes on. Raises Refused."""
        self._tidy()
        known = self._files.get(asked.id)
        if known is not None and known.under_way:
            return known
        if sum(file.under_way for file in self._files.values()) >= _MOST:
            raise Refused(BUSY)
        file = EvidenceFile(asked=asked, who=who, at=self._station.clock())
        self._files[asked.id] = file
        file.task = asyncio.create_task(self._make(file))
        return file

    async def made(self, asked: Disclosure, who: str) -> EvidenceFile:
        """It, once it is made. Raises Refused."""
        file = self.begin(asked, who)
        if file.task is not None:
            await asyncio.shield(file.task)  # somebody else may look at it too
        if file.said:
            raise Refused(file.said)
        return file

    async def close(self) -> None:
        """The process ends."""
        tasks = [file.task for file in self._files.values() if file.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tidy(self) -> None:
        now = self._station.clock()
        old = [id for id, file in self._files.items() if now - file.at > _KEPT]
        ended = sorted((file.at, id) for id, file in self._files.items() if not file.under_way)
        for id in {*old, *(id for _, id in ended[:-_MOST])}:
            if not self._files[id].under_way:
                del self._files[id]

    async def _make(self, file: EvidenceFile) -> None:
        async with self._turns:
            try:
                await self._made(file)
            except Refused as refused:
                file.said = refused.message
            except TooLarge:
                file.said = TOO_LARGE
            except StoreUnavailable:
                file.said = UNAVAILABLE
            except OSError:
                _log.exception("evidence.unreadable")
                file.said = UNREADABLE
            except Exception:  # whoever looks on must not wait for ever
                _log.exception("evidence.failed")
                file.said = FAILED

    async def _made(self, file: EvidenceFile) -> None:
        station, settings = self._station, self._station.settings
        ours = making.own_numbers(settings)
        collected = await station.store.read(
            lambda tx: disclosures.collect(tx, file.asked.id, ours)
        )
        told = await station.store.read(lambda tx: reporting.read(tx, file.asked.incident_id))
        report = await reporting.report_of(told, collected, settings.images_dir)
        stamps = (await station.store.read(load_policy)).withheld is None
        workshop = making.workshop(settings, station.vault, stamps=stamps)
        now = station.clock()
        with tempfile.TemporaryFile(dir=settings.data_dir) as out:
            make = partial(making.make, collected, workshop, out, now, file.tick, report)
            made = await asyncio.to_thread(make)
            out.flush()
            kept = Unnamed(out)
        await station.store.write(
            lambda tx: disclosures.made(tx, file.asked, file.who, now, **made.told)
        )
        file.kept, file.made = kept, made
