"""Finding a site, a person or an incident by what somebody typed."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, null, or_, select

from callflow.core.alarms.incident import State
from callflow.core.folding import folded as fold
from callflow.core.signals.signal import Kind
from callflow.core.sites.declared import Client
from callflow.core.sites.site import Role, SiteState
from callflow.storage import schema as t
from callflow.storage.engine.folding import folded
from callflow.storage.engine.listing import Page, paged
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found


@dataclass(frozen=True, slots=True)
class SiteFound:
    """A site, and where its contract is."""

    id: str
    name: str
    address: str
    state: SiteState


@dataclass(frozen=True, slots=True)
class SiteListed(SiteFound):
    """A line of the sites."""

    changed_at: datetime
    client_name: str | None


@dataclass(frozen=True, slots=True)
class ClientListed(Client):
    """A client, and how many sites are theirs."""

    sites: int


@dataclass(frozen=True, slots=True)
class PersonFound:
    """Somebody, or a firm, and at how many sites they have a part; in one of these as ``role``."""

    id: str
    name: str
    phone: str | None
    sites: int
    role: Role | None


@dataclass(frozen=True, slots=True)
class ContactFound:
    """A contact of a site."""

    id: str
    name: str
    phone: str | None
    role: Role
    site_id: str
    site_name: str


@dataclass(frozen=True, slots=True)
class IncidentFound:
    """An incident, with its site's ``name``."""

    id: str
    kind: Kind
    account: str
    state: State
    opened_at: datetime
    site_id: str | None
    name: str | None


#: Digits of a number that are looked for where accounts are, too.
_FEWEST = 6


_SITES = select(t.site.c.id, t.site.c.name, t.site.c.address, t.site.c.state)


def sites(tx: Tx, text: str, *, limit: int) -> list[SiteFound]:
    """Sites by id, account, name or address."""
    query = _SITES.where(_is_called(text)).order_by(t.site.c.name, t.site.c.id).limit(limit)
    return found(tx, query, SiteFound)


def sites_of(tx: Tx, client_id: str) -> list[SiteFound]:
    """A client's."""
    query = _SITES.where(t.site.c.client_id == client_id).order_by(t.site.c.id)
    return found(tx, query, SiteFound)


#: By what a list of sites is sorted, each with the name as the last word.
SORTS = ("name", "client", "account", "state", "changed")


def listed(
    tx: Tx, page: Page, *, client_id: str = ""
) -> tuple[list[tuple[SiteListed, list[str]]], int]:
    """A page of the sites that match, each with its accounts, and how many do: by name, client,
    address, id or account, by where their contract is and by whose they are ("": any). It is sorted
    by one of ``SORTS``."""
    s, a, client = t.site.c, t.account.c, t.client.c
    by = {
        "name": folded(s.name),
        "client": folded(client.name),
        "account": select(func.min(a.account)).where(a.site_id == s.id).scalar_subquery(),
        "state": s.state,
        "changed": s.changed_at,
    }
    wanted = _SITES.add_columns(s.changed_at, client.name.label("client_name"))
    query = _matching(wanted, page.text, page.state)
    if client_id:
        query = query.where(s.client_id == client_id)
    sites, count = paged(tx, query, page, SiteListed, by, folded(s.name), s.id)
    theirs = select(a.site_id, a.account).where(a.site_id.in_([site.id for site in sites]))
    accounts: dict[str, list[str]] = {site.id: [] for site in sites}
    for row in tx.execute(theirs.order_by(a.account)):
        accounts[row.site_id].append(row.account)
    return [(site, accounts[site.id]) for site in sites], count


def people(tx: Tx, text: str, *, limit: int) -> list[PersonFound]:
    """Everybody by name, or by digits of their number."""
    c, link = t.contact.c, t.site_contact.c
    parts = select(func.count(link.site_id.distinct())).where(link.contact_id == c.id)
    sites, role = parts.scalar_subquery().label("sites"), null().label("role")
    query = select(c.id, c.name, c.phone, sites, role)
    query = query.where(of_person(text)).order_by(c.name, c.id).limit(limit)
    return found(tx, query, PersonFound)


#: By what a list of clients is sorted.
CLIENT_SORTS = ("name", "sites")


def clients(tx: Tx, page: Page) -> tuple[list[ClientListed], int]:
    """A page of the clients that have sites and whose name holds its text, and how many there are,
    sorted by one of ``CLIENT_SORTS``."""
    c, s = t.client.c, t.site.c
    many = func.count(s.id)
    query = (
        select(c.id, c.name, many.label("sites"))
        .join(t.site, s.client_id == c.id)
        .group_by(c.id, c.name)
    )
    if page.text:
        query = query.where(holds(c.name, page.text))
    by = {"name": folded(c.name), "sites": many}
    return paged(tx, query, page, ClientListed, by, folded(c.name), c.id)


