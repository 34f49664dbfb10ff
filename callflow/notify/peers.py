"""Tells the backup station, again and again, of each alarm that nobody takes here, and asks it
whether it is there.

A part of the process that sends messages; of several one does it. It holds nothing: what was
answered and could not be written down is asked again, under its id.
"""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urljoin

import httpx
import structlog

from callflow import clock as clocks
from callflow.clock import Clock
from callflow.core.messages.outbox import TRY_WITHIN, Fault, Undelivered
from callflow.core.station.peer import Answer, Notice, Rules
from callflow.handling.callers import peer_code
from callflow.handling.watch import peers
from callflow.notify import webhook
from callflow.notify.http import Answer as HttpAnswer
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
        self._on_duty = not self._duty.is_shared
        self._unanswered = 0  # times that it did not say that it is there

    async def run(self) -> None:
        """Until cancelled; at once where there is no backup station."""
        if not self._settings.peer:
            with contextlib.suppress(StoreUnavailable):
                await self._store.write(lambda tx: peers.forget(tx, self._clock()))
        if not (self._settings.peer or self._settings.peer_numbers):
            await self._tried(self.look_at_code)
            return
        client, asked_every = new_client(), peers.ASKED_EVERY.total_seconds()
        try:
            async with asyncio.TaskGroup() as loops:
                loops.create_task(self._every(asked_every, self.look_at_code))
                if self._settings.peer:
                    loops.create_task(self._every(_LOOK_EVERY, lambda: self._looked(client)))
                    loops.create_task(self._every(asked_every, lambda: self.ask(client)))
        finally:
            self._duty.close()
            await client.aclose()

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._tried(act)
            await asyncio.sleep(seconds)

    async def _looked(self, client: httpx.AsyncClient) -> None:
        if self._duty.is_shared:
            self._on_duty = await asyncio.to_thread(self._duty.mine)
        if self._on_duty:
            await self.look(client)

    async def _tried(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
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
        await self._store.write(lambda tx: peers.act(tx, found, now))
        room = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._tell(client, notice, room) for notice in found.due))

    async def look_at_code(self) -> None:
        """Whether its code, guessed too often, counts again. Raises StoreUnavailable."""
        numbers, code, now = self._settings.peer_numbers, self._settings.peer_code, self._clock()
        if await self._store.read(lambda tx: peer_code.counts_again(tx, numbers, code, now)):
            await self._store.write(lambda tx: peer_code.look(tx, numbers, code, now))

    async def ask(self, client: httpx.AsyncClient) -> None:
        """Whether it is there; told as an organ, a silence once it lasts. Raises StoreUnavailable.

        While nothing may leave the station it is not asked.
        """
        if not self._on_duty or not await self._store.read(peers.may_ask):
            return
        begun, refusal = clocks.monotonic(), ""
        took: float | None = None
        try:
            async with asyncio.timeout(TRY_WITHIN.total_seconds()):
                body = json.dumps({"station": self._settings.peer_name}).encode()
                await self._post(client, "api/v1/peer/here", secrets.token_hex(16), body)
            took = clocks.monotonic() - begun
        except Undelivered as error:
            refusal = error.detail if error.fault is Fault.REFUSED else ""
        except (TimeoutError, ValueError):
            pass
        self._unanswered = 0 if took is not None else self._unanswered + 1
        if took is None and not refusal and self._unanswered < peers.MISSES:
            return
        at = self._clock()
        await self._store.write(lambda tx: peers.asked(tx, took, refusal, at))

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
        body = json.dumps(told.to_json(), ensure_ascii=False).encode()
        said = await self._post(client, "api/v1/peer", notice.id, body, notice.attempts + 1)
        return Answer.from_json(json.loads(bytes(said.body)))

    async def _post(
        self, client: httpx.AsyncClient, path: str, name: str, body: bytes, attempt: int = 1
    ) -> HttpAnswer:
        """Signed; ``name`` is the message's own. Raises Undelivered."""
        target = await self._reach.target(urljoin(self._settings.peer + "/", path), attempt=attempt)
        headers = {**target.headers, "Authorization": f"Bearer {self._settings.peer_token}"}
        key, now = self._settings.peer_key, self._clock()
        return await webhook.post(client, target, headers, name, key, body, now)
