"""Two machines on one: two whole stations, each a node with its own network, and a third engine,
on one PostgreSQL. What is lost and who took over is counted at both networks.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from callflow import clock
from callflow.core.signals.panel import Reply
from callflow.probes.panel import NoAnswerError
from callflow.processes import supervisor
from callflow.processes.nursery import Forked
from ivr.asterisk import network_log
from ivr.asterisk.instance import Instance, Kind
from tests.support.attacks import chaos
from tests.support.stations.product import Product
from tests.support.stations.station import Station, settings_at
from tests.support.suite.hold_ups import Parts


class Second(Station):
    """The other node: the same base, a hundred ports up, and the same keys."""

    def __init__(self, first: Station, environment: Mapping[str, str]) -> None:
        data_dir = first.data_dir.with_name("second")
        own = {**settings_at(first.base), "CALLFLOW_NODE": "node1"}
        Product.__init__(self, data_dir, {**environment, **own}, base=first.base)
        self.base += 100
        self.url = f"http://127.0.0.1:{self.base}"
        self._first = first

    async def start(self) -> None:
        keys = self.data_dir / "keys"
        if not keys.exists():
            shutil.copytree(self._first.data_dir / "keys", keys)
        await super().start()

    async def _ready(self) -> bool:
        return await is_ready(self, "node1")

    async def stop(self) -> None:
        await Product.stop(self)


class TwoNodes(Station):
    """An async context: the first node; with it a second, and an engine of its own.

    Phones are set on both networks, ``seen`` is what both saw, and the API is that of a node that
    lives.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        environment = {
            "CALLFLOW_DATABASE_URL": database_url,
            "CALLFLOW_DEMO_ALARMS_EVERY": "0",
            "CALLFLOW_LOG_LEVEL": "INFO",
        }
        super().__init__(folder / "first", environment)
        self.second = Second(self, environment)
        self._down: Station | None = None
        self._engine: asyncio.subprocess.Process | Forked | None = None

    @property
    def nodes(self) -> tuple[Station, Station]:
        return self, self.second

    async def start(self) -> None:
        await super().start()
        await self.second.start()
        await self.begin_engine()

    @property
    def third(self) -> int | None:
        """The process of the engine that is on its own."""
        return self._engine.pid if self._engine is not None else None

    async def begin_engine(self) -> None:
        """The third engine, on the first node's machine."""
        self._engine = await self._spawn("serve", "--only", "engine")

    async def kill_engine(self) -> None:
        """kill -9 of the third engine."""
        assert self._engine is not None
        self._engine.kill()
        await self._engine.wait()

    async def stop(self) -> None:
        try:
            if self._engine is not None and self._engine.returncode is None:
                self._engine.terminate()
                await self._engine.wait()
        finally:
            try:
                await self.second.stop()
            finally:
                await super().stop()

    # --- a whole node ---

    async def lose(self, node: Station) -> datetime:
        """A machine gone: its supervisor, every role and its Asterisk; not the network."""
        at = clock.now()
        assert node._process is not None
        pids = {node._process.pid, chaos.asterisk_pid(node)}
        for role in supervisor.ROLES:
            pids.update(node.pids(role))
        for pid in pids - {self.third}:  # that counts as a third machine's
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._down = node
        process, node._process = node._process, None
        await process.wait()
        assert node._client is not None
        await node._client.aclose()
        node._client = None
        return at

    async def bring_back(self, node: Station) -> None:
        """The machine is there again."""
        await Station.start(node)
        self._down = None

    async def _ready(self) -> bool:
        return await is_ready(self, "node0")

    # --- what a test asks and does ---

    @property
    def up(self) -> Station:
        """A node that lives."""
        return self.second if self._down is self else self

    @property
    def api(self) -> httpx.AsyncClient:
        client = self.up._client
        assert client is not None, "start it first"
        return client

    async def put(self, path: str, body: Mapping[str, Any]) -> None:
        await super().put(path, body)
        if path.startswith("/simulator/") and self._down is None:
            await self.second.put(path, body)

    async def seen(self, to: str | None = None) -> list[dict[str, Any]]:
        """The INVITEs of both networks, oldest first; each with the node it came from."""
        found = [
            {**call.as_dict(), "node": f"node{place}"}
            for place, node in enumerate(self.nodes)
            for call in network_log.calls_seen(
                Instance(kind=Kind.SIMULATOR, data_dir=node.data_dir)
            )
        ]
        return sorted(
            (call for call in found if to is None or call["to"] == to), key=lambda call: call["at"]
        )

    async def send(self, account: str, code: str = "BA", zone: str = "1", text: str = "") -> Reply:
        """A panel that knows both receivers."""
        for node in (self.up, *self.nodes):
            with contextlib.suppress(NoAnswerError, OSError):
                return await Station.send(node, account, code, zone, text)
        raise NoAnswerError(f"no receiver took the alarm of {account}")


async def is_ready(node: Station, name: str) -> bool:
    """Whether this node's own web answers, and all of its roles are there."""
    assert node._client is not None
    try:
        health = (await node._client.get("/health")).json()
    except httpx.TransportError:
        return False
    roles = {row["role"] for row in health.get("processes", ()) if row["node"] == name}
    nodes = {row["node"]: row["state"] for row in health.get("nodes", ())}
    return roles == {"engine", "receiver", "telephony", "web"} and nodes.get(name) == "ready"


#: Seconds after which a hand-over belongs to another loss.
_ANOTHER = 30.0


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """One call that a lost node left: seconds from the loss until it was said, and what became of
    it."""

    to: str
    after: float
    placed: bool  # it was under way: unknown, and decided again


def hand_overs(
    incidents: list[dict[str, Any]], lost_at: datetime, held_up: Parts
) -> list[HandOver]:
    """What was taken over after a loss; less the time in which the machine let nobody work."""
    found = []
    for incident in incidents:
        for entry in incident["logbook"]:
            if entry["kind"] in ("call_handed_over", "call_left"):
                after = chaos.wait(held_up, lost_at, clock.from_iso(entry["at"]))
                placed = entry["kind"] == "call_left"
                if 0 <= after < _ANOTHER:
                    found.append(HandOver(to=entry["text"], after=after, placed=placed))
    return found
