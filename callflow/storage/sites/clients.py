"""A client's rows: their sites, who is called there, what happened; and a client forgotten."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, select, update

from callflow.core.records.erasure import GONE
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.records import erasure
from callflow.storage.records.erasure import Home
from callflow.storage.sites import drawings, removed, search


def names(tx: Tx, client_id: str) -> Iterator[str]:
    """What every other client is called."""
    c = t.client.c
    yield from tx.execute(select(c.name).where(c.id != client_id)).scalars()


def called_at(tx: Tx, site_ids: Sequence[str]) -> list[str]:
    """Everybody who has a part at one of these sites, or had one."""
    found: set[str] = set()
    for table in (t.site_contact, t.former_contact):
        query = select(table.c.contact_id).where(table.c.site_id.in_(site_ids))
        found |= set(tx.execute(query).scalars())
    return sorted(found)


def only_called_at(tx: Tx, site_ids: Sequence[str]) -> list[str]:
    """Those of them who have no part elsewhere, and are of no firm."""
    link = t.site_contact.c
    elsewhere = select(link.contact_id).where(link.site_id.not_in(site_ids))
    of_firms = select(t.firm_member.c.contact_id), select(t.guard_firm.c.contact_id)
    c = t.contact.c
    query = select(c.id).where(c.id.in_(called_at(tx, site_ids)), c.id.not_in(elsewhere))
    for theirs in of_firms:
        query = query.where(c.id.not_in(theirs))
    return list(tx.execute(query.order_by(c.id)).scalars())


def calls_of(tx: Tx, site_ids: Sequence[str]) -> list[str]:
    """The calls of alarms of these sites."""
    c = t.call.c
    alarms = select(t.incident.c.id).where(t.incident.c.site_id.in_(site_ids))
    return list(tx.execute(select(c.id).where(c.incident_id.in_(alarms))).scalars())


def last_alarm(tx: Tx, site_ids: Sequence[str]) -> datetime | None:
    """When the newest alarm of one of them was opened."""
    c = t.incident.c
    return tx.execute(select(func.max(c.opened_at)).where(c.site_id.in_(site_ids))).scalar()


def home_of(tx: Tx, site_ids: Sequence[str]) -> Home:
    """What is about these sites."""
    home = erasure.home_of(tx, "", site_ids, ())
    return replace(home, calls=frozenset(calls_of(tx, site_ids)))


def images_of(tx: Tx, site_ids: Sequence[str]) -> list[str]:
    """The paths of what cameras of these sites saw."""
    c = t.image.c
    alarms = select(t.incident.c.id).where(t.incident.c.site_id.in_(site_ids))
    query = select(c.path).where(c.incident_id.in_(alarms), c.path != "")
    return list(tx.execute(query).scalars())


def forget(tx: Tx, client_id: str, pseudonym: str, now: datetime) -> None:
    """The sites are somebody's of whom nothing is known, and have no name, address or secret."""
    s = t.site.c
    theirs = [site.id for site in search.sites_of(tx, client_id)]
    removed.forget_sites(tx, theirs)
    drawings.forget_sites(tx, theirs)
    tx.execute(t.client.insert().values(id=pseudonym, name=GONE))
    secrets = ("recognition_word", "password", "duress_password")
    nothing = dict.fromkeys((*secrets, "latitude", "longitude"))
    values = {"client_id": pseudonym, "name": GONE, "address": "", "police_agreement": ""}
    of_client = update(t.site).where(s.client_id == client_id)
    tx.execute(of_client.values(**values, **nothing, cameras=[], changed_at=now))
    tx.execute(delete(t.client).where(t.client.c.id == client_id))
