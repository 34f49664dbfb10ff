"""Rows of who is at the desks: shifts that run, what people chose, their telephones and calls."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from callflow.core.calls.call import LIVE_STATES, Call
from callflow.core.calls.phones import Phone
from callflow.core.desks.presence import Kept, Operator, Presence
from callflow.core.desks.shift import Shift
from callflow.core.people.users import User
from callflow.storage import schema as t
from callflow.storage.calls.calls import CALL
from callflow.storage.calls.phones import OWNED
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, first, found
from callflow.storage.sites.sites import upsert

_SHIFTS = (
    select(t.shift.c.user_id, func.min(t.shift.c.began_at).label("shift_since"))
    .where(t.shift.c.ended_at.is_(None))
    .group_by(t.shift.c.user_id)
    .subquery()
)
_PHONES = Reads(
    OWNED.where(t.phone.c.ended_at.is_(None)).order_by(t.phone.c.kind, t.phone.c.name), Phone
)
_USER = t.user.c
_PEOPLE = (
    select(
        _USER.id,
        _USER.name,
        _USER.role,
        _USER.languages,
        _USER.skills,
        _SHIFTS.c.shift_since,
        t.presence.c.state,
        t.presence.c.since,
        t.presence.c.until,
        t.presence.c.reason,
    )
    .outerjoin(_SHIFTS, _SHIFTS.c.user_id == _USER.id)
    .outerjoin(t.presence, t.presence.c.user_id == _USER.id)
    .where(
        or_(
            _SHIFTS.c.shift_since.is_not(None),
            _USER.id.in_(select(t.phone.c.user_id).where(t.phone.c.ended_at.is_(None))),
        )
    )
    .order_by(_USER.name)
)


@dataclass(frozen=True, slots=True)
class AtDesk(Operator):
    """Somebody who is on shift or has a telephone, with what they chose (``state`` None: nothing).
    Times are UTC."""

    state: Presence | None
    since: datetime | None
    until: datetime | None
    reason: str | None


def people(tx: Tx) -> list[AtDesk]:
    """Everybody of them, by name."""
    return found(tx, _PEOPLE, AtDesk)


_BREAKS = select(t.presence.c.user_id, t.presence.c.since).where(
    t.presence.c.state == Presence.BREAK.value, t.presence.c.until > bindparam("now")
)


def breaks(tx: Tx, on_shift: Iterable[Shift], now: datetime) -> dict[str, datetime]:
    """{user: since when} of those on shift who are on a break, begun in this shift."""
    since = {row.user_id: row.since for row in tx.execute(_BREAKS, {"now": now})}
    return {
        one.user_id: since[one.user_id]
        for one in on_shift
        if one.user_id in since and since[one.user_id] >= one.began_at
    }


def phones(tx: Tx) -> list[Phone]:
    """The telephones of people that have not ended, desk phones first."""
    return _PHONES.all(tx, {})


_C = t.call.c
_LIVE_CALLS = Reads(
    select(*CALL)
    .where(
        _C.to.in_(bindparam("phones", expanding=True)),
        _C.state.in_([state.value for state in LIVE_STATES]),
    )
    .order_by(_C.requested_at, _C.id),
    Call,
)
_LAST_ENDS = (
    select(_C.to, func.max(_C.ended_at).label("ended_at"))
    .where(_C.to.in_(bindparam("phones", expanding=True)))
    .group_by(_C.to)
)


def live_calls(tx: Tx, names: Collection[str]) -> list[Call]:
    """The calls to these telephones that live, asked for or under way."""
    return _LIVE_CALLS.all(tx, {"phones": sorted(names)}) if names else []


def last_ends(tx: Tx, names: Collection[str]) -> dict[str, Any]:
    """{telephone: when its last call ended, answered or not}."""
    rows = tx.execute(_LAST_ENDS, {"phones": sorted(names)}) if names else ()
    return {row.to: row.ended_at for row in rows if row.ended_at is not None}


def keep(tx: Tx, kept: Kept) -> None:
    """What somebody chose, or what began, in place of what was."""
    upsert(tx, t.presence, ["user_id"], columns(kept))


def owner(tx: Tx, phone: str) -> User | None:
    """Whose telephone it is or was."""
    query = select(t.user).join(t.phone, t.phone.c.user_id == _USER.id)
    return first(tx, query.where(t.phone.c.name == phone), User)