def ids(tx: Tx, *, text: str, state: str) -> list[str]:
    """The ids of all sites that ``listed`` would list, by name."""
    query = _matching(select(t.site.c.id), text, state)
    return list(tx.execute(query.order_by(folded(t.site.c.name), t.site.c.id)).scalars())


def _matching(query: Select[Any], text: str, state: str) -> Select[Any]:
    query = query.outerjoin(t.client, t.client.c.id == t.site.c.client_id)
    if text:
        query = query.where(_is_called(text) | holds(t.client.c.name, text) | _calls(text))
    return query.where(t.site.c.state == state) if state else query


def contacts(tx: Tx, text: str, *, limit: int) -> list[ContactFound]:
    """Contacts of sites by name, or by digits of their number."""
    c, link, s = t.contact.c, t.site_contact.c, t.site.c
    query = (
        select(c.id, c.name, c.phone, link.role, s.id.label("site_id"), s.name.label("site_name"))
        .join(t.site_contact, link.contact_id == c.id)
        .join(t.site, s.id == link.site_id)
        .where(of_person(text))
        .order_by(c.name, c.id, s.id)
        .limit(limit)
    )
    return found(tx, query, ContactFound)


def known(tx: Tx, text: str, *, limit: int) -> list[PersonFound]:
    """Contacts of sites, and firms that are not closed, whose name or number holds ``text``: each
    once."""
    c, link, g = t.contact.c, t.site_contact.c, t.guard_firm.c
    theirs = link.contact_id == c.id
    role = func.coalesce(g.part, select(func.min(link.role)).where(theirs).scalar_subquery())
    sites = select(func.count(link.site_id.distinct())).where(theirs).scalar_subquery()
    query = (
        select(c.id, c.name, c.phone, role.label("role"), sites.label("sites"))
        .outerjoin(t.guard_firm, g.contact_id == c.id)
        .where(of_person(text), g.closed_at.is_(None))
        .where(select(link.site_id).where(theirs).exists() | g.contact_id.is_not(None))
        .order_by(folded(c.name), c.id)
        .limit(limit)
    )
    return found(tx, query, PersonFound)


def incidents(tx: Tx, text: str, site_ids: list[str], *, limit: int) -> list[IncidentFound]:
    """Incidents by the beginning of their id, by account, or of these sites; the newest first."""
    c = t.incident.c
    query = (
        select(c.id, c.kind, c.account, c.state, c.opened_at, c.site_id, t.site.c.name)
        .outerjoin(t.site, t.site.c.id == c.site_id)
        .where(or_(_begins(c.id, text), c.account == text, c.site_id.in_(site_ids)))
        .order_by(c.opened_at.desc(), c.id.desc())
        .limit(limit)
    )
    return found(tx, query, IncidentFound)


def _calls(text: str) -> ColumnElement[bool]:
    """True where somebody of a site has a number with these digits: six or more, and nothing else,
    or an account would be a part of many numbers."""
    digits = re.sub(r"[\s.()/-]", "", text).removeprefix("+").lstrip("0")
    if not digits.isdigit() or len(digits) < _FEWEST:
        return false()
    link, c = t.site_contact.c, t.contact.c
    theirs = select(link.site_id).join(t.contact, c.id == link.contact_id)
    return t.site.c.id.in_(theirs.where(holds(c.phone, digits)))


def of_person(text: str) -> ColumnElement[bool]:
    """True where a contact's name has it, or their number its digits, four of them or more: as they
    are dialled at home or abroad, with what stands between them or without."""
    c, digits = t.contact.c, "".join(each for each in text if each.isdigit()).lstrip("0")
    named = holds(c.name, text)
    return named | holds(c.phone, digits) if len(digits) >= 4 else named


def _is_called(text: str) -> ColumnElement[bool]:
    """True where a site's id or one of its accounts begins so, or its name or address has it."""
    s, a = t.site.c, t.account.c
    of_account = select(a.site_id).where(_begins(a.account, text), a.site_id.is_not(None))
    named = or_(_begins(s.id, text), holds(s.name, text), holds(s.address, text))
    return named | s.id.in_(of_account)


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    return column.ilike(f"{_escaped(text)}%", escape="\\")  # type: ignore[no-any-return]


def holds(column: Any, text: str) -> ColumnElement[bool]:
    """True where ``text`` stands in it, whatever the case and the accents."""
    return folded(column).like(f"%{_escaped(fold(text))}%", escape="\\")


def _escaped(text: str) -> str:
    """What stands for itself in a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
