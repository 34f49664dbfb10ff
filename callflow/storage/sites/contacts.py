"""Rows of contacts: the people and firms who are called, and the part that each plays at a site."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, func, select, update

from callflow.core.sites.site import Authority, Coded, Contact, Role
from callflow.core.time.availability import ALWAYS, Availability
from callflow.core.time.holidays import NO_DAYS, OwnDays
from callflow.core.time.hours import CalendarError
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns_of
from callflow.storage.sites import own_days

_LINK = t.site_contact.c
_CONTACTS = Prepared(
    select(*t.contact.c, _LINK.role, _LINK.rank, _LINK.authorities, _LINK.keys_held)
    .add_columns(_LINK.site_id)
    .join(t.site_contact, _LINK.contact_id == t.contact.c.id)
    .where(_LINK.site_id.in_(bindparam("sites", expanding=True)))
    .order_by(_LINK.role.desc(), _LINK.rank, t.contact.c.id)
)


def rows_of(tx: Tx, site_id: str) -> list[dict[str, Any]]:
    """The contacts of a site in the part each plays, codes included, as stored."""
    return rows_at(tx, [site_id]).get(site_id, [])


def rows_at(tx: Tx, site_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """{site: ``rows_of`` it}."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _CONTACTS.all(tx, {"sites": list(site_ids)}):
        found.setdefault(row["site_id"], []).append(row)
    return found


_CODED = Reads(
    select(*columns_of(t.contact, Coded))
    .join(t.site_contact, _LINK.contact_id == t.contact.c.id)
    .where(_LINK.site_id == bindparam("site"))
    .order_by(_LINK.role.desc(), _LINK.rank, t.contact.c.id),
    Coded,
)


def coded(tx: Tx, site_id: str) -> list[Coded]:
    """The contacts of a site, once in each part they play, with the codes they may have."""
    return _CODED.all(tx, {"site": site_id})


_FIRMS = select(t.contact, t.guard_firm.c.sectors, t.guard_firm.c.rank).join(
    t.guard_firm, t.guard_firm.c.contact_id == t.contact.c.id
)
_FIRMS = _FIRMS.where(t.guard_firm.c.part == Role.GUARD.value, t.guard_firm.c.closed_at.is_(None))
#: After every firm that is linked to the site itself.
_BY_SECTOR = 1000


def of_sites(tx: Tx, postcodes: Mapping[str, str]) -> dict[str, tuple[Contact, ...]]:
    """{site: its contacts as deciding needs them, and the guard firms of its sector last}, by each
    site's postcode."""
    rows = rows_at(tx, postcodes)
    firms = firm_rows(tx) if any(postcodes.values()) else []
    own = own_days.for_calendars(tx, (row["availability"] for row in chain(firms, *rows.values())))
    found = {}
    for site_id, postcode in postcodes.items():
        linked = tuple(_contact(row, own) for row in rows.get(site_id, ()))
        known = {contact.id for contact in linked}
        found[site_id] = (*linked, *in_sector(firms, postcode, known, own))
    return found


def firm_rows(tx: Tx) -> list[dict[str, Any]]:
    """Every guard firm's contact, with its ``sectors`` and its ``rank`` among firms."""
    return [dict(row._mapping) for row in tx.execute(_FIRMS)]


def in_sector(
    rows: Iterable[dict[str, Any]],
    postcode: str,
    known: Collection[str],
    own: OwnDays = NO_DAYS,
) -> Iterator[Contact]:
    """Those of ``rows`` (``firm_rows``) whose sector the postcode lies in, but the ``known``;
    ``own``: what the station says of days."""
    for row in rows:
        there = postcode and any(postcode.startswith(sector) for sector in row["sectors"])
        if there and row["id"] not in known:
            part = {"role": Role.GUARD, "rank": _BY_SECTOR + row["rank"], "authorities": {}}
            yield _contact({**row, **part}, own)


def standing_in(tx: Tx, contacts: Sequence[Contact]) -> tuple[Contact, ...]:
    """Who replaces one of ``contacts`` and is none of them."""
    named = {r.contact for c in contacts for r in c.availability.replacements}
    return people(tx, named - {contact.id for contact in contacts})


def people(tx: Tx, contact_ids: Iterable[str]) -> tuple[Contact, ...]:
    """Contacts who have no part at a site: they may stand in for one who has."""
    wanted = list(contact_ids)
    if not wanted:
        return ()
    query = select(t.contact).where(t.contact.c.id.in_(wanted)).order_by(t.contact.c.id)
    no_part = {"role": Role.KEYHOLDER, "rank": 1, "authorities": {}}
    return _contacts(tx, [{**row._mapping, **no_part} for row in tx.execute(query)])


def _contacts(tx: Tx, rows: Sequence[dict[str, Any]]) -> tuple[Contact, ...]:
    own = own_days.for_calendars(tx, [row["availability"] for row in rows])
    return tuple(_contact(row, own) for row in rows)


