"""Finding a site, a person or an incident by what somebody typed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from callflow.storage import schema as t
from callflow.storage.store import Tx

Row = dict[str, Any]


def sites(tx: Tx, text: str, *, limit: int) -> list[Row]:
    """Sites by id, account, name or address; ``account`` is the first that they have."""
    s = t.site.c
    query = (
        select(s.id, s.name, s.address).where(_is_called(text)).order_by(s.name, s.id).limit(limit)
    )
    return [dict(row._mapping) for row in tx.execute(query)]


#: By what a list of sites is sorted, each with the name as the last word.
SORTS = ("name", "client", "account", "state", "changed")


def listed(
    tx: Tx, *, text: str, state: str, sort: str, descending: bool, offset: int, limit: int
) -> tuple[list[Row], int]:
    """A page of the sites that match, and how many do: by name, client, address, id or account,
    and by where their contract is ("": any). ``sort`` is one of ``SORTS``.

    Each with its ``client_name`` and ``accounts``.
    """
    s, a, client = t.site.c, t.account.c, t.client.c
    first = select(func.min(a.account)).where(a.site_id == s.id).scalar_subquery()
    query = (
        select(s.id, s.name, s.address, s.state, s.changed_at)
        .add_columns(client.name.label("client_name"))
        .outerjoin(t.client, client.id == s.client_id)
    )
    if text:
        query = query.where(_is_called(text) | _holds(client.name, text))
    if state:
        query = query.where(s.state == state)
    count = tx.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    by: dict[str, Any] = {
        "name": func.lower(s.name),
        "client": func.lower(client.name),
        "account": first,
        "state": s.state,
        "changed": s.changed_at,
    }
    ordered = by[sort].desc() if descending else by[sort]
    query = query.order_by(ordered, func.lower(s.name), s.id).offset(offset).limit(limit)
    rows = [dict(row._mapping) for row in tx.execute(query)]
    theirs = select(a.site_id, a.account).where(a.site_id.in_([row["id"] for row in rows]))
    accounts: dict[str, list[str]] = {}
    for row in tx.execute(theirs.order_by(a.account)):
        accounts.setdefault(row.site_id, []).append(row.account)
    return [{**row, "accounts": accounts.get(row["id"], [])} for row in rows], int(count)


def people(tx: Tx, text: str, digits: str, *, limit: int) -> list[Row]:
    """Everybody by name, or by digits of their number; at how many ``sites`` they have a part."""
    c, link = t.contact.c, t.site_contact.c
    found: ColumnElement[bool] = _holds(c.name, text)
    if len(digits) >= 4:
        found = or_(found, _holds(c.phone, digits))
    parts = select(func.count(link.site_id.distinct())).where(link.contact_id == c.id)
    query = select(c.id, c.name, c.phone, parts.scalar_subquery().label("sites")).where(found)
    rows = tx.execute(query.order_by(c.name, c.id).limit(limit))
    return [dict(row._mapping) for row in rows]


def contacts(tx: Tx, text: str, digits: str, *, limit: int) -> list[Row]:
    """Contacts of sites by name, or by digits of their number; with their site."""
    c, link, s = t.contact.c, t.site_contact.c, t.site.c
    found: ColumnElement[bool] = _holds(c.name, text)
    if len(digits) >= 4:
        found = or_(found, _holds(c.phone, digits))
    query = (
        select(c.id, c.name, c.phone, link.role, s.id.label("site_id"), s.name.label("site_name"))
        .join(t.site_contact, link.contact_id == c.id)
        .join(t.site, s.id == link.site_id)
        .where(found)
        .order_by(c.name, c.id, s.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in tx.execute(query)]


def incidents(tx: Tx, text: str, site_ids: list[str], *, limit: int) -> list[Row]:
    """Incidents by the beginning of their id, by account, or of these sites; the newest first."""
    c = t.incident.c
    query = (
        select(c.id, c.kind, c.account, c.state, c.opened_at, c.site_id, t.site.c.name)
        .outerjoin(t.site, t.site.c.id == c.site_id)
        .where(or_(_begins(c.id, text), c.account == text, c.site_id.in_(site_ids)))
        .order_by(c.opened_at.desc(), c.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in tx.execute(query)]


def _is_called(text: str) -> ColumnElement[bool]:
    """Whether a site's id or one of its accounts begins so, or its name or address has it."""
    s, a = t.site.c, t.account.c
    of_account = select(a.site_id).where(_begins(a.account, text), a.site_id.is_not(None))
    named = or_(_begins(s.id, text), _holds(s.name, text), _holds(s.address, text))
    return named | s.id.in_(of_account)


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    return column.ilike(f"{_escaped(text)}%", escape="\\")  # type: ignore[no-any-return]


def _holds(column: Any, text: str) -> ColumnElement[bool]:
    return func.lower(column).like(f"%{_escaped(text.lower())}%", escape="\\")


def _escaped(text: str) -> str:
    """What stands for itself in a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
