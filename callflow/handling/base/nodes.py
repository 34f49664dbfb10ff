"""The nodes: each an Asterisk and the telephony process of its host; which of them calls."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callflow.clock import from_iso
from callflow.core.calls.call import Call
from callflow.core.watch.process import Process
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.people import users

#: A node whose telephony said nothing for so long is lost: others do its work (several machines
#: take over within 10 s). The clocks of all machines must agree within a fraction of it.
LOST_AFTER = timedelta(seconds=6)
#: One whose telephony lives without its Asterisk for so long keeps no call waiting.
DOWN_AFTER = timedelta(seconds=4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """What is known of one node. ``silent``: its telephony says nothing; ``lost``: while others do,
    so that it isn't the database that was away. ``down_since``: its Asterisk is away.
    """

    name: str
    host: str
    silent: bool
    lost: bool
    down_since: datetime | None
    state: Mapping[str, Any]  # as its telephony told it last

    @property
    def ready(self) -> bool:
        """True where a new call may be given to it."""
        return not self.silent and self.down_since is None

    def keeps_waiting(self, now: datetime) -> bool:
        """True where calls that it has not placed yet are better placed elsewhere."""
        down = self.down_since is not None and now - self.down_since > DOWN_AFTER
        return self.lost or down


def nodes(tx: Tx, now: datetime) -> list[Node]:
    """Every node that was heard of within a day, by name."""
    processes = users.processes(tx)
    witnessed = is_witnessed(processes, now)
    return [_node(process, now, witnessed=witnessed) for process in _newest(processes)]


def _newest(processes: Sequence[Process]) -> list[Process]:
    """Of each node the telephony that spoke last, by the node's name."""
    newest: dict[str, Process] = {}
    for process in processes:
        known = newest.get(process.node)
        if process.role == "telephony" and (known is None or known.beat_at < process.beat_at):
            newest[process.node] = process
    return [newest[name] for name in sorted(newest)]


def is_witnessed(processes: Sequence[Process], now: datetime) -> bool:
    """True where some process could say that it lives all the time in which a lost one did not."""
    return any(
        now - process.beat_at <= LOST_AFTER and now - process.steady_since >= LOST_AFTER
        for process in processes
    )


def _node(process: Process, now: datetime, *, witnessed: bool) -> Node:
    state = process.state
    up = state.get("asterisk") == "up"
    down_since = state.get("asterisk_since")
    silent = now - process.beat_at > LOST_AFTER
    return Node(
        name=process.node,
        host=process.host,
        silent=silent,
        lost=silent and witnessed,
        down_since=None if up else from_iso(down_since) if down_since else process.since,
        state=state,
    )


def _in_room(tx: Tx, room: str) -> Call | None:
    """The call whose conference it is, else one that was made into it and is not over."""
    made = (call for call in calls.for_room(tx, room) if call.ended_at is None)
    return calls.get(tx, room) or next(made, None)


def choose_node(tx: Tx, default: str, now: datetime, *, call_id: str, room: str | None) -> str:
    """Where a new call is placed: with whoever is in ``room``, else spread over the nodes that are
    ready; ``default`` where none is."""
    if room is not None and (there := _in_room(tx, room)) is not None:
        return there.node
    told = _newest(users.processes(tx, "telephony"))
    ready = [process.node for process in told if _node(process, now, witnessed=False).ready]
    return ready[zlib.crc32(call_id.encode()) % len(ready)] if ready else default
