"""The other system's list of a day is laid beside ours: kept, told, and looked at site by site."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow import ids
from callflow.core.station.comparison import (
    BadComparison,
    Columns,
    Comparison,
    Difference,
    What,
    compare,
    read,
)
from callflow.core.time.instants import to_iso
from callflow.handling.base.telling import storable, tell
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.watch import comparisons
from callflow.storage.watch.comparisons import Compared

_COLUMNS = "comparison_columns"
_LONGEST = {"account": 32, "code": 16, "zone": 16, "theirs": 200, "ours": 200}


def columns(tx: Tx) -> Columns:
    """Which of their columns says what, as it was set last."""
    kept = users.settings(tx).get(_COLUMNS)
    return Columns.from_json(kept) if kept else Columns()


def set_columns(tx: Tx, chosen: Columns, who: str, now: datetime) -> None:
    """From now on their lists are read so."""
    users.write_settings(tx, {_COLUMNS: chosen.to_json()})
    tell(tx, "comparison_columns_set", now, by=who, who_did=who)


@dataclass(frozen=True, kw_only=True, slots=True)
class Laid:
    """A list beside ours: from its first signal to its last, UTC; ``unread``: a sentence for each
    row that could not be read."""

    since: datetime
    until: datetime
    comparison: Comparison
    unread: tuple[str, ...]


def lay(tx: Tx, data: bytes, chosen: Columns) -> Laid:
    """Read a list, and what we have of its time; it only reads. Raises BadComparison."""
    theirs, unread = read(data, chosen)
    if not theirs:
        raise BadComparison("no row of the list could be read" if unread else "the list is empty")
    since, until = min(one.at for one in theirs), max(one.at for one in theirs)
    edge = timedelta(seconds=chosen.within)
    ours = comparisons.ours(tx, since - edge, until + edge)
    found = compare(ours, theirs, chosen)
    within = [d for d in found.differences if d.what is not What.EXTRA or since <= d.at <= until]
    comparison = replace(found, differences=tuple(within))
    return Laid(since=since, until=until, comparison=comparison, unread=tuple(unread))


def keep(tx: Tx, laid: Laid, file: str, who: str, now: datetime) -> Compared:
    """Write down what was found."""
    counts = {what.value: laid.comparison.count(what) for what in What}
    made = Compared(
        id=ids.new(now),
        file=storable(file)[:200],
        made_by=who,
        made_at=now,
        since=laid.since,
        until=laid.until,
        compared=laid.comparison.compared,
        unread=len(laid.unread),
        counts=counts,
    )
    comparisons.insert(tx, made, [(ids.new(now), _cut(one)) for one in laid.comparison.differences])
    told = {name: str(count) for name, count in counts.items()}
    told |= {"file": made.file, "both": str(made.compared), "unread": str(made.unread)}
    times = {"since": to_iso(made.since), "until": to_iso(made.until)}
    tell(tx, "compared", now, by=who, who_did=who, **told, **times)
    return made


def _cut(one: Difference) -> Difference:
    def cut(name: str) -> str:
        return storable(str(getattr(one, name)))[: _LONGEST[name]]

    account, code, zone = cut("account"), cut("code"), cut("zone")
    theirs, ours = cut("theirs"), cut("ours")
    return replace(one, account=account, code=code, zone=zone, theirs=theirs, ours=ours)


def rows(differences: list[Difference]) -> Iterator[tuple[str, ...]]:
    """Differences as rows of a table."""
    for one in differences:
        row = str(one.row) if one.row is not None else ""
        at = to_iso(one.at)
        yield one.what.value, one.account, at, one.code, one.zone, one.theirs, one.ours, row
