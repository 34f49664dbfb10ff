"""One telephony process a node, and what it does when the others gave it up meanwhile."""

import asyncio
from datetime import datetime
from typing import Any

import structlog

from callflow import clock
from callflow.handling.base.nodes import LOST_AFTER
from callflow.storage.engine.duty import Duty

log = structlog.get_logger(__name__)

#: Seconds between two tries to become the node's.
_AGAIN = 0.5
#: Beats in which the node may be somebody else's before we believe it: the first may only tell
#: that the database was away.
_DOUBTS = 3


class Presence:
    """The node is ours from ``begin`` to ``close``: on PostgreSQL a lock, whatever the machine."""

    def __init__(self, url: str, node: str) -> None:
        self._node = node
        self._duty = Duty(url, f"telephony of {node}")
        self._beat_at = clock.monotonic()
        self._down_since: datetime | None = None
        self._doubts = 0

    async def begin(self) -> None:
        """Wait until no other process is this node's."""
        told = False
        while not await asyncio.to_thread(self._duty.mine):
            if not told:
                log.warning("node.taken", node=self._node)
            told = True
            await asyncio.sleep(_AGAIN)
        self._beat_at = clock.monotonic()

    def asterisk(self, now: datetime, *, up: bool) -> dict[str, Any]:
        """What the others are told of our Asterisk."""
        if up:
            self._down_since = None
            return {"asterisk": "up"}
        self._down_since = self._down_since or now
        return {"asterisk": "down", "asterisk_since": clock.to_iso(self._down_since)}

    async def was_missed(self) -> bool:
        """Told after each beat: whether we were silent for so long that others took our work.

        Raises RuntimeError where another process has become this node's.
        """
        self._doubts = 0 if await asyncio.to_thread(self._duty.mine) else self._doubts + 1
        if self._doubts >= _DOUBTS:
            raise RuntimeError(f"another process serves {self._node} now")
        silent = clock.monotonic() - self._beat_at
        self._beat_at = clock.monotonic()
        return silent > LOST_AFTER.total_seconds()

    def close(self) -> None:
        """The node may be another's."""
        self._duty.close()
