"""The canary of this machine's lines: a signal sent on each as a panel does, and its answer."""

from __future__ import annotations

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


class LineCanary:
    """Sends on the lines of this machine, once a receiver listens there."""

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
        if not await self._store.read(self._may_send):
            return
        ways = list(canary.ways(self._settings))
        took = await asyncio.gather(*(canary.acknowledged_in(way, self._vault) for way in ways))
        now = clock.now()
        found = {way.name: seconds for way, seconds in zip(ways, took, strict=True)}
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
        await self._store.write(lambda tx: readings.take(tx, told, now))

    def _may_send(self, tx: Tx) -> bool:
        """False while another station acts, and where nobody listens: that is told of already."""
        node, alive = self._settings.node, living(users.processes(tx), clock.now())
        listens = any(one.role == "receiver" and one.node == node for one in alive)
        return listens and load_policy(tx).withheld is None

    def _reading(self, line: str, seconds: float | None, now: datetime) -> Reading:
        well = seconds is not None
        return Reading(
            part=Part.CANARY,
            name=line,
            node=self._settings.node,
            state=State.OK if well else State.FAILED,
            reason=None if well else Reason.NOT_ACKNOWLEDGED,
            figure=seconds,
            unit="seconds",
            limit=canary.WITHIN,
            at=now,
            valid=core.valid(self._every),
            vital=True,
        )
