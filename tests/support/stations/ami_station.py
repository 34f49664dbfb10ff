"""A minimal station around an AmiLink: rows in memory, everything that the link told."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeVar

from ivr.ami import Account, AmiLink, Ended, Event, Timing
from tests.support.sip.scripted_ami import ScriptedAmi

#: All waits are short, but for answers that come.
FAST = Timing(
    action=5.0,
    channel_list=5.0,
    connect=5.0,
    ping_every=5.0,
    boot=0.2,
    reconnect_first=0.02,
    reconnect_cap=0.1,
    refused_first=0.05,
    refused_cap=0.2,
)
#: For answers that don't.
IMPATIENT = replace(FAST, action=0.3, ping_every=0.3)
E = TypeVar("E", bound=Event)

NUMBER = "+33639980012"
CALLER = "+33639989999"


class Station:
    """``link`` with what it told: ``events``, ``alarms``, and what each resync found."""

    def __init__(
        self,
        account: Account,
        timing: Timing = FAST,
        *,
        queue_size: int = 1000,
        trunk: str = "trunk",
    ) -> None:
        self.events: list[Event] = []
        self.alarms: list[str] = []
        self.devices: list[tuple[str, str]] = []
        self.resyncs: list[set[str]] = []
        self.ends_at_resync: list[dict[str, Ended]] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self._changed = asyncio.Condition()
        self.link = AmiLink(
            account,
            on_up=self._up,
            on_events=self._told,
            on_alarm=self._alarm,
            on_device=lambda name, state: self.devices.append((name, state)),
            timing=timing,
            trunk=trunk,
            queue_size=queue_size,
            dice=lambda: 0.5,
        )

    async def _up(self) -> None:
        found = await self.link.channels()
        self.ends_at_resync.append(self.link.waiting_ends())
        self.resyncs.append(found)
        await self._tick()

    async def _told(self, events: list[Event]) -> None:
        await self.hold.wait()
        self.events.extend(events)
        await self._tick()

    async def _alarm(self, kind: str, text: str) -> None:
        self.alarms.append(kind)
        await self._tick()

    async def _tick(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, fact: Callable[[], bool]) -> None:
        """Wait until ``fact`` holds, as long as the test may take."""
        while not fact():
            with contextlib.suppress(TimeoutError):
                async with self._changed:
                    await asyncio.wait_for(self._changed.wait(), 0.02)

    async def ready(self) -> None:
        await self.until(lambda: self.link.ready)

    async def call(self, number: str = NUMBER, ring_time: float = 30.0) -> str:
        """Originate with a fresh id; errors come through."""
        call_id = str(uuid.uuid4())
        await self.link.originate(call_id, number, CALLER, ring_time)
        return call_id

    async def event(self, kind: type[E], call_id: str) -> E:
        """The first such event of this call, now or when it comes."""

        def found() -> E | None:
            mine = (e for e in self.events if isinstance(e, kind) and e.call_id == call_id)
            return next(mine, None)

        await self.until(lambda: found() is not None)
        event = found()
        assert event is not None
        return event

    def of(self, call_id: str) -> list[str]:
        """Names of the events of one call, in order."""
        return [type(event).__name__ for event in self.events if event.call_id == call_id]


@contextlib.asynccontextmanager
async def running(made: Station) -> AsyncIterator[Station]:
    """The station's link runs until the context ends."""
    task = asyncio.create_task(made.link.run())
    try:
        yield made
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def station(
    ami: ScriptedAmi, timing: Timing = FAST, queue_size: int = 1000
) -> AsyncIterator[Station]:
    """A station on a scripted Asterisk."""
    account = Account(host="127.0.0.1", port=ami.port, user="callflow", secret=ami.secret)
    async with running(Station(account, timing, queue_size=queue_size)) as made:
        yield made
