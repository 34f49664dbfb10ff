"""A storm: one fault of the world at hundreds of sites that lose power or a line by it (D10, D28).

It has a place and a length. The operator sees one incident for all sites that it holds; after its
delay each site's own plan runs, all at once, so that who is behind several is rung once. A fire in
the middle of a storm stands alone, and so does a fault elsewhere or later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from callflow.core.alarms.correlation import STORMS, Whereabouts, storm_key
from callflow.core.alarms.incident import Incident
from callflow.core.plans import standard
from callflow.core.signals import events
from callflow.core.signals.signal import STATION, Category
from callflow.handling.alarms.opening import opened
from callflow.handling.base.policy import STATION_ZONE
from callflow.storage.alarms import incidents, surroundings
from callflow.storage.engine import locks

if TYPE_CHECKING:
    from callflow.handling.alarms.correlating import Correlation

#: Faults so close together have one cause.
WINDOW = timedelta(minutes=5)


def gather(batch: Correlation) -> None:
    """Put what a batch opened under the storm it belongs to, or find that there is one."""
    whole = batch.around.policy.shadow
    fresh = [one for one in batch.opened() if _may_be_part(one, whole)]
    by = batch.around.policy.storm_place
    for key, ones in sorted(_by_key(fresh, _places(batch, fresh), by).items()):
        _gather(batch, key, ones)


def _may_be_part(one: Incident, whole: bool) -> bool:
    """``whole``: the station is in shadow; while only some sites are, each of these is alone."""
    return (
        one.shadow is whole
        and one.site_id is not None
        and one.kind in STORMS
        and one.category is not Category.VITAL
        and one.runaway_at is None
    )


def _places(batch: Correlation, alarms: Iterable[Incident]) -> dict[str | None, Whereabouts]:
    sites = sorted({one.site_id for one in alarms if one.site_id is not None})
    return dict(surroundings.whereabouts(batch.tx, sites).items()) if sites else {}


def _by_key(
    alarms: Iterable[Incident], places: Mapping[str | None, Whereabouts], by: str
) -> dict[str, list[Incident]]:
    """{a fault and its place: the incidents that it would be one storm with}."""
    found: dict[str, list[Incident]] = defaultdict(list)
    for one in alarms:
        where = places.get(one.site_id)
        key = storm_key(STORMS[one.kind], where, by) if where is not None else None
        if key is not None:
            found[key].append(one)
    return found


def _gather(batch: Correlation, key: str, fresh: list[Incident]) -> None:
    locks.hold(batch.tx, locks.Lock.STORM, key)  # others' batches see ours, or we theirs
    policy = batch.around.policy
    storm = incidents.open_storm(batch.tx, key, batch.now - timedelta(seconds=policy.storm_length))
    parts = fresh
    if storm is None:
        parts = _recent(batch, key) + fresh
        if len({one.site_id for one in parts}) < policy.storm_after:
            return
        storm = _begin(batch, key)
    storm = batch.as_it_is(storm)
    storm = batch.change(storm, signal_count=storm.signal_count + len(parts))
    until = storm.opened_at + timedelta(seconds=policy.storm_delay)
    for one in parts:
        _put_under(batch, one, storm.id, until)
    batch.tell("storm_grew", storm, sites=", ".join(sorted({str(one.site_id) for one in parts})))


def _recent(batch: Correlation, key: str) -> list[Incident]:
    """Incidents of this fault in this place from just before, which nobody holds."""
    policy = batch.around.policy
    kinds = [kind.value for kind, fault in STORMS.items() if key.startswith(f"{fault}/")]
    found = incidents.unheld_since(batch.tx, kinds, batch.now - WINDOW)
    found = [one for one in map(batch.as_it_is, found) if _may_be_part(one, policy.shadow)]
    return _by_key(found, _places(batch, found), policy.storm_place).get(key, [])


def _begin(batch: Correlation, key: str) -> Incident:
    meaning = events.lookup(STATION, "STORM")
    shadow = batch.around.policy.shadow
    storm = opened("", key, meaning, standard.OPERATOR, batch.now, shadow=shadow)
    storm = storm.but(signal_count=0)
    batch.add(storm)
    return storm


def _put_under(batch: Correlation, one: Incident, storm_id: str, until: datetime) -> None:
    """Its plan waits until then, and nobody is rung for it alone; who speaks already goes on.

    Why a human had it is kept: they have it again then.
    """
    batch.change(
        one,
        storm_id=storm_id,
        storm_until=until,
        machine_due=None,
        with_human=False,
        human_since=None,
        queue_due=None,
    )
    batch.tell("in_storm", one, storm=storm_id, until=f"{until.astimezone(STATION_ZONE):%H:%M}")
    batch.decide.pop(one.id, None)
    if not batch.is_fresh(one):
        batch.undialled.append(one.id)
