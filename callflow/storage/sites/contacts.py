"""Rows of contacts: the people and firms who are called, and the part that each plays at a site."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam, func, select, update

from callflow.core.sites.declared import Called, Person, SectorFirm
from callflow.core.sites.site import Authority, Contact, Role
from callflow.core.time.availability import ALWAYS, Availability
from callflow.core.time.holidays import NO_DAYS, OwnDays
from callflow.core.time.hours import CalendarError
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns_of, found, grouped
from callflow.storage.sites import own_days

_LINK = t.site_contact.c
_CALLED = Reads(
    select(*columns_of(t.contact, Person), _LINK.role, _LINK.rank, _LINK.authorities)
    .add_columns(_LINK.keys_held, _LINK.site_id)
    .join(t.site_contact, _LINK.contact_id == t.contact.c.id)
    .where(_LINK.site_id.in_(bindparam("sites", expanding=True)))
    .order_by(_LINK.role.desc(), _LINK.rank, t.contact.c.id),
    Called,
)


def called(tx: Tx, site_id: str) -> list[Called]:
    """The contacts of a site in the part each plays."""
    return _CALLED.all(tx, {"sites": [site_id]})


def called_at(tx: Tx, site_ids: Iterable[str]) -> dict[str, list[Called]]:
    """{site: its contacts in the part each plays}."""
    return grouped(_CALLED.all(tx, {"sites": list(site_ids)}), lambda one: one.site_id)


_FIRMS = select(t.contact, t.guard_firm.c.sectors, t.guard_firm.c.rank).join(
    t.guard_firm, t.guard_firm.c.contact_id == t.contact.c.id
)
_FIRMS = _FIRMS.where(t.guard_firm.c.part == Role.GUARD.value, t.guard_firm.c.closed_at.is_(None))
#: After every firm that is linked to the site itself.
_BY_SECTOR = 1000


def of_sites(tx: Tx, postcodes: Mapping[str, str]) -> dict[str, tuple[Contact, ...]]:
    """{site: its contacts as deciding needs them, and the guard firms of its sector last}, by each
    site's postcode."""
    people = called_at(tx, postcodes)
    firms = sector_firms(tx) if any(postcodes.values()) else []
    own = own_days.for_calendars(tx, (one.availability for one in chain(firms, *people.values())))
    of_site = {}
    for site_id, postcode in postcodes.items():
        theirs = people.get(site_id, ())
        linked = [_contact(one, own, one.role, one.rank, one.authorities) for one in theirs]
        known = {contact.id for contact in linked}
        of_site[site_id] = (*linked, *in_sector(firms, postcode, known, own))
    return of_site


def sector_firms(tx: Tx) -> list[SectorFirm]:
    """Every guard firm."""
    return found(tx, _FIRMS, SectorFirm)


def in_sector(
    firms: Iterable[SectorFirm],
    postcode: str,
    known: Collection[str],
    own: OwnDays = NO_DAYS,
) -> Iterator[Contact]:
    """Those of ``firms`` whose sector the postcode lies in, but the ``known``; ``own``: what the
    station says of days."""
    for firm in firms:
        if postcode and postcode.startswith(firm.sectors) and firm.id not in known:
            yield _contact(firm, own, Role.GUARD, _BY_SECTOR + firm.rank)


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
    persons = found(tx, query, Person)
    own = own_days.for_calendars(tx, [person.availability for person in persons])
    return tuple(_contact(person, own) for person in persons)


def _contact(
    person: Person,
    own: OwnDays,
    role: Role = Role.KEYHOLDER,
    rank: int = 1,
    authorities: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> Contact:
    return Contact(
        id=person.id,
        name=person.name,
        role=role,
        rank=rank,
        language=person.language,
        phone=person.phone,
        authorities={kind: frozenset(map(Authority, may)) for kind, may in authorities.items()},
        availability=_availability(person.availability, own),
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


_CONTACT = Reads(
    select(*columns_of(t.contact, Person)).where(t.contact.c.id == bindparam("id")), Person
)


def get(tx: Tx, contact_id: str) -> Person | None:
    """One contact, whatever part they play."""
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


_FAXES = Prepared(
    select(t.contact.c.fax, t.site_contact.c.site_id)
    .outerjoin(t.site_contact, t.site_contact.c.contact_id == t.contact.c.id)
    .where(t.contact.c.fax.in_(bindparam("numbers", expanding=True)))
)


def faxes_of(tx: Tx, numbers: Iterable[str]) -> dict[str, set[str]]:
    """{number: the sites where its owner has a part}, of ``numbers`` that are somebody's fax."""
    found: dict[str, set[str]] = {}
    for row in _FAXES.all(tx, {"numbers": list(numbers)}):
        found.setdefault(row["fax"], set()).update(filter(None, [row["site_id"]]))
    return found


def names_of_faxes(tx: Tx, numbers: Iterable[str]) -> list[str]:
    """Whose fax ``numbers`` are."""
    c = t.contact.c
    query = select(c.name).where(c.fax.in_(list(numbers))).distinct().order_by(c.name).limit(3)
    return list(tx.execute(query).scalars())


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
