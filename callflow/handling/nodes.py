"""The nodes: each an Asterisk and the telephony process of its host; which of them calls."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callflow.clock import from_iso
from callflow.storage import Tx, calls, people

#: A node whose telephony said nothing for so long is lost: others do its work (several machines
#: take over within 10 s). The clocks of all machines must agree within a fraction of it.
LOST_AFTER = timedelta(seconds=6)
#: One whose telephony lives without its Asterisk for so long keeps no call waiting.
DOWN_AFTER = timedelta(seconds=4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """What is known of one node. ``down_since``: its telephony lives, its Asterisk doesn't."""

    name: str
    host: str
    lost: bool
    down_since: datetime | None
    state: dict[str, Any]  # as its telephony told it last

    @property
    def ready(self) -> bool:
        """Whether a new call may be given to it."""
        return not self.lost and self.down_since is None

    def keeps_waiting(self, now: datetime) -> bool:
        """Whether calls that it has not placed yet are better placed elsewhere."""
        down = self.down_since is not None and now - self.down_since > DOWN_AFTER
        return self.lost or down


def nodes(tx: Tx, now: datetime) -> list[Node]:
    """Every node that was heard of within a day, by name."""
    newest: dict[str, dict[str, Any]] = {}
    for row in people.processes(tx, "telephony"):
        known = newest.get(row["node"])
        if known is None or known["beat_at"] < row["beat_at"]:
            newest[row["node"]] = row
    return [_node(newest[name], now) for name in sorted(newest)]


def _node(row: dict[str, Any], now: datetime) -> Node:
    state = row["state"]
    up = state.get("asterisk") == "up"
    down_since = state.get("asterisk_since")
    return Node(
        name=row["node"],
        host=row["host"],
        lost=now - row["beat_at"] > LOST_AFTER,
        down_since=None if up else from_iso(down_since) if down_since else row["since"],
        state=state,
    )


def choose_node(tx: Tx, default: str, now: datetime, *, call_id: str, room: str | None) -> str:
    """Where a new call is placed: with the person who waits in ``room``, else spread over the nodes
    that are ready; ``default`` where none is."""
    if room is not None and (waiting := calls.get(tx, room)) is not None:
        return str(waiting["node"])
    ready = [node.name for node in nodes(tx, now) if node.ready]
    return ready[zlib.crc32(call_id.encode()) % len(ready)] if ready else default
