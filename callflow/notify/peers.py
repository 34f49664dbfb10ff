"""Tells the backup station, again and again, of each alarm that nobody takes here.

A part of the process that sends messages; of several one does it. It holds nothing: what was
answered and could not be written down is asked again, under its id.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from urllib.parse import urljoin

import httpx
import structlog

from callflow.clock import Clock
from callflow.core.messages.outbox import TRY_WITHIN, Undelivered
from callflow.core.station.peer import Answer, Notice, Rules
from callflow.handling.watch import peers
from callflow.notify import webhook
from callflow.notify.http import new_client
from callflow.notify.reach import Reach
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable
from callflow.storage.engine.duty import Duty

log = structlog.get_logger(__name__)

_LOOK_EVERY = 1.0  # seconds
_AT_ONCE = 8  # notices on their way


def rules_of(settings: Settings) -> Rules:
    """When it is told."""
    waiting = settings.peer_waiting_after
    return Rules(
        vital_after=timedelta(seconds=settings.peer_vital_after),
        waiting_after=timedelta(seconds=waiting) if waiting else None,
        most_waiting=settings.peer_most_waiting or None,
    )


class Peers:
    """One teller over the instance's store."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._settings, self._store, self._clock = settings, store, clock
        self._rules = rules_of(settings)
        self._duty = Duty(store.url, "peer")
        self._reach = Reach(networks=settings.webhook_networks, public=True)

    async def run(self) -> None:
        """Until cancelled."""
        client = new_client()
        try:
            while True:
                await self._looked(client)
                await asyncio.sleep(_LOOK_EVERY)
        finally:
            self._duty.close()
            await client.aclose()

    async def _looked(self, client: httpx.AsyncClient) -> None:
        try:
            if self._duty.is_shared and not await asyncio.to_thread(self._duty.mine):
                return
            await self.look(client)
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)  # the store says it, once
        except Exception:  # the engine beside it must not end with us
            log.exception("peer.failed")

    async def look(self, client: httpx.AsyncClient) -> None:
        """One round. Nearly always it only reads. Raises StoreUnavailable."""
        now = self._clock()
        found = await self._store.read(lambda tx: peers.look(tx, self._rules, now))
        if not found:
            return
        number = self._settings.peer_number
        await self._store.write(lambda tx: peers.act(tx, found, number, now))
        room = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._tell(client, notice, room) for notice in found.due))

    async def _tell(
        self, client: httpx.AsyncClient, notice: Notice, room: asyncio.Semaphore
    ) -> None:
        async with room:
            try:
                async with asyncio.timeout(TRY_WITHIN.total_seconds()):
                    answer = await self._asked(client, notice)
            except (Undelivered, TimeoutError, ValueError) as error:
                text, at = str(error) or type(error).__name__, self._clock()
                await self._store.write(lambda tx: peers.unanswered(tx, notice, text, at))
                return
        at = self._clock()
        await self._store.write(lambda tx: peers.answered(tx, notice, answer, at))

    async def _asked(self, client: httpx.AsyncClient, notice: Notice) -> Answer:
        """Raises Undelivered, ValueError."""
        name = self._settings.peer_name
        told = await self._store.read(lambda tx: peers.told(tx, notice, name))
        if told is None:
            return Answer(taken=True)
        url = urljoin(self._settings.peer + "/", "api/v1/peer")
        target = await self._reach.target(url, attempt=notice.attempts + 1)
        headers = {**target.headers, "Authorization": f"Bearer {self._settings.peer_token}"}
        body = json.dumps(told.to_json(), ensure_ascii=False).encode()
        key, now = self._settings.peer_key, self._clock()
        said = await webhook.post(client, target, headers, notice.id, key, body, now)
        return Answer.from_json(json.loads(bytes(said.body)))
