"""A storm: one fault of the world, and hundreds of sites that lose power or a line by it (D10).

The operator sees one incident for them all. Each site's own goes on beneath it, and is closed with
it; a fire in the middle of a storm stands alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from callflow import standard_plans
from callflow.correlation import STORMS
from callflow.handling.opening import opened
from callflow.incident import Machine
from callflow.signal import STATION, Category, Kind
from callflow.signals import events
from callflow.storage import incidents, locks

if TYPE_CHECKING:
    from callflow.handling.correlating import Correlation

Row = dict[str, Any]

#: Faults so close together have one cause.
WINDOW = timedelta(minutes=5)


def gather(batch: Correlation) -> None:
    """Put what a batch opened under the storm it belongs to, or find that there is one."""
    for name in sorted(set(STORMS.values())):
        fresh = [row for row in batch.fresh.values() if _may_be_part(row, name)]
        if fresh:
            _gather(batch, name, fresh)


def _may_be_part(row: Row, name: str) -> bool:
    return (
        row["site_id"] is not None
        and STORMS.get(Kind(row["kind"])) == name
        and row["category"] != Category.VITAL.value
        and row["runaway_at"] is None
    )


def _gather(batch: Correlation, name: str, fresh: list[Row]) -> None:
    locks.hold(batch.tx, locks.Lock.STORM, name)  # others' batches see ours, or we theirs
    storm = incidents.open_storm(batch.tx, name)
    parts = fresh
    if storm is None:
        kinds = [kind.value for kind, storm_name in STORMS.items() if storm_name == name]
        recent = incidents.unheld_since(batch.tx, kinds, batch.now - WINDOW)
        parts = [row for row in recent if _may_be_part(row, name)] + fresh
        if len({row["site_id"] for row in parts}) < batch.around.policy.storm_after:
            return
        storm = _begin(batch, name)
    batch.change(storm, signal_count=storm["signal_count"] + len(parts))
    for row in parts:
        _put_under(batch, row, storm["id"])
    batch.tell("storm_grew", storm, sites=", ".join(sorted({r["site_id"] for r in parts})))


def _begin(batch: Correlation, name: str) -> Row:
    meaning = events.lookup(STATION, "STORM")
    storm = opened("", name, meaning, standard_plans.OPERATOR, batch.now)
    storm["signal_count"] = 0
    batch.add(storm)
    batch.decide[storm["id"]] = None
    return storm


def _put_under(batch: Correlation, row: Row, storm_id: str) -> None:
    """Its machine rests, and nobody is rung for it alone."""
    batch.change(
        row,
        storm_id=storm_id,
        machine=Machine.DONE.value,
        machine_due=None,
        with_human=False,
        human_since=None,
        human_reason="",
        queue_due=None,
    )
    batch.tell("in_storm", row, storm=storm_id)
    batch.decide.pop(row["id"], None)
