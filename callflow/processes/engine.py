"""The engine: correlates what the receiver stored, and does what falls due.

It holds nothing: killed at any moment, the next one goes on from the rows. On PostgreSQL there may
be several: each correlates its share of the sites first, each has decided what falls due, and one
of them does what is done once a second.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

import structlog

from callflow import clock
from callflow.core.alarms.correlation import Rates
from callflow.core.records import monthly
from callflow.core.watch import trends
from callflow.core.watch.latency import Durations, Measure
from callflow.core.watch.supervision import Listening
from callflow.dispatch.beside import Beside
from callflow.dispatch.doomed import delete_doomed
from callflow.dispatch.identity import Identity, only, taken
from callflow.dispatch.opening import open_dispatch
from callflow.dispatch.wake import open_store, open_wake
from callflow.handling.alarms import deadlines, receiving
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.desks import queueing
from callflow.handling.records import charges, figures
from callflow.handling.station import duties
from callflow.handling.watch import canaries, machines, organs, overdue, people, readings
from callflow.probes import mirror
from callflow.probes.machine import Probe
from callflow.processes import anchoring, backups, reporting
from callflow.processes.canary import Canary
from callflow.processes.eraser import Eraser
from callflow.processes.indexer import Indexer
from callflow.processes.power import PowerWatch
from callflow.processes.probing import Prober
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.engine.duty import Duty
from callflow.storage.records.horizon import Settled, horizon
from callflow.storage.watch import clock as database_clock
from callflow.vault import Vault

log = structlog.get_logger(__name__)

ROLE = "engine"
#: Seconds: a lost wake-up costs no more.
_LOOK_EVERY = 0.5
#: Signals in one transaction, as many as take no longer than _HOLD seconds: a long one would hold
#: up the acknowledgements of others, and the calls. One that opens an incident takes milliseconds.
_FEWEST, _MOST = 4, 200
_HOLD = 0.04
_TICK = timedelta(seconds=1)
_BEAT = timedelta(seconds=2)
_BEAT_PATIENCE = 0.2  # seconds that it may wait for others to share its commit with
_DOOMED = timedelta(seconds=5)
_REMEMBER = timedelta(seconds=10)
#: Statistics follow so often, for at most so many seconds where nothing came in for _CALM of them,
#: else one batch; their commit waits for others' so long.
_FOLLOW = timedelta(seconds=5)
_REPORT = timedelta(seconds=20)
_FOLLOW_FOR, _CALM, _FOLLOW_PATIENCE = 1.5, 10.0, 0.5
_CHARGE = timedelta(seconds=15)
_ORGANS = timedelta(seconds=5)
_PEOPLE = timedelta(seconds=5)
#: So long after an engine came on duty, or the database back, nobody misses a process that has yet
#: to say that it lives.
_SETTLING = timedelta(seconds=60)
_BACK_UP = timedelta(seconds=30)
_POWER = timedelta(seconds=5)
_CANARY = timedelta(seconds=5)
_COMPARE = timedelta(seconds=60)
_COMPARED_WITHIN = timedelta(seconds=0.5)  # a slower answer says nothing of a clock
_MIRROR = timedelta(seconds=15)
_CLOCK_BACK = 2.0  # seconds: smaller steps delay nothing that counts


class Engine:
    """One engine process over the station's store."""

    def __init__(
        self, settings: Settings, store: Store, vault: Vault, me: Identity | None = None
    ) -> None:
        self._store, self._me = store, me or only(settings, ROLE)
        self._node, self._settings, self._probe = settings.node, settings, Probe(settings)
        self._files = {"images": settings.images_dir, "documents": settings.documents_dir}
        self._canary = Canary(settings, store, vault)
        self._eraser = Eraser(settings, store, vault, self._me)
        self._indexer = Indexer(store)
        self._timer = backups.Timer(settings, store)
        self._power = PowerWatch(settings, store, self._me.host)
        self._dispatch, self._seals = open_dispatch(store), anchoring.Watch(settings, store)
        self._wake = open_wake(settings, ROLE)
        self._duty = Duty(store.url, ROLE)
        self._on_duty = False
        self._watched_since = clock.now()
        self._prober = Prober(settings, store, vault, self._me.host)
        self._done_at = dict.fromkeys(duties.RARELY, -math.inf)
        self._beside = Beside()
        self._share = machines.ALL
        self._correlated = 0
        self._busy_at = -math.inf
        self._rates, self._lateness = Rates(), Durations(Measure.STEP_LATENESS)
        self._batch = 16
        self._begun = clock.now()
        self._last_tick = self._begun, clock.monotonic()
        self._heard: Listening | None = None
        self._told = Settled()
        self._apart: float | None = None
        self._after = ""  # where among the accounts the next look goes on

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as parts:
                parts.create_task(self._work())
                parts.create_task(self._dispatch.run(self._decide))
                for period, work in self._works():
                    parts.create_task(self._beside.every(period.total_seconds(), work))
        finally:
            await self._prober.close()
            self._wake.close()
            self._duty.close()

    def _works(self) -> Iterator[tuple[timedelta, Callable[[], Awaitable[None]]]]:
        """Each whatever becomes of the others."""
        yield _TICK, self._tick
        yield _TICK, self._watch
        yield _BEAT, self._beat
        yield _DOOMED, self._delete_files
        yield _BEAT, self._erase
        yield _BEAT, self._index
        yield _REMEMBER, self._seals.look
        yield _FOLLOW, self._follow
        yield _REPORT, self._report
        yield _CHARGE, self._charge
        yield _ORGANS, self._note_organs
        yield _PEOPLE, self._look_at_people
        yield _TICK, self._ask_organs
        yield trends.EVERY, self._keep_figures
        yield _BACK_UP, self._back_up
        yield _POWER, self._power.look
        yield _CANARY, self._call_itself
        yield _COMPARE, self._compare_clocks
        yield _CANARY, self._canary.look
        if self._settings.mirrored:
            yield _MIRROR, self._read_mirror

    async def _work(self) -> None:
        told = False
        while True:
            try:
                more = await self._correlate(told=told)
            except StoreUnavailable as error:
                log.debug("store.away", reason=error.reason)  # the store says it, once
                more = False
            told = not more and await self._wake.wait(_LOOK_EVERY)

    async def _correlate(self, *, told: bool) -> bool:
        """One batch of the backlog; whether there is more, as far as we know.

        Who was not ``told`` of any reads first: writing takes the turn of others.
        """
        now, share = clock.now(), self._share
        if not told and not await self._store.read(lambda tx: machines.waits(tx, share, now)):
            return False
        most = self._batch
        done, took = await self._store.write(
            lambda tx: _timed_correlation(tx, now, most, self._rates, share)
        )
        self._correlated += done
        if done:
            self._busy_at = clock.monotonic()
        if done == most or took > _HOLD:
            self._batch = min(_MOST, max(_FEWEST, int(most * min(2.0, _HOLD / took))))
        return done == most

    async def _decide(self, incident_id: str) -> None:
        now = clock.now()
        since = await self._store.write(lambda tx: deadlines.decide_due(tx, incident_id, now))
        if since is not None:
            late = (clock.now() - since).total_seconds()
            self._lateness.observe(late, clock.monotonic())

    async def _tick(self) -> None:
        now = clock.now()
        await self._watch_clock(now)
        if not await self._takes_duty():
            return
        await self._do(self._due_rarely(), now)  # what it finds is looked for below
        await self._do(await self._store.read(lambda tx: duties.due(tx, now)), now)

    async def _do(self, works: Iterable[duties.Work], now: datetime) -> None:
        """Each, whatever becomes of the others."""
        for work in works:
            name = f"{work.__module__}.{work.__qualname__}"
            await self._beside.once(name, partial(self._store.write, partial(_at, work, now)))

    def _due_rarely(self) -> list[duties.Work]:
        at = clock.monotonic()
        due = [work for work, every in duties.RARELY.items() if at - self._done_at[work] >= every]
        self._done_at |= dict.fromkeys(due, at)
        return due

    async def _takes_duty(self) -> bool:
        """True where what is done once a second is ours to do: of several engines, one's."""
        mine = not self._duty.is_shared or await asyncio.to_thread(self._duty.mine)
        if mine and not self._on_duty:
            log.info("engine.on_duty", name=self._me.name)
            self._watched_since = clock.now() + _SETTLING
        self._on_duty = mine
        return mine

    async def _watch(self) -> None:
        """What did not come in time. Nearly always it only reads."""
        if not self._on_duty:
            return
        now = clock.now()
        known, after = self._heard, self._after
        due = await self._store.read(
            lambda tx: overdue.find(tx, overdue.listening(tx, known), now, after)
        )
        self._heard, self._after = due.heard, due.after
        if due:
            await self._store.write(lambda tx: overdue.act(tx, due, now))

    async def _charge(self) -> None:
        """What was done that is charged for. Nearly always it only reads."""
        if not self._on_duty:
            return
        now, settled = clock.now(), await self._settled()
        if not settled:
            return
        look = await self._store.read(lambda tx: charges.find(tx, now, settled))
        if look:
            await self._store.write(lambda tx: charges.book(tx, look, now))

    async def _note_organs(self) -> None:
        """How each organ of the station is, and what failed. Nearly always it only reads."""
        if self._on_duty:
            since = self._watched_since
            try:
                # The time is that of the look: whoever waited for its turn would find rows of
                # others that are newer, and take its own clock for one that was set back.
                if await self._store.read(lambda tx: organs.organs_changed(tx, clock.now(), since)):
                    await self._store.write(
                        lambda tx: organs.note_organs(tx, now=clock.now(), watched_since=since),
                        patience=1.0,
                    )
            except StoreUnavailable:  # nobody could say that they live, and nobody watched
                self._watched_since = clock.now() + _SETTLING
                raise

    async def _ask_organs(self) -> None:
        """What probes ask, of the machine and of what is around it."""
        await self._prober.look(on_duty=self._on_duty)

    async def _keep_figures(self) -> None:
        """The organs' figures, for their lines."""
        if self._on_duty:
            await self._store.write(lambda tx: organs.keep_figures(tx, clock.now()), patience=1.0)

    async def _look_at_people(self) -> None:
        """Screens, headsets and the room. Nearly always it only reads."""
        if self._on_duty:
            now, frozen_after = clock.now(), self._settings.screen_frozen
            look = await self._store.read(lambda tx: people.find(tx, now, frozen_after))
            if look:
                await self._store.write(lambda tx: people.act(tx, look, now), patience=1.0)

    async def _watch_clock(self, now: datetime) -> None:
        """What waits for a time must not wait longer because the clock was set back."""
        passed = clock.monotonic() - self._last_tick[1]
        went_back = passed - (now - self._last_tick[0]).total_seconds()
        if went_back > _CLOCK_BACK:
            await self._store.write(lambda tx: queueing.clock_went_back(tx, went_back, now))
        self._last_tick = now, clock.monotonic()

    async def _compare_clocks(self) -> None:
        """This machine's clock beside the database's, which all machines have in common."""
        before = clock.now()
        theirs = await self._store.read(database_clock.now)
        took = clock.now() - before
        if theirs is not None and took < _COMPARED_WITHIN:
            self._apart = round((before + took / 2 - theirs).total_seconds(), 4)

    async def _beat(self) -> None:
        state = {
            "correlated": self._correlated,
            "on_duty": self._on_duty,
            "failing": self._beside.failing,
            "logbook": self._seals.state,
            "latencies": [self._lateness.told(clock.monotonic())],
            "machine": await asyncio.to_thread(self._probe.look),
            "clock_apart": self._apart,
        }

        def beat(tx: Tx) -> machines.Share:
            now = clock.now()  # who waited for its turn lives when it comes
            self._me.beat(tx, now, state)
            return machines.share(tx, self._me.name, now)

        self._share = await self._store.write(beat, patience=_BEAT_PATIENCE)

    async def _delete_files(self) -> None:
        for folder, at in self._files.items():
            await delete_doomed(self._store, folder, at, self._node, clock.now())

    async def _erase(self) -> None:
        await self._eraser.go_on(on_duty=self._on_duty)

    async def _follow(self) -> None:
        """Statistics follow what happened."""
        begun = clock.monotonic()
        while self._on_duty and await self._follow_on():
            at = clock.monotonic()
            if at - begun > _FOLLOW_FOR or at - self._busy_at < _CALM:
                return

    async def _follow_on(self) -> bool:
        """One batch; False where there is none."""
        now, settled = clock.now(), await self._settled()
        if not settled:
            return False
        batch = await self._store.read(lambda tx: figures.next_batch(tx, now, settled))
        if batch is None:
            return False
        await self._store.write(lambda tx: figures.keep(tx, batch), patience=_FOLLOW_PATIENCE)
        return True

    async def _settled(self) -> int:
        """The entry of the logbook up to which nobody tells one any more; 0: not known yet."""
        self._told = self._told.seen(await self._store.read(horizon))
        return self._told.upto

    async def _report(self) -> None:
        """At night a month's reports are made, one at a time, and sent."""
        now, calm = clock.now(), clock.monotonic() - self._busy_at > _CALM
        if self._on_duty and calm and monthly.due(now, STATION_ZONE) is not None:
            await reporting.report(self._store, self._settings, now)

    async def _back_up(self) -> None:
        """The day's backup, and the week's drill."""
        if self._on_duty:
            await self._timer.look()

    async def _call_itself(self) -> None:
        """Over each trunk in its turn. Nearly always it only reads."""
        if not self._on_duty:
            return
        now, begun = clock.now(), self._begun
        due = await self._store.read(lambda tx: canaries.find(tx, now, begun))
        if due is not None:
            await self._store.write(lambda tx: canaries.act(tx, due, now))

    async def _read_mirror(self) -> None:
        """How the station's other site follows."""
        found = mirror.look(self._settings.run_dir) if self._on_duty else None
        if found is not None:
            now = clock.now()
            await self._store.write(lambda tx: readings.take(tx, [found], now), patience=1.0)

    async def _index(self) -> None:
        """The index of the logbook's words follows what was told."""
        if self._on_duty:
            await self._indexer.go_on(is_busy=lambda: clock.monotonic() - self._busy_at < 1.0)


def _at(work: duties.Work, now: datetime, tx: Tx) -> object:
    return work(tx, now)


def _timed_correlation(
    tx: Tx, now: datetime, limit: int, rates: Rates, share: machines.Share
) -> tuple[int, float]:
    """How many signals were correlated, and how long the writer was held, in seconds."""
    begun = clock.monotonic()
    done = receiving.correlate(tx, now, limit=limit, rates=rates, share=share)
    return done, max(0.001, clock.monotonic() - begun)


async def serve(settings: Settings) -> None:
    """The role ``engine`` of ``callflow serve``: until cancelled."""
    with taken(settings, ROLE) as me:
        vault = Vault.of_station(settings.data_dir)
        store = open_store(settings, vault)
        try:
            await Engine(settings, store, vault, me).run()
        finally:
            store.close()
