"""Evidence files: who asked for them, and what of the logbook proves what is in one."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from callflow.core.records import logbook
from callflow.core.records.disclosure import Disclosure
from callflow.core.records.logbook import ERASED, Entry, Seal
from callflow.core.sites.declared import Person
from callflow.core.sites.site import Role
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, columns_of, first, found
from callflow.storage.records.logbook import each_entry
from callflow.storage.records.sealing import seals_from
from callflow.storage.schema.logbook import RARE

_C = t.disclosure.c
#: Seals looked at behind each moment at which something was told: a minute, and a slow one.
_SEALS = 3
#: Parts at a site that no person plays.
_NO_PERSONS = (Role.PREMISES, Role.DEVICE, Role.MAINTENANCE, Role.GUARD, Role.LISTEN_IN)


def insert(tx: Tx, asked: Disclosure) -> None:
    """It was asked for."""
    tx.execute(t.disclosure.insert().values(**columns(asked)))


def get(tx: Tx, disclosure_id: str) -> Disclosure | None:
    """One of them."""
    return first(tx, select(t.disclosure).where(_C.id == disclosure_id), Disclosure)


def latest(tx: Tx, *, incident_id: str = "", limit: int = 200) -> list[Disclosure]:
    """The newest (of one alarm), newest first."""
    query = select(t.disclosure).order_by(_C.asked_at.desc(), _C.id.desc()).limit(limit)
    if incident_id:
        query = query.where(_C.incident_id == incident_id)
    return found(tx, query, Disclosure)


def made(
    tx: Tx,
    disclosure_id: str,
    now: datetime,
    *,
    size: int,
    sha256: str,
    masked: int,
    left_out: int,
    stamped: bool,
) -> None:
    """A file was made of it."""
    values = {"made_at": now, "size": size, "sha256": sha256, "masked": masked}
    values |= {"left_out": left_out, "stamped": stamped}
    tx.execute(update(t.disclosure).where(_C.id == disclosure_id).values(**values))


# --- what proves what is in it --------------------------------------------------------------


def chain(tx: Tx, incident_id: str) -> list[Entry]:
    """An alarm's chain in its order, what is left of entries included."""
    c = t.logbook.c
    query = select(t.logbook).where(c.chain == logbook.chain_of(incident_id))
    return list(each_entry(tx, query.order_by(c.seq, c.number)))


def excuses(tx: Tx) -> list[Entry]:
    """The entries that tell what was taken out of others."""
    return list(each_entry(tx, select(t.logbook).where(RARE, t.logbook.c.kind == ERASED)))


def seals_after(tx: Tx, moments: Iterable[datetime]) -> Iterator[Seal]:
    """The seals made next after each of these moments, each once: of very many, found by halves,
    for they are in the order of time and of their numbers."""
    seen, end = 0, None
    for moment in sorted(moments):
        if end is not None and moment <= end:
            continue
        begin = _first_after(tx, moment)
        for seal in seals_from(tx, max(begin, seen + 1), _SEALS):
            # What was told before the first of them may be in it, or in the next: end a minute on.
            end = seal.at - timedelta(minutes=1)
            seen = seal.number
            yield seal


def _first_after(tx: Tx, moment: datetime) -> int:
    c = t.seal.c
    low, high = (
        1,
        1 + (tx.execute(select(c.number).order_by(c.number.desc()).limit(1)).scalar() or 0),
    )
    while low < high:
        middle = (low + high) // 2
        query = select(c.number, c.at).where(c.number >= middle).order_by(c.number).limit(1)
        found_at = tx.execute(query).first()
        if found_at is not None and found_at.at < moment:
            low = found_at.number + 1
        else:
            high = middle
    return low


# --- whom it may name -----------------------------------------------------------------------


def people_of(tx: Tx, site_id: str | None, contact_ids: Sequence[str]) -> list[Person]:
    """Who had or has a part at a site, and these."""
    c, part, former = t.contact.c, t.site_contact.c, t.former_contact.c
    wanted = [
        c.id.in_(list(contact_ids)),
        c.id.in_(select(part.contact_id).where(part.site_id == site_id)),
        c.id.in_(select(former.contact_id).where(former.site_id == site_id)),
    ]
    query = select(*columns_of(t.contact, Person)).where(or_(*wanted)).order_by(c.id)
    return found(tx, query, Person)


def no_persons(tx: Tx, contact_ids: Sequence[str]) -> set[str]:
    """Those of these contacts that are premises, devices or firms wherever they have a part."""
    c = t.site_contact.c
    query = select(c.contact_id, c.role).where(c.contact_id.in_(list(contact_ids)))
    persons: set[str] = set()
    others: set[str] = set()
    for contact_id, role in tx.execute(query):
        (others if Role(role) in _NO_PERSONS else persons).add(contact_id)
    return others - persons


def firms_among(tx: Tx, contact_ids: Sequence[str]) -> set[str]:
    """Those of these contacts that are firms, or people of one."""
    part, member, ids = t.site_contact.c, t.firm_member.c, list(contact_ids)
    roles = [Role.MAINTENANCE.value, Role.GUARD.value]
    firms = select(part.contact_id).where(part.contact_id.in_(ids), part.role.in_(roles))
    people = select(member.contact_id).where(member.contact_id.in_(ids))
    return {*tx.execute(firms).scalars(), *tx.execute(people).scalars()}


def names_elsewhere(
    tx: Tx, site_ids: Iterable[str], incident_ids: Iterable[str], site_id: str | None
) -> list[str]:
    """The names of other sites, by their ids or by their alarms'."""
    s, i = t.site.c, t.incident.c
    sites: set[str | None] = set(site_ids)
    for some in _some(sorted(set(incident_ids))):
        sites.update(tx.execute(select(i.site_id).where(i.id.in_(some))).scalars())
    sites -= {site_id, None}
    names: set[str] = set()
    for some in _some(sorted(filter(None, sites))):
        names.update(tx.execute(select(s.name).where(s.id.in_(some))).scalars())
    return sorted(names)


def _some(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[at : at + 500] for at in range(0, len(values), 500))