def _contact(row: dict[str, Any], own: OwnDays) -> Contact:
    return Contact(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        rank=row["rank"],
        language=row["language"],
        phone=row["phone"],
        authorities={
            kind: frozenset(Authority(a) for a in granted)
            for kind, granted in row["authorities"].items()
        },
        availability=_availability(row["availability"], own),
    )


def _availability(body: Any, own: OwnDays) -> Availability:
    """As it was checked when it was written; what can't be read any more keeps nobody away."""
    try:
        return Availability.from_json(body, own=own) if body else ALWAYS
    except CalendarError:
        return ALWAYS


def write_availability(tx: Tx, contact_id: str, body: dict[str, Any] | None) -> None:
    """When a contact can be called, at whatever site; None: always."""
    query = update(t.contact).where(t.contact.c.id == contact_id)
    tx.execute(query.values(availability=body or None))


def write_code(tx: Tx, contact_id: str, code: str) -> None:
    """Another code, as the vault keeps it."""
    tx.execute(update(t.contact).where(t.contact.c.id == contact_id).values(code=code))


_CONTACT = Prepared(select(t.contact).where(t.contact.c.id == bindparam("id")))


def get(tx: Tx, contact_id: str) -> dict[str, Any] | None:
    """One contact's row, as stored."""
    return _CONTACT.first(tx, {"id": contact_id})


def other_sites(tx: Tx, contact_ids: Iterable[str], site_id: str) -> dict[str, dict[str, str]]:
    """{contact id: {site id: its name}} of the other sites that have these contacts."""
    query = (
        select(_LINK.contact_id, t.site.c.id, t.site.c.name)
        .join(t.site_contact, _LINK.site_id == t.site.c.id)
        .where(_LINK.contact_id.in_(list(contact_ids)), _LINK.site_id != site_id)
        .order_by(t.site.c.id)
    )
    found: dict[str, dict[str, str]] = {}
    for row in tx.execute(query):
        found.setdefault(row.contact_id, {})[row.id] = row.name
    return found


def names_of(tx: Tx, contact_ids: Iterable[str]) -> dict[str, str]:
    """{contact id: name}, for lists."""
    query = select(t.contact.c.id, t.contact.c.name).where(t.contact.c.id.in_(list(contact_ids)))
    return {row.id: row.name for row in tx.execute(query)}


_OWNERS = Prepared(
    select(t.contact.c.phone, t.contact.c.id, t.site_contact.c.site_id)
    .join(t.site_contact, t.site_contact.c.contact_id == t.contact.c.id)
    .where(t.contact.c.phone.in_(bindparam("numbers", expanding=True)))
)


def owners_of(tx: Tx, numbers: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """{number: (contact, site) of whoever has it}, of ``numbers`` that are a site's contact's."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in _OWNERS.all(tx, {"numbers": list(numbers)}):
        found.setdefault(row["phone"], set()).add((row["id"], row["site_id"]))
    return found


def of_device(tx: Tx, number: str) -> list[tuple[str, str]]:
    """(contact, site) of the devices that have ``number``: a lift's cabin, a lone worker's."""
    c = t.contact.c
    query = (
        select(c.id, _LINK.site_id)
        .join(t.site_contact, _LINK.contact_id == c.id)
        .where(_LINK.role == Role.DEVICE.value, c.phone == number)
        .order_by(_LINK.site_id, c.id)
    )
    return [(row.id, row.site_id) for row in tx.execute(query)]


def count_devices(tx: Tx, site_id: str) -> int:
    """How many devices a site has."""
    query = select(func.count()).where(_LINK.site_id == site_id, _LINK.role == Role.DEVICE.value)
    return int(tx.execute(query).scalar_one())


def devices(tx: Tx, numbers: Iterable[str]) -> set[str]:
    """Those of ``numbers`` that are a site's device: a lift's cabin, a lone worker's."""
    c = t.contact.c
    query = (
        select(c.phone)
        .join(t.site_contact, _LINK.contact_id == c.id)
        .where(_LINK.role == Role.DEVICE.value, c.phone.in_(list(numbers)))
    )
    return {row.phone for row in tx.execute(query)}


def languages_of(tx: Tx, contact_ids: Iterable[str], phones: Iterable[str]) -> dict[str, str]:
    """{contact id, or phone number: the language of whose it is}."""
    c = t.contact.c
    at_a_site = c.id.in_(select(_LINK.contact_id))
    query = select(c.id, c.phone, c.language).where(
        c.id.in_(list(contact_ids)) | (c.phone.in_(list(phones)) & at_a_site)
    )
    found: dict[str, str] = {}
    for row in tx.execute(query.order_by(c.id)):
        found[row.id] = row.language
        found.setdefault(row.phone, row.language)
    return found
