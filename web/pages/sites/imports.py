"""Files of sites that somebody sent: read, compared and written beside the pages, which look on.

A file lies in the database, encrypted, for an hour at most, so that a restart loses none and each
web process shows the same; an erasure forgets all (``handling/records/erasure.py``). One process
works on
it and says how far it is; where that one dies, the next that is asked goes on from the file. What
it would do is compared anew by each process that shows it. Nothing of it is among the sites before
all is, in the transaction in which the file is done.
"""

import asyncio
import contextlib
import hashlib
import io
import secrets
import zlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from callflow.core.sites.files import reading, tables
from callflow.core.sites.files.reading import Table
from callflow.core.sites.files.upload import UNDER_WAY, Phase, Upload
from callflow.handling.base.refusals import NotFound
from callflow.handling.sites.files import drafts, imports, saving
from callflow.handling.sites.files.imports import Prepared
from callflow.handling.sites.files.saving import Ready, SitesChanged
from callflow.handling.transfer import mappings
from callflow.handling.transfer.arrivals import Arrival
from callflow.handling.transfer.writing import By, Outcome
from callflow.storage import StoreUnavailable, Tx
from callflow.storage.sites import uploads
from web.kit.words import N_
from web.station import Station

_log = structlog.get_logger()

_Work = Callable[[], Coroutine[Any, Any, None]]

#: Files that are kept at once.
_MOST = 4
#: Times that a file is compared anew because somebody changed a site meanwhile.
_TRIES = 3
#: Seconds between two signs of whoever works, and two looks for what is not kept any more.
_BEAT, _TIDY = 1.0, 5.0


#: The page's process ended while it wrote.
_AWAY = N_("the database does not answer: try again")
CUT = N_("it was cut: what was written stays; send the file again, and it goes on from there")
INTERRUPTED = N_("the pages were started anew before it was written: look at it, and import it")


@dataclass(kw_only=True, slots=True)
class SiteImport:
    """A file, as this process sees and works on it."""

    upload: Upload  # as it was kept when this one saw it first
    phase: Phase
    done: int
    total: int
    said: str
    digest: str
    counts: Mapping[str, Any]
    table: Table = field(default_factory=Table)
    arrival: Arrival | None = None  # of a workbook, or another system's tables, in place of those
    prepared: Prepared | None = None  # None as well where another process has it
    stopped: bool = False  # nobody wants it any more, or the process ends

    @property
    def id(self) -> str:
        """The upload's."""
        return self.upload.id

    def tick(self, done: int, total: int = 0) -> None:
        """So far it is. Raises InterruptedError in the thread that works on what was stopped."""
        if self.stopped:
            raise InterruptedError
        self.done, self.total = done, total

    def forget(self) -> None:
        """Its rows are not needed any more."""
        self.table, arrival, self.arrival = Table(), self.arrival, None
        if arrival is not None:
            arrival.close()


def _of(upload: Upload) -> SiteImport:
    """As another process tells of it."""
    names: tuple[str, ...] = ("phase", "done", "total", "said", "digest", "counts")
    return SiteImport(upload=upload, **{name: getattr(upload, name) for name in names})


