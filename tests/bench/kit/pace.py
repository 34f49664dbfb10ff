"""When things are sent, and sending them then."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """``count`` arrivals within ``seconds``: evenly, or as a crowd does (``crowd``)."""

    name: str
    count: int
    seconds: float
    crowd: bool = False
    #: Of a hundred alarms, how many are vital.
    vital_percent: int = 0

    def offsets(self, dice: random.Random) -> list[float]:
        """Seconds from the start, in order."""
        if self.crowd:
            return sorted(dice.uniform(0, self.seconds) for _ in range(self.count))
        return [place * self.seconds / self.count for place in range(self.count)]


async def run(offsets: list[float], send: Callable[[int], Awaitable[None]]) -> None:
    """Call ``send`` with each place at its time; returns when all have returned."""
    begun = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for place, offset in enumerate(offsets):
            await asyncio.sleep(max(0.0, begun + offset - time.monotonic()))
            tasks.create_task(_one(send, place))


async def _one(send: Callable[[int], Awaitable[None]], place: int) -> None:
    await send(place)
