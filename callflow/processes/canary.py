"""The canary of this machine's lines and pages: a signal sent as a panel does, a page opened."""

import asyncio
from datetime import datetime, timedelta

from callflow import clock
from callflow.core.watch import canary as core
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading
from callflow.handling.base.policy import load_policy
from callflow.handling.watch import readings
from callflow.handling.watch.organs import living
from callflow.probes import canary
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.people import users
from callflow.vault import Vault

#: What the pages' canary is called.
PAGES = "web"
#: A process that began so lately is not asked: one that dies again and again is told of already.
_STEADY = timedelta(seconds=20)


class Canary:
    """Sends on the lines of this machine, and opens its pages, where their processes live."""

    def __init__(self, settings: Settings, store: Store, vault: Vault) -> None:
        self._settings, self._store, self._vault = settings, store, vault
        self._every = timedelta(seconds=settings.canary_every)
        self._next = clock.monotonic() + settings.canary_every
        self._unanswered: set[str] = set()  # lines that did not acknowledge the last one

    async def look(self) -> None:
        """Send where it is time to; what did not answer is asked once more before it is told."""
        if not self._every or clock.monotonic() < self._next:
            return
        self._next = clock.monotonic() + self._every.total_seconds()
        found = await self._tried(await self._store.read(self._roles))
        now = clock.now()
        silent = {name for name, seconds in found.items() if seconds is None}
        if silent - self._unanswered:
            again = min(self._every, core.AGAIN).total_seconds()
            self._next = clock.monotonic() + again
        told = [
            self._reading(name, seconds, now)
            for name, seconds in found.items()
            if seconds is not None or name in self._unanswered
        ]
        self._unanswered = silent
        if not told:
            return
        await self._store.write(lambda tx: readings.take(tx, told, now))

    def _roles(self, tx: Tx) -> set[str]:
        """The roles that live on this machine; while another station acts, none is asked for."""
        if load_policy(tx).withheld is not None:
            return set()
        now, node = clock.now(), self._settings.node
        mine = [one for one in living(users.processes(tx), now) if one.node == node]
        return {one.role for one in mine if now - one.since >= _STEADY}

    async def _tried(self, roles: set[str]) -> dict[str, float | None]:
        """{line, or PAGES: seconds until it answered}, of whoever lives: the others' alarms are
        told already."""
        ways = list(canary.ways(self._settings)) if "receiver" in roles else []
        tries = {way.name: canary.acknowledged_in(way, self._vault) for way in ways}
        if "web" in roles:
            tries[PAGES] = canary.heard_in(self._settings, self._vault)
        took = await asyncio.gather(*tries.values())
        return dict(zip(tries, took, strict=True))

    def _reading(self, name: str, seconds: float | None, now: datetime) -> Reading:
        well, pages = seconds is not None, name == PAGES
        return Reading(
            part=Part.CANARY,
            name=name,
            node=self._settings.node,
            state=State.OK if well else State.FAILED,
            reason=None if well else Reason.NO_STREAM if pages else Reason.NOT_ACKNOWLEDGED,
            figure=seconds,
            unit="seconds",
            limit=canary.WITHIN,
            at=now,
            valid=core.valid(self._every),
            vital=not pages,
        )
