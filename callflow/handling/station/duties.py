"""What one process of all does again and again: looked for first, so that a quiet station writes
nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime

from callflow.handling.alarms.completing import overdue_tasks
from callflow.handling.callers.call_backs import come_back
from callflow.handling.desks.dead_man import is_overdue, raise_overdue
from callflow.handling.desks.queueing import bridge, escalate_queue, find_forgotten
from callflow.handling.interventions import welfare
from callflow.handling.records import retention
from callflow.handling.sites import faults
from callflow.handling.sites.contracts import apply_planned
from callflow.handling.watch import checks
from callflow.handling.watch.clock import tell_day
from callflow.handling.watch.machines import nodes_changed, watch_nodes
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.callers import call_backs
from callflow.storage.calls import calls
from callflow.storage.engine.batches import reading_once
from callflow.storage.records.sealing import seal
from callflow.storage.sites import contracts, uploads

#: What it returns says nothing to whoever has it done.
Work = Callable[[Tx, datetime], object]

#: (whether there is anything to do, what does it), in their order, once a second.
_EACH_SECOND: tuple[tuple[Work, Work], ...] = (
    (tasks.overdue_by_hand, overdue_tasks),
    (incidents.queue_waits, escalate_queue),
    (lambda tx, _: calls.waiting(tx), bridge),
    (call_backs.any_due, come_back),
    (nodes_changed, watch_nodes),
    (is_overdue, raise_overdue),
    (welfare.any_due, welfare.watch_guards),
    (contracts.any_due, apply_planned),
    (retention.any_due, retention.purge),
    (uploads.any_old, uploads.forget_old),
)
#: Done without a look, each after so many seconds.
RARELY: Mapping[Work, float] = {
    find_forgotten: 10.0,
    seal: 60.0,
    faults.follow: 300.0,
    checks.follow: 60.0,
    tell_day: 300.0,
}


def due(tx: Tx, now: datetime) -> list[Work]:
    """What there is to do this second. Only reads."""
    with reading_once(tx):
        return [work for is_due, work in _EACH_SECOND if is_due(tx, now)]
