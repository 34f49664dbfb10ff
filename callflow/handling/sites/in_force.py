"""A site as it is agreed for a while: what deciding, dialling and speaking look at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from callflow.core.signals.signal import Kind
from callflow.core.sites import instructions
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.instructions import Instruction
from callflow.core.sites.site import Site
from callflow.handling.sites import testers
from callflow.storage import Tx
from callflow.storage.sites import contacts, sites
from callflow.storage.sites import instructions as rows


class Reading(NamedTuple):
    """A site, and what is agreed there for a while, as one transaction read them."""

    site: DeclaredSite
    agreed: list[Instruction]


def read(tx: Tx, site_id: str, now: datetime) -> Reading | None:
    """Both at ``now``, for whoever looks at the site several times in this transaction."""
    site = sites.get(tx, site_id)
    return None if site is None else Reading(site, rows.current(tx, site_id, now))


def site_now(
    tx: Tx,
    site_id: str,
    kind: Kind,
    now: datetime,
    *,
    clear: Callable[[bytes], str | None] | None = None,
    reading: Reading | None = None,
) -> Site | None:
    """``sites.load_site`` as an alarm of ``kind`` finds the site at ``now``: with absences and
    other numbers as they are agreed for a while. ``reading``: what ``read`` gave at ``now``."""
    known = None if reading is None else reading.site
    site = sites.load_site(tx, site_id, clear=clear, declared=known)
    if site is None:
        return None
    tester = testers.last(tx, site_id) if kind is Kind.ON_TEST else None
    if tester is not None and site.person(tester.id) is None:  # a technician is no contact of it
        site = replace(site, contacts=(*site.contacts, tester))
    agreed = rows.current(tx, site_id, now) if reading is None else reading.agreed
    if not agreed:
        return site
    instead = contacts.people(tx, {each.replacement_id for each in agreed if each.replacement_id})
    return instructions.apply(site, agreed, now, kind, instead)
