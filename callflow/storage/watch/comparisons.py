"""Rows of days that were compared with the other system's, and what we had of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from callflow.core.station.comparison import Difference, Ours
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found


@dataclass(frozen=True, slots=True)
class Compared:
    """A list of the other system's beside ours of the same time. Times are UTC; ``compared``: the
    signals that both had; ``unread``: rows that could not be read."""

    id: str
    file: str
    made_by: str
    made_at: datetime
    since: datetime
    until: datetime
    compared: int
    unread: int
    counts: Mapping[str, int]  # {comparison.What: how many}


@dataclass(frozen=True, kw_only=True, slots=True)
class OfSite:
    """Until when a site was compared, and its newest difference."""

    until: datetime | None
    differed_at: datetime | None


def insert(tx: Tx, made: Compared, differences: Sequence[tuple[str, Difference]]) -> None:
    """A comparison, and its differences with an id each."""
    tx.execute(t.comparison.insert(), columns(made))
    rows = [{"id": id, "comparison_id": made.id, **columns(one)} for id, one in differences]
    if rows:
        tx.execute(t.comparison_difference.insert(), rows)


def newest(tx: Tx, *, limit: int = 60) -> list[Compared]:
    """The newest comparisons, the newest first."""
    c = t.comparison.c
    query = select(t.comparison).order_by(c.made_at.desc(), c.id.desc()).limit(limit)
    return found(tx, query, Compared)


def get(tx: Tx, comparison_id: str) -> Compared | None:
    """One comparison."""
    query = select(t.comparison).where(t.comparison.c.id == comparison_id)
    return first(tx, query, Compared)


_D = t.comparison_difference.c
_DIFFERENCE = tuple(c for c in _D if c.name not in ("id", "comparison_id"))


def differences(tx: Tx, comparison_id: str, *, limit: int = 1_000_000) -> list[Difference]:
    """What was otherwise, in the order of time."""
    query = select(*_DIFFERENCE).where(_D.comparison_id == comparison_id)
    return found(tx, query.order_by(_D.at, _D.account, _D.what).limit(limit), Difference)


def of_site(tx: Tx, site_id: str) -> OfSite:
    """What is known of a site from every comparison."""
    until = tx.execute(select(func.max(t.comparison.c.until))).scalar()
    differed = tx.execute(select(func.max(_D.at)).where(_D.site == site_id)).scalar()
    return OfSite(until=until, differed_at=differed)


def ours(tx: Tx, since: datetime, until: datetime) -> list[Ours]:
    """The signals of panels that we received in this time, and what was decided for each."""
    s, i = t.signal.c, t.incident.c
    query = (
        select(s.id, s.account, s.received_at, s.code, s.zone, s.treatment, s.incident_id)
        .add_columns(i.site_id, i.priority, t.account.c.site_id.label("own_site"))
        .outerjoin(t.incident, i.id == s.incident_id)
        .outerjoin(t.account, t.account.c.account == s.account)
        .where(s.received_at >= since, s.received_at <= until, s.format != "station")
        .order_by(s.received_at, s.id)
    )
    rows = tx.execute(query).all()
    called = _first_called(tx, sorted({row.incident_id for row in rows if row.incident_id}))
    return [
        Ours(
            id=row.id,
            account=row.account,
            at=row.received_at,
            code=row.code,
            zone=row.zone,
            alarm=row.treatment in ("opened", "joined"),
            site=row.site_id or row.own_site,
            incident=row.incident_id,
            priority=row.priority,
            **called.get(row.incident_id, _NOBODY)._asdict(),
        )
        for row in rows
    ]


class _First(NamedTuple):
    """Whom an incident's plan called first."""

    first_name: str = ""
    first_number: str = ""
    first_call_at: datetime | None = None


_NOBODY = _First()
_AT_ONCE = 500


def _first_called(tx: Tx, incident_ids: Sequence[str]) -> dict[str, _First]:
    """{incident: who was called first by its plan, and when}."""
    c = t.call.c
    called: dict[str, _First] = {}
    for begin in range(0, len(incident_ids), _AT_ONCE):
        query = (
            select(c.incident_id, c.to, t.contact.c.name)
            .add_columns(func.coalesce(c.placed_at, c.requested_at).label("at"))
            .join(t.contact, t.contact.c.id == c.contact_id)
            .where(c.incident_id.in_(incident_ids[begin : begin + _AT_ONCE]), c.requester == "")
            .order_by(c.requested_at, c.id)
        )
        for row in tx.execute(query):
            called.setdefault(row.incident_id, _First(row.name, row.to, row.at))
    return called
