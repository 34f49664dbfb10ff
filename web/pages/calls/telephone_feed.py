"""Tells each console what its telephone does, at once: a ring must not wait for the queue's rows.

Beside the hub's rows, which are gathered for a while, calls are read as soon as rows change; who
rings where is told to that one person, in the language of each of their consoles.
"""

import asyncio
import contextlib
import functools
from collections.abc import Mapping
from datetime import datetime

from callflow.core.calls.call import CallState
from callflow.storage import StoreUnavailable, Tx
from callflow.storage.calls import calls
from callflow.storage.people import users as people
from web.kit.rendering import render
from web.pages.calls import pop_views, telephone_views
from web.pages.calls.pop_views import Pop
from web.pages.calls.telephone_views import Telephone
from web.station import Station
from web.stream import Hub

#: Seconds between two reads: a flood of commits must not make the web read without end.
_AT_MOST_EVERY = 0.02
_RINGS = frozenset({CallState.REQUESTED.value, CallState.STARTED.value, CallState.RINGING.value})


class Telephones:
    """What each user was told last; ``run`` until cancelled."""

    def __init__(self, station: Station, hub: Hub) -> None:
        self._station, self._hub = station, hub
        self._told: dict[str, Telephone] = {}
        self._popped: dict[str, Pop | None] = {}

    async def run(self) -> None:
        """Look whenever rows change."""
        changed = self._hub.changes()
        while True:
            await changed.wait()
            changed.clear()
            with contextlib.suppress(StoreUnavailable):
                await self._hub.beside.once("telephones", self.look)
            await asyncio.sleep(_AT_MOST_EVERY)

    async def look(self) -> None:
        """Tell everybody whose telephone changed; nobody looks, so nothing is read."""
        users = self._hub.users
        if not users:
            self._told.clear()
            self._popped.clear()
            return
        now = self._station.clock()
        found, pops, called = await self._station.store.read(
            lambda tx: (*self._read(tx, users, now), people.shown_names(tx))
        )
        for user, telephone in found.items():
            if user not in self._popped or self._popped[user] != pops.get(user):
                self._popped[user] = pops.get(user)
                self._tell_pop(user, pops.get(user), now, called)
            if self._told.get(user) != telephone:
                self._told[user] = telephone
                self._hub.tell_user(user, "calls", functools.partial(_pane, telephone, called))

    def _tell_pop(
        self, user: str, shown: Pop | None, now: datetime, called: Mapping[str, str]
    ) -> None:
        text = functools.partial(_pop, shown, now, called) if shown else "<i></i>"
        self._hub.tell_user(user, "pop", text)

    def _read(
        self, tx: Tx, users: set[str], now: datetime
    ) -> tuple[dict[str, Telephone], dict[str, Pop]]:
        exchange = telephone_views.exchange(tx)
        found = {user: exchange.of(user) for user in users}
        pops = {}
        for user, telephone in found.items():
            ringing = next((x for x in telephone.legs if x.state in _RINGS and not x.mine), None)
            leg = calls.get(tx, ringing.id) if ringing else None
            shown = pop_views.pop(tx, leg, now) if leg else None
            if shown is not None:
                pops[user] = shown
        return found, pops


def _pane(telephone: Telephone, called: Mapping[str, str], language: str) -> str:
    """The call pane's content."""
    return render(language, "alarms/_calls.html", {"telephone": telephone}, called)


def _pop(shown: Pop, now: datetime, called: Mapping[str, str], language: str) -> str:
    return render(language, "calls/_pop.html", {"pop": shown, "now": now}, called)
