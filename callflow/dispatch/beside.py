"""What a process does again and again beside its one stream of work: signals, decisions, calls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from callflow.storage import StoreUnavailable

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Beside:
    """Each again and again. One that fails ends neither the process nor another: its name stands in
    ``failing`` for the process's beat (``state["failing"]``), and it is tried again."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    @property
    def failing(self) -> list[str]:
        """The works whose last try failed."""
        return sorted(self._failing)

    async def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Until cancelled, with so many seconds between two."""
        while True:
            try:
                await self.once(work.__qualname__, work)
            except StoreUnavailable as error:
                log.debug("store.away", reason=error.reason)  # the store says it, once
            await asyncio.sleep(seconds)

    async def once(self, name: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """What it gives; None where it failed. Raises StoreUnavailable: no fault of the work."""
        try:
            found = await work()
        except StoreUnavailable:
            raise
        except Exception:
            if name not in self._failing:  # once: each try may fail alike
                log.exception("work.failed", work=name)
            self._failing.add(name)
            return None
        self._failing.discard(name)
        return found
