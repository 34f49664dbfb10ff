"""Panels: each sends a message until it is told that it is safe."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from callflow import clock
from callflow.core.signals.protocol import Received
from callflow.core.signals.signal import Signal
from tests.support.simulated_station import world
from tests.support.simulated_station.faults import Fault

if TYPE_CHECKING:
    from tests.support.simulated_station.simulation import Simulation

#: What panels send, with its weight: (code, zones). Most open an incident.
_ALARMS: tuple[tuple[float, str, str], ...] = (
    (6.0, "BA", "1234"),
    (2.5, "FA", "56"),
    (1.0, "PA", "8"),
    (0.5, "HA", "9"),
    (1.0, "MA", "1"),
    (1.0, "BA", "7"),  # a lift
    (1.0, "TA", "3"),
    (1.0, "AT", "0"),
    (0.5, "YS", "0"),
    (0.5, "ZZ", "1"),  # a code that nobody declared
    (2.0, "BR", "1234"),
    (0.7, "FR", "56"),
    (0.7, "AR", "0"),
    (0.5, "BC", "1"),
    (0.5, "OP", "1"),
    (0.5, "CL", "1"),
)
_ANSWER_WITHIN = 4.0  # seconds; then a panel sends again


class Message:
    """One message of a panel, sent until it is acknowledged."""

    def __init__(
        self, simulation: Simulation, name: str, account: str, code: str, zone: str
    ) -> None:
        self.name, self._simulation = name, simulation
        self._account, self._code, self._zone = account, code, zone
        self.acknowledged = asyncio.Event()

    async def send(self) -> None:
        """Until it is acknowledged."""
        while not self.acknowledged.is_set():
            self._once()
            if self._simulation.faults.strikes(Fault.SENT_TWICE):
                self._once()
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    await self.acknowledged.wait()
            except TimeoutError:
                continue

    def _once(self) -> None:
        intake = self._simulation.intake
        if intake is not None:
            signal = Signal(
                format="SIA-DCS",
                received_at=clock.now(),
                deduplication=self.name,
                account=self._account,
                code=self._code,
                zone=self._zone,
            )
            intake.add(self, (), [signal])

    def answered(self, _outcomes: Sequence[Received], *, stored: bool) -> None:
        """The receiver's answer, which may be lost on its way."""
        if not stored:
            return
        self._simulation.acknowledged(self.name)
        if not self._simulation.faults.strikes(Fault.ACK_LOST):
            self.acknowledged.set()


async def panels(simulation: Simulation, rng: random.Random, count: int, seconds: float) -> None:
    """``count`` messages over so many seconds; returns when all are acknowledged."""
    weights = [weight for weight, _, _ in _ALARMS]
    times = sorted(rng.uniform(0, seconds) for _ in range(count))
    begun = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as sending:
        for number, at in enumerate(times):
            await asyncio.sleep(begun + at - asyncio.get_running_loop().time())
            _, code, zones = rng.choices(_ALARMS, weights)[0]
            account = world.account(rng.randrange(world.SITES))
            if rng.random() < 0.01:
                account = "9999"  # nobody's
            message = Message(simulation, f"message {number}", account, code, rng.choice(zones))
            simulation.sent.append(message.name)
            sending.create_task(message.send())
