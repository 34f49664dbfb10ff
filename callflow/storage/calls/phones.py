"""Rows of the operators' telephones."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from callflow.core.calls.call import CallState
from callflow.core.calls.phones import Phone
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx, hint
from callflow.storage.engine.values import columns, first, found

#: Telephones with their ``owner``.
OWNED = select(t.phone, t.user.c.name.label("owner")).join(t.user, t.user.c.id == t.phone.c.user_id)


def insert(tx: Tx, phone: Phone) -> None:
    """A new telephone; its node's Asterisk is told."""
    row = columns(phone)
    del row["owner"]  # the user's name
    tx.execute(t.phone.insert().values(**row))
    hint(tx, "telephony")


def get(tx: Tx, name: str) -> Phone | None:
    """One telephone, ended or not."""
    return first(tx, OWNED.where(t.phone.c.name == name), Phone)


def live(tx: Tx, node: str | None = None) -> list[Phone]:
    """The telephones that there are now, oldest first; of one node or of all."""
    query = OWNED.where(t.phone.c.ended_at.is_(None)).order_by(t.phone.c.created_at, t.phone.c.name)
    if node is not None:
        query = query.where(t.phone.c.node == node)
    return found(tx, query, Phone)


def of_owner(tx: Tx, owner: str) -> list[Phone]:
    """Somebody's telephones, newest first."""
    query = OWNED.where(t.phone.c.ended_at.is_(None), t.user.c.name == owner)
    return found(tx, query.order_by(t.phone.c.created_at.desc()), Phone)


def change(tx: Tx, name: str, **values: Any) -> None:
    """Write ``values``; an ended telephone is taken out of its node's Asterisk."""
    tx.execute(update(t.phone).where(t.phone.c.name == name).values(**values))
    if "ended_at" in values:
        hint(tx, "telephony")


def heard(tx: Tx, states: dict[str, str]) -> None:
    """The device states of these telephones, as their Asterisk says."""
    for name, state in states.items():
        changed = update(t.phone).where(t.phone.c.name == name, t.phone.c.state != state)
        tx.execute(changed.values(state=state))


def rendered(tx: Tx, names: Collection[str], now: datetime) -> None:
    """From now on their Asterisk knows these telephones."""
    fresh = t.phone.c.name.in_(sorted(names)) & t.phone.c.rendered_at.is_(None)
    tx.execute(update(t.phone).where(fresh).values(rendered_at=now))


_NAMES = Prepared(
    select(t.phone.c.name).where(t.phone.c.node == bindparam("node"), t.phone.c.ended_at.is_(None))
)


def names(tx: Tx, node: str) -> frozenset[str]:
    """The telephones that a node's Asterisk must know now."""
    return frozenset(row["name"] for row in _NAMES.all(tx, {"node": node}))


_SPEAKING_AFTER = Prepared(
    select(t.phone.c.name)
    .join(t.call, t.call.c.to == t.phone.c.name)
    .where(
        t.phone.c.ended_at.is_not(None),
        t.call.c.operator != "",
        t.call.c.ended_at.is_(None),
        t.call.c.state == CallState.ANSWERED.value,
    )
    .distinct()
)


def speaking_after_their_end(tx: Tx) -> list[str]:
    """Ended telephones with a call that is up: whoever ended the session knew of no calls."""
    return [row["name"] for row in _SPEAKING_AFTER.all(tx, {})]


_ORPHANS = Prepared(
    select(t.phone.c.name)
    .outerjoin(t.session, t.session.c.token_hash == t.phone.c.session)
    .where(
        t.phone.c.ended_at.is_(None),
        t.phone.c.session.is_not(None),
        t.session.c.token_hash.is_(None) | (t.session.c.expires_at <= bindparam("now")),
    )
)


def orphans(tx: Tx, now: datetime) -> list[str]:
    """Softphones whose session is over."""
    return [row["name"] for row in _ORPHANS.all(tx, {"now": now})]