class SiteImports:
    """The files of all processes, as this one sees and works on them."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._me = secrets.token_hex(8)
        self._kept: dict[str, SiteImport] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()  # two at once would only be slower

    async def begin(
        self,
        name: str,
        data: bytes,
        who: str,
        *,
        remove: bool,
        mapping: str = "",
        valid: bool = False,
    ) -> SiteImport | None:
        """A file is read and compared; not written. None: too many are under way."""
        now = self._station.clock()
        sha256 = hashlib.sha256(data).hexdigest()
        id = secrets.token_hex(8)
        upload = Upload(id, name[:100], sha256, remove, who, now, self._me, now)
        upload = replace(upload, mapping=mapping, valid=valid)
        kept, made = await asyncio.to_thread(self._packed, data), _of(upload)

        def write(tx: Tx) -> bool:
            if uploads.busy(tx, now) >= _MOST:
                return False
            uploads.make_room(tx, _MOST - 1, now)
            uploads.insert(tx, upload, kept)
            return True

        if not await self._station.store.write(write):
            return None
        self._kept[made.id] = made
        self._run(made, partial(self._compare, made))
        return made

    async def get(self, id: str, who: str) -> SiteImport | None:
        """A file that ``who`` sent; where nobody works on it and what it would do is not known
        here, that begins."""
        upload = await self._station.store.read(lambda tx: uploads.get(tx, id, who))
        now = self._station.clock()
        if upload is None or now - upload.at > uploads.KEPT:
            if upload is not None or id not in await self._station.store.read(uploads.ids):
                self._let_go(id)
            return None
        mine, phase = self._kept.get(id), upload.phase
        failed = mine is not None and mine.phase is Phase.FAILED and phase in UNDER_WAY
        if mine is not None and upload.worker == self._me and not failed:
            if phase is Phase.DONE:  # written, though the answer of the database was lost
                mine.phase, mine.said = phase, ""
            return mine
        if phase in UNDER_WAY and now - upload.beat_at < uploads.STALE:
            return _of(upload)
        if phase in (Phase.DONE, Phase.FAILED):
            seen = _of(upload)
            seen.prepared = mine.prepared if mine is not None else None
            return seen
        same = mine is not None and (mine.phase, mine.digest) == (phase, upload.digest)
        if phase is Phase.READY and same:
            return mine
        return await self._take_over(upload, now)

    async def drop(self, one: SiteImport) -> None:
        """Forget it; one that is being written goes on."""
        if await self._station.store.write(lambda tx: uploads.drop(tx, one.id)):
            self._let_go(one.id)

    async def write(self, one: SiteImport) -> None:
        """Write what is shown, or show anew where it would be something else by now."""
        if one.phase is not Phase.READY or one.prepared is None or not may_write(one):
            return
        prepared, values = one.prepared, self._sign(phase=Phase.WRITING, said="", done=0, total=0)
        claim = partial(uploads.claim, id=one.id, worker=self._me, digest=one.digest, **values)
        one.phase, one.said = Phase.WRITING, ""
        try:
            claimed = await self._station.store.write(claim)
        except StoreUnavailable:
            claimed, one.said = False, _AWAY
        if not claimed:
            one.phase = Phase.READY  # or somebody else writes it, or it is gone: the page tells
            return
        one.tick(0)
        if one.arrival is not None:
            self._run(one, partial(self._write_whole, one, one.arrival))
        else:
            self._run(one, partial(self._write, one, prepared))

    async def mapped(self, one: SiteImport, name: str) -> SiteImport | None:
        """The same file, its columns read by the mapping of this name. None: not now."""
        kept = await self._station.store.read(lambda tx: uploads.content(tx, one.id))
        if kept is None:
            return None
        data = await asyncio.to_thread(self._unpacked, kept)
        made = await self.begin(
            one.upload.name,
            data,
            one.upload.who,
            remove=one.upload.remove,
            mapping=name,
            valid=one.upload.valid,
        )
        if made is not None:
            await self.drop(one)
        return made

    async def run(self) -> None:
        """Forget here what is not kept any more."""
        while True:
            await asyncio.sleep(_TIDY)
            if self._kept:
                with contextlib.suppress(StoreUnavailable):
                    there = await self._station.store.read(uploads.ids)
                    for id in self._kept.keys() - there:
                        self._let_go(id)

    async def close(self) -> None:
        """What is under way ends; what was at the database is there or not, as a whole."""
        ours = any(one.phase in UNDER_WAY for one in self._kept.values())
        for one in self._kept.values():
            one.stopped = True  # its thread ends too, which no task's end ends
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self._kept.values():
            if one.phase not in UNDER_WAY:
                one.forget()
        if ours:
            now = self._station.clock()
            with contextlib.suppress(StoreUnavailable):
                await self._station.store.write(lambda tx: uploads.release(tx, self._me, now))

    # --- where it is kept -------------------------------------------------------------------

    def _packed(self, data: bytes) -> bytes:
        return self._station.vault.encrypt(zlib.compress(data, 1))

    def _unpacked(self, kept: bytes) -> bytes:
        return zlib.decompress(self._station.vault.decrypt(kept))

    def _sign(self, **values: Any) -> dict[str, Any]:
        return {**values, "beat_at": self._station.clock()}

    async def _say(self, one: SiteImport, **values: Any) -> None:
        """Raises InterruptedError where it is gone, or another process's by now."""
        signed = self._sign(phase=one.phase, **values)
        change = partial(uploads.change, id=one.id, worker=self._me, **signed)
        if not await self._station.store.write(change):
            raise InterruptedError

    async def _take_over(self, upload: Upload, now: datetime) -> SiteImport:
        """Go on from the file, whose process died, or which another one has shown."""
        said = INTERRUPTED if upload.phase is Phase.WRITING else upload.said
        values: dict[str, Any] = dict(phase=Phase.WAITING, done=0, total=0, said=said, beat_at=now)
        taken = partial(uploads.take_over, seen=upload, worker=self._me, **values)
        if not await self._station.store.write(taken):
            return _of(upload)
        one = _of(replace(upload, **values))
        self._let_go(one.id)
        self._kept[one.id] = one
        self._run(one, partial(self._compare, one))
        return one

    def _let_go(self, id: str) -> None:
        gone = self._kept.pop(id, None)
        if gone is not None:
            gone.stopped = True
            if gone.phase not in UNDER_WAY:  # else its thread reads them
                gone.forget()

    # --- what goes on beside the pages --------------------------------------------------------

    def _run(self, one: SiteImport, work: _Work) -> None:
        task = asyncio.create_task(self._watched(one, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watched(self, one: SiteImport, work: _Work) -> None:
        beating = asyncio.create_task(self._beat(one))
        try:
            await work()
        except InterruptedError:
            one.phase = Phase.FAILED
            one.forget()
        except StoreUnavailable:
            one.phase = Phase.READY if one.prepared is not None else Phase.FAILED
            one.said = _AWAY
        except Exception:  # whoever looks on must not wait for ever
            _log.exception("web.site_import_failed")
            one.said = CUT if one.phase is Phase.WRITING and one.arrival is not None else ""
            one.phase = Phase.FAILED
            with contextlib.suppress(StoreUnavailable, InterruptedError):
                await self._say(one, data=None, said=one.said)
        finally:
            beating.cancel()

    async def _beat(self, one: SiteImport) -> None:
        while True:
            await asyncio.sleep(_BEAT)
            with contextlib.suppress(StoreUnavailable):
                await self._tell(one)

    async def _tell(self, one: SiteImport) -> None:
        """The other processes see how far it is; it stops where it is not this one's any more."""
        values = self._sign(phase=one.phase, done=one.done, total=one.total)
        tell = partial(uploads.change, id=one.id, worker=self._me, under_way=True, **values)
        if not await self._station.store.write(tell) and one.phase in UNDER_WAY:
            one.stopped = True

    async def _compare(self, one: SiteImport) -> None:
        async with self._one:
            one.phase = Phase.READING
            kept = await self._station.store.read(lambda tx: uploads.content(tx, one.id))
            if kept is None:
                raise InterruptedError
            data = await asyncio.to_thread(self._unpacked, kept)
            if not await asyncio.to_thread(self._is_whole, one, data):
                await self._shown(one, await self._prepared(one))
                return
            arrival = await self._arrival(one, data)
            outcome = await asyncio.to_thread(arrival.go, dry=True, tick=one.tick)
            await self._told(one, outcome, phase=Phase.READY)

    def _is_whole(self, one: SiteImport, data: bytes) -> bool:
        """Whether it is a workbook, or another system's tables; else it is read as what it is."""
        if one.upload.mapping or tables.holds_whole(io.BytesIO(data)):
            return True
        one.table = reading.read(data, one.tick)
        return any(fault.code == "no_key" for fault in one.table.faults)

    async def _arrival(self, one: SiteImport, data: bytes) -> Arrival:
        upload, station = one.upload, self._station
        mapping = None
        if upload.mapping:
            with contextlib.suppress(NotFound):  # it was removed meanwhile: then by our names
                mapping = await station.store.read(lambda tx: mappings.get(tx, upload.mapping))
        one.forget()
        one.arrival = await asyncio.to_thread(
            Arrival,
            iter([(upload.name, io.BytesIO(data))]),
            By(who=upload.who, name=upload.name, sha256=upload.sha256, because=upload.name),
            read=station.store.read_now,
            write=station.store.write_now,
            vault=station.vault,
            now=station.clock,
            mapping=mapping,
            remove=upload.remove,
            tick=one.tick,
        )
        one.phase = Phase.COMPARING
        return one.arrival

    async def _told(self, one: SiteImport, outcome: Outcome, *, phase: Phase) -> None:
        """What a whole file would do, or did, is shown."""
        one.prepared = shown(outcome)
        one.digest = one.prepared.digest
        one.counts, one.phase = counts_of(outcome), phase
        values = {"data": None} if phase is Phase.DONE else {}
        await self._say(one, digest=one.digest, counts=one.counts, said=one.said, **values)

    async def _write_whole(self, one: SiteImport, arrival: Arrival) -> None:
        """Site by site: what was written stays, whatever happens then."""
        outcome = await asyncio.to_thread(arrival.go, dry=False, tick=one.tick)
        await self._told(one, outcome, phase=Phase.DONE)
        one.forget()

    async def _shown(self, one: SiteImport, prepared: Prepared) -> None:
        """It is known what it would do."""
        one.digest = await asyncio.to_thread(lambda: prepared.digest)
        one.prepared, one.counts, one.phase = prepared, counts(prepared), Phase.READY
        await self._say(one, digest=one.digest, counts=one.counts, said=one.said)

    async def _prepared(self, one: SiteImport) -> Prepared:
        known = await self._station.store.read(drafts.known)
        one.phase = Phase.COMPARING
        one.tick(0)
        return await asyncio.to_thread(
            imports.prepare,
            one.table,
            known,
            self._station.vault,
            self._station.clock(),
            file=one.upload.sha256,
            remove=one.upload.remove,
            tick=one.tick,
        )

    async def _write(self, one: SiteImport, shown: Prepared) -> None:
        digest = one.digest
        for _ in range(_TRIES):
            try:
                one.phase = Phase.WRITING
                ready = await asyncio.to_thread(
                    saving.ready,
                    shown,
                    name=one.upload.name,
                    sha256=one.upload.sha256,
                    who=one.upload.who,
                    now=self._station.clock(),
                )
                await self._station.store.write(partial(self._written, one=one, ready=ready))
            except SitesChanged as changed:
                one.said = changed.message
                shown = await self._prepared(one)
                if shown.digest != digest or shown.faults:
                    break
            else:
                one.phase, one.said = Phase.DONE, ""
                one.forget()
                return
        await self._shown(one, shown)

    def _written(self, tx: Tx, one: SiteImport, ready: Ready) -> None:
        """All of it and that it is done, or nothing. Raises InterruptedError, SitesChanged."""
        saving.write(tx, ready)
        values = self._sign(phase=Phase.DONE, said="", data=None)
        if not uploads.change(tx, one.id, self._me, under_way=True, **values):
            raise InterruptedError


def may_write(one: SiteImport) -> bool:
    """Whether what is shown of a file may be written."""
    if one.prepared is None or not one.prepared.faults:
        return one.prepared is not None
    return one.upload.valid and one.arrival is not None


def shown(outcome: Outcome) -> Prepared:
    """What became of a whole file, as pages show a file's."""
    return Prepared(
        rows=outcome.rows,
        faults=outcome.faults,
        notes=outcome.notes,
        sites=outcome.sites,
        sites_same=outcome.same,
        contacts=outcome.contacts,
    )


def counts_of(outcome: Outcome) -> dict[str, Any]:
    """How much of each there is in a whole file."""
    return {
        "created": outcome.created,
        "changed": outcome.changed,
        "sites_same": outcome.same,
        "refused": outcome.refused,
        "contacts": outcome.contacts,
        "sites": outcome.created + outcome.changed,
        "faults": len(outcome.faults),
        "notes": len(outcome.notes),
    }


def counts(prepared: Prepared) -> dict[str, Any]:
    """How much of each there is in it."""
    return {
        "created": prepared.created,
        "changed": prepared.changed,
        "sites_same": prepared.sites_same,
        "contacts": prepared.contacts,
        "sites": len(prepared.sites),
        "faults": len(prepared.faults),
        "notes": len(prepared.notes),
    }
