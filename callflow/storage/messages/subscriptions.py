"""Rows of programs that are told of every event, and the logbook as they follow it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from callflow.core.messages.subscriptions import Event, Lane, Subscription, SubscriptionState
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found


def insert(tx: Tx, subscription: Subscription) -> None:
    """A new one; its name is unique."""
    tx.execute(t.subscription.insert(), columns(subscription))


def every(tx: Tx) -> list[Subscription]:
    """All of them, by name."""
    return found(tx, select(t.subscription).order_by(t.subscription.c.name), Subscription)


def active(tx: Tx) -> list[Subscription]:
    """Those that are told."""
    c = t.subscription.c
    query = select(t.subscription).where(c.state == SubscriptionState.ACTIVE.value)
    return found(tx, query.order_by(c.name), Subscription)


def get(tx: Tx, subscription_id: str) -> Subscription | None:
    """One of them."""
    query = select(t.subscription).where(t.subscription.c.id == subscription_id)
    return first(tx, query, Subscription)


def skip_to(tx: Tx, number: int) -> None:
    """Nothing up to this place of the logbook is told any more."""
    tx.execute(delete(t.subscription_lane))
    c = t.subscription.c
    tx.execute(update(t.subscription).where(c.position < number).values(position=number))


def named(tx: Tx, name: str) -> Subscription | None:
    """The one of that name."""
    return first(tx, select(t.subscription).where(t.subscription.c.name == name), Subscription)


def change(tx: Tx, subscription: Subscription, **values: Any) -> bool:
    """Change it, unless somebody did since it was read; whether it was."""
    c = t.subscription.c
    query = update(t.subscription).where(
        c.id == subscription.id, c.revision == subscription.revision
    )
    done = tx.execute(query.values(**values, revision=subscription.revision + 1))
    return done.rowcount == 1


def remove(tx: Tx, subscription_id: str) -> None:
    """It is told no more."""
    clear_lanes(tx, subscription_id)
    tx.execute(delete(t.subscription).where(t.subscription.c.id == subscription_id))


# --- lanes ------------------------------------------------------------------------------------


def lanes(tx: Tx, subscription_id: str) -> list[Lane]:
    """The sites of which something waits, the first due first."""
    c = t.subscription_lane.c
    query = select(t.subscription_lane).where(c.subscription_id == subscription_id)
    return found(tx, query.order_by(c.due_at, c.site), Lane)


def put_lane(tx: Tx, subscription_id: str, site: str, lane: Lane | None) -> None:
    """Where a site stands now; None: nothing of it waits."""
    c = t.subscription_lane.c
    tx.execute(
        delete(t.subscription_lane).where(c.subscription_id == subscription_id, c.site == site)
    )
    if lane is not None:
        tx.execute(t.subscription_lane.insert(), columns(lane))


def clear_lanes(tx: Tx, subscription_id: str) -> None:
    """Nothing waits."""
    c = t.subscription_lane.c
    tx.execute(delete(t.subscription_lane).where(c.subscription_id == subscription_id))


def lanes_due(tx: Tx, subscription_id: str, now: datetime) -> None:
    """What waits is tried now: the far end takes events again."""
    c = t.subscription_lane.c
    query = update(t.subscription_lane).where(c.subscription_id == subscription_id, c.due_at > now)
    tx.execute(query.values(due_at=now))


def waiting(tx: Tx) -> Mapping[str, int]:
    """{subscription id: of how many sites something waits}."""
    c = t.subscription_lane.c
    query = select(c.subscription_id, func.count().label("sites")).group_by(c.subscription_id)
    return {row.subscription_id: row.sites for row in tx.execute(query)}


# --- the logbook, followed ----------------------------------------------------------------------

_C = t.logbook.c
_EVENT = (_C.number, _C.id, _C.at, _C.site, _C.incident, _C.who, _C.kind, _C.text, _C.data)


def events_after(tx: Tx, after: int, until: int, limit: int) -> list[Event]:
    """Entries after ``after``, up to ``until``, in their order."""
    return _events(tx, select(*_EVENT).where(_C.number > after, _C.number <= until), limit)


def events_of(tx: Tx, site: str, begin: int, until: int, limit: int) -> list[Event]:
    """Entries of a site ("": of none) from number ``begin`` up to ``until``, in their order."""
    of = _C.site == site if site else _C.site.is_(None)
    return _events(tx, select(*_EVENT).where(of, _C.number >= begin, _C.number <= until), limit)


def _events(tx: Tx, query: Select[Any], limit: int) -> list[Event]:
    return found(tx, query.order_by(_C.number).limit(limit), Event)


def last_number(tx: Tx) -> int:
    """The last entry's place; 0: there is none."""
    return int(tx.execute(select(func.max(_C.number))).scalar() or 0)


def number_before(tx: Tx, at: datetime) -> int:
    """The place after which the entries since ``at`` come."""
    found_first = tx.execute(select(_C.number).where(_C.at >= at).order_by(_C.at).limit(1)).scalar()
    if found_first is None:
        return last_number(tx)
    # Entries of one moment may stand in another order than their instants.
    near = select(func.min(_C.number)).where(_C.at >= at, _C.number <= found_first)
    return int(tx.execute(near).scalar() or found_first) - 1


def number_of(tx: Tx, entry_id: str) -> int | None:
    """An entry's place; None: there is no such entry."""
    number = tx.execute(select(_C.number).where(_C.id == entry_id)).scalar()
    return None if number is None else int(number)
