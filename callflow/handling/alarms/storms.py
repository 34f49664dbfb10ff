"""A storm: one fault of the world at hundreds of sites that lose power or a line by it (D10, D28).

It has a place and a length. The operator sees one incident for all sites that it holds; after its
delay each site's own plan runs, all at once, so that who is behind several is rung once. A fire in
the middle of a storm stands alone, and so does a fault elsewhere or later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from callflow.core.alarms.correlation import STORMS, Whereabouts, storm_key
from callflow.core.plans import standard
from callflow.core.signals import events
from callflow.core.signals.signal import STATION, Category, Kind
from callflow.handling.alarms.opening import opened
from callflow.handling.base.policy import STATION_ZONE
from callflow.storage.alarms import incidents, surroundings
from callflow.storage.engine import locks

if TYPE_CHECKING:
    from callflow.handling.alarms.correlating import Correlation

Row = dict[str, Any]

#: Faults so close together have one cause.
WINDOW = timedelta(minutes=5)


def gather(batch: Correlation) -> None:
    """Put what a batch opened under the storm it belongs to, or find that there is one."""
    fresh = [row for row in batch.fresh.values() if _may_be_part(row)]
    by = batch.around.policy.storm_place
    for key, rows in sorted(_by_key(fresh, _places(batch, fresh), by).items()):
        _gather(batch, key, rows)


def _may_be_part(row: Row) -> bool:
    return (
        row["site_id"] is not None
        and Kind(row["kind"]) in STORMS
        and row["category"] != Category.VITAL.value
        and row["runaway_at"] is None
    )


def _places(batch: Correlation, rows: Iterable[Row]) -> dict[str, Whereabouts]:
    sites = sorted({row["site_id"] for row in rows})
    return surroundings.whereabouts(batch.tx, sites) if sites else {}


def _by_key(
    rows: Iterable[Row], places: Mapping[str, Whereabouts], by: str
) -> dict[str, list[Row]]:
    """{a fault and its place: the incidents that it would be one storm with}."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        where = places.get(row["site_id"])
        key = storm_key(STORMS[Kind(row["kind"])], where, by) if where is not None else None
        if key is not None:
            found[key].append(row)
    return found


def _gather(batch: Correlation, key: str, fresh: list[Row]) -> None:
    locks.hold(batch.tx, locks.Lock.STORM, key)  # others' batches see ours, or we theirs
    policy = batch.around.policy
    storm = incidents.open_storm(batch.tx, key, batch.now - timedelta(seconds=policy.storm_length))
    parts = fresh
    if storm is None:
        parts = _recent(batch, key) + fresh
        if len({row["site_id"] for row in parts}) < policy.storm_after:
            return
        storm = _begin(batch, key)
    batch.change(storm, signal_count=storm["signal_count"] + len(parts))
    until = storm["opened_at"] + timedelta(seconds=policy.storm_delay)
    for row in parts:
        _put_under(batch, row, storm["id"], until)
    batch.tell("storm_grew", storm, sites=", ".join(sorted({r["site_id"] for r in parts})))


def _recent(batch: Correlation, key: str) -> list[Row]:
    """What this fault opened in this place just before, and nobody holds."""
    kinds = [kind.value for kind, fault in STORMS.items() if key.startswith(f"{fault}/")]
    rows = incidents.unheld_since(batch.tx, kinds, batch.now - WINDOW)
    rows = [row for row in rows if _may_be_part(row)]
    return _by_key(rows, _places(batch, rows), batch.around.policy.storm_place).get(key, [])


def _begin(batch: Correlation, key: str) -> Row:
    meaning = events.lookup(STATION, "STORM")
    storm = opened("", key, meaning, standard.OPERATOR, batch.now)
    storm["signal_count"] = 0
    batch.add(storm)
    batch.decide[storm["id"]] = None
    return storm


def _put_under(batch: Correlation, row: Row, storm_id: str, until: datetime) -> None:
    """Its plan waits until then, and nobody is rung for it alone; who speaks already goes on.

    Why a human had it is kept: they have it again then.
    """
    batch.change(
        row,
        storm_id=storm_id,
        storm_until=until,
        machine_due=None,
        with_human=False,
        human_since=None,
        queue_due=None,
    )
    batch.tell("in_storm", row, storm=storm_id, until=f"{until.astimezone(STATION_ZONE):%H:%M}")
    batch.decide.pop(row["id"], None)
    if row["id"] not in batch.fresh:
        batch.undialled.append(row["id"])
