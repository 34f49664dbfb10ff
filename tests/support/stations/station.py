"""The whole product with its own Asterisk and the simulated network: ``callflow demo``."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import AsyncIterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from callflow.core.signals.panel import Reply
from callflow.demo.station import SimulatedNetwork
from callflow.probes.panel import PanelClient
from callflow.settings.config import Settings
from tests.support.stations.product import Product
from tests.support.suite.ports import held_alone

#: Bases of instances lie at least 4000 apart (docs/reference/contracts.md#ports), but for audio;
#: 8000 is a person's demo. Beside each another one, which shares its ports for audio, as nodes do:
#: who finds one taken takes the next. Packages keep theirs for minutes, and some tests in them want
#: another.
_ROOMS, _BESIDE = (12000, 16000, 20000, 4000, 28000), 700
BASES = (*_ROOMS, *(room + _BESIDE for room in _ROOMS))
#: The demo's desk phones, and its duty number.
DESKS = ("+33639989901", "+33639989902")
DUTY = "+33639989910"
#: No unclaimed work rings a desk, nor any missed call: what rings is of the test.
PATIENCE = {
    "CALLFLOW_VITAL_TARGET": "86400",
    "CALLFLOW_OTHER_TARGET": "86400",
    "CALLFLOW_CALL_BACK_TARGET": "86400",
}
#: Seconds in which another process's instance may end.
_WAIT = 180.0
_HELD: dict[int, TextIOWrapper] = {}


def take_base() -> int:
    """A port base for an instance with Asterisks: held by this process, unused by others.

    Where others have them all, the first that is given back.
    """
    until = time.monotonic() + _WAIT
    while (base := _take_one()) is None:
        if time.monotonic() > until:
            raise RuntimeError("no free port base for an instance")
        time.sleep(0.5)
    return base


def _take_one() -> int | None:
    for base in BASES:
        if base in _HELD:
            continue
        lock = held_alone(f"base-{base}")
        if lock is None:
            continue
        if _free(base):
            _HELD[base] = lock
            return base
        lock.close()
    return None


def settings_at(base: int) -> dict[str, str]:
    """The settings of an instance there."""
    room = base - base % 4000
    return {
        "CALLFLOW_PORT_BASE": str(base),
        "CALLFLOW_RTP_START": str(room + 2000),
        "CALLFLOW_SIMULATOR_RTP_START": str(room + 3000),
    }


def give_base(base: int) -> None:
    """The instance that had it has ended."""
    _HELD.pop(base).close()


def _free(base: int) -> bool:
    with contextlib.ExitStack() as held:
        try:
            for offset in (0, 9, 38, 573):
                holder = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                holder.bind(("127.0.0.1", base + offset))
            for offset in (60, 80):
                holder = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                holder.bind(("127.0.0.1", base + offset))
        except OSError:
            return False
    return True


class Station(Product):
    """An async context: ``callflow demo`` on ports of its own, without alarms of its own.

    What is counted is counted at the far end: ``seen`` is what the simulated network saw.
    """

    command: tuple[str, ...] = ("demo", "--no-browser")
    forks = True

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        base = take_base()
        own = {"CALLFLOW_DEMO_ALARMS_EVERY": "0", **settings_at(base)}
        super().__init__(data_dir, {**own, **(environment or {})}, base=base)
        self._network = SimulatedNetwork(Settings(data_dir=data_dir))

    async def _ready(self) -> bool:
        if not await super()._ready():
            return False
        health = (await self.api.get("/health")).json()
        return bool(health["asterisk"] == "up")

    async def stop(self) -> None:
        try:
            await super().stop()
        finally:
            give_base(self.base)

    # --- the far end: asked by this process, since the web has enough to do with what is tested ---

    async def phone(self, number: str, behaviour: str = "answer", **fields: Any) -> None:
        """What a number does from its next call on."""
        self._network.set_phone(number, {"behaviour": behaviour, **fields})

    async def seen(self, to: str | None = None) -> list[dict[str, Any]]:
        """The INVITEs that the network saw (to one number), oldest first."""
        return [call for call in self._network.calls() if to is None or call["to"] == to]

    async def send(self, account: str, code: str = "BA", zone: str = "1", text: str = "") -> Reply:
        """A panel sends an event over DC-09 and is acknowledged."""
        async with PanelClient("127.0.0.1", self.base + 9, account) as panel:
            return await panel.send(code, zone, text)

    async def incident(self, account: str) -> dict[str, Any]:
        """The newest incident of an account, once there is one."""
        await self.until(lambda: self.incidents(account=account))
        return (await self.incidents(account=account))[-1]

    async def incident_after_calls(self, account: str) -> dict[str, Any]:
        """The newest incident of an account, once each of its calls has its outcome.

        A phone knows that a call is over before the rows do.
        """
        shown: list[dict[str, Any]] = []

        async def over() -> bool:
            shown[:] = [await self.incident(account)]
            calls = shown[0]["calls"]
            return bool(calls) and all(call["outcome"] is not None for call in calls)

        await self.until(over)
        return shown[0]


@contextlib.asynccontextmanager
async def patient_station(
    data_dir: Path,
    environment: Mapping[str, str] | None = None,
    kind: type[Station] = Station,
) -> AsyncIterator[Station]:
    """A station whose queue doesn't ring by itself, and whose desk phones nobody answers: only
    what a test puts there does."""
    async with kind(data_dir, {**PATIENCE, **(environment or {})}) as station:
        for number in (*DESKS, DUTY):
            await station.phone(number, "ring")
        yield station
