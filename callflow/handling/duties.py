"""What one process of all does once a second: looked for first, so that a quiet station writes
nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from callflow.handling.completing import overdue_tasks
from callflow.handling.machines import nodes_changed, watch_nodes
from callflow.handling.queueing import bridge, escalate_queue
from callflow.storage import Tx, calls, incidents, tasks

#: Does what is due; what it returns says nothing to us.
Duty = Callable[[Tx, datetime], object]

#: (whether there is anything to do, what does it), in their order.
_DUTIES: tuple[tuple[Duty, Duty], ...] = (
    (tasks.overdue_by_hand, overdue_tasks),
    (incidents.queue_waits, escalate_queue),
    (lambda tx, _: calls.waiting(tx), bridge),
    (nodes_changed, watch_nodes),
)


def due(tx: Tx, now: datetime) -> list[Duty]:
    """Those that have something to do. Only reads."""
    return [work for is_due, work in _DUTIES if is_due(tx, now)]
