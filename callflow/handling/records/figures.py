"""Statistics follow what happens: facts are derived from rows later, in batches, by the engine when
it is idle, and derived anew when an incident changes. An alarm writes none of it.

Each batch is read on a reader's connection and written with how far it came, in one commit: after a
crash the same batch is done again. What changed in between has a later entry, and its turn.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow.core.records import figures
from callflow.core.records.figures import IncidentFigure, OperatorFigure
from callflow.core.records.trunk_figures import TrunkFigure, hour_of
from callflow.handling.base.policy import STATION_ZONE
from callflow.storage import Tx
from callflow.storage.records import figures as rows
from callflow.storage.records import trunk_figures as trunks
from callflow.storage.records.figures import Follower
from callflow.storage.records.horizon import horizon

#: Entries that are looked at, and incidents that are derived, in one batch.
_ENTRIES, _INCIDENTS = 1000, 100
#: Hours of calls in one batch.
_HOURS = 7 * 24
#: An hour's calls are counted so long after it: what ends then ends now, but a clock may go back.
_HOUR_OVER = timedelta(hours=1)
#: Incidents that a page derives as it is read, of those that the follower has not come to.
MOST_LIVE = 2000


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read, and how far the follower is once it is written."""

    incident_ids: tuple[str, ...]
    incidents: tuple[IncidentFigure, ...]
    operators: tuple[OperatorFigure, ...]
    hours: tuple[int, ...]
    trunks: tuple[TrunkFigure, ...]
    before: Follower | None
    after: Follower


def _begin(tx: Tx, settled: int, now: datetime) -> Follower:
    """It begins at an entry, and goes through what was there before from the first."""
    return Follower(settled, "", trunks.first_hour(tx) or hour_of(now - _HOUR_OVER), now)


def next_batch(tx: Tx, now: datetime, settled: int) -> Batch | None:
    """The next piece of work; None: all is followed. Only reads. ``settled``: the entry up to which
    nobody tells one any more (``storage.records.horizon``)."""
    before = rows.follower(tx)
    at = before or _begin(tx, settled, now)
    return (
        _changed(tx, at, before, settled, now)
        or _from_the_first(tx, at, before, now)
        or _calls(tx, at, before, now)
    )


def _changed(
    tx: Tx, at: Follower, before: Follower | None, settled: int, now: datetime
) -> Batch | None:
    if settled <= at.entry:
        return None
    found = rows.changed(tx, at.entry, settled, _ENTRIES)
    return _batch(tx, found.incidents, before, replace(at, entry=found.entry, at=now))


def _from_the_first(tx: Tx, at: Follower, before: Follower | None, now: datetime) -> Batch | None:
    if at.incident is None:
        return None
    found = rows.next_incidents(tx, at.incident, _INCIDENTS)
    last = found[-1] if len(found) == _INCIDENTS else None
    return _batch(tx, found, before, replace(at, incident=last, at=now))


def _calls(tx: Tx, at: Follower, before: Follower | None, now: datetime) -> Batch | None:
    until = min(hour_of(now - _HOUR_OVER), at.hour + _HOURS)
    if until <= at.hour:
        return None
    batch = _batch(tx, (), before, replace(at, hour=until, at=now))
    counted = trunks.counted(tx, at.hour, until, STATION_ZONE)
    return replace(batch, hours=tuple(range(at.hour, until)), trunks=tuple(counted))


def _batch(
    tx: Tx, incident_ids: list[str] | tuple[str, ...], before: Follower | None, after: Follower
) -> Batch:
    made = [figures.counted(one, STATION_ZONE) for one in rows.courses(tx, incident_ids)]
    return Batch(
        tuple(incident_ids),
        tuple(incident for incident, _ in made),
        tuple(each for _, operators in made for each in operators),
        (),
        (),
        before,
        after,
    )


def keep(tx: Tx, batch: Batch) -> bool:
    """Write it; False where another process has gone on from the same place meanwhile."""
    if rows.follower(tx, lock=True) != batch.before:
        return False
    if batch.incident_ids:
        rows.replace_all(tx, batch.incident_ids, batch.incidents, batch.operators)
    if batch.hours:
        trunks.replace_hours(tx, batch.hours, batch.trunks)
    rows.note(tx, batch.after)
    return True


def begin_again(tx: Tx, now: datetime, settled: int) -> None:
    """Everything is to be derived anew, from the first incident and the first call."""
    rows.note(tx, _begin(tx, settled, now))


@dataclass(frozen=True, slots=True)
class Live:
    """What changed since the follower came by, derived as it is read. ``whole`` is False while
    there is more than a page may derive: older incidents are still missing."""

    incident_ids: tuple[str, ...]
    incidents: tuple[IncidentFigure, ...]
    operators: tuple[OperatorFigure, ...]
    since_hour: int  # calls that ended since then are counted as they are read
    whole: bool


def live(tx: Tx, now: datetime) -> Live:
    """What is to be counted beside the rows of figures."""
    at = rows.follower(tx) or _begin(tx, horizon(tx).last, now)
    changed, whole = rows.since(tx, at.entry)
    ids = dict.fromkeys(changed)
    if at.incident is not None:
        left = rows.next_incidents(tx, at.incident, MOST_LIVE + 1)
        ids |= dict.fromkeys(left[:MOST_LIVE])
        whole = whole and len(left) <= MOST_LIVE
    made = [figures.counted(one, STATION_ZONE) for one in rows.courses(tx, tuple(ids))]
    return Live(
        tuple(ids),
        tuple(incident for incident, _ in made),
        tuple(each for _, operators in made for each in operators),
        at.hour,
        whole,
    )
