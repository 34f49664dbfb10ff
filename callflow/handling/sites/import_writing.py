"""What a file of sites says, written: a few statements for many rows in one transaction.

It is refused where any site was changed since the file was compared (``sites.accounts_changed``).
All that can be done before others have to wait for it is done before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.records.logbook import Draft
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import draft
from callflow.handling.sites.imports import Changed, Prepared
from callflow.storage import Tx
from callflow.storage.engine import locks
from callflow.storage.records import logbook
from callflow.storage.sites import files, removed, sites
from callflow.storage.sites.files import Writes

Row = dict[str, Any]


class SitesChanged(Refused):
    """Somebody changed a site since the file was compared."""

    def __init__(self) -> None:
        super().__init__("somebody changed sites meanwhile: look at what the file would do now")


@dataclass(kw_only=True, slots=True)
class Ready:
    """What was prepared, with its entries of the logbook: all that can be made before others have
    to wait."""

    version: str
    plans: frozenset[str]
    taken_up: dict[str, str]
    rows: files.Ready
    entries: list[Draft]


def ready(prepared: Prepared, *, name: str, sha256: str, who: str, now: datetime) -> Ready:
    """To write ``prepared``, of the file of this ``name``. Raises Refused where it has errors."""
    if prepared.faults:
        raise Refused("the file has errors: nothing is imported")
    _stamp(prepared.writes, name, who, now)
    entries = [_of_site(site, who, now) for site in prepared.sites]
    entries += [_of_former(row, prepared.people, name, who, now) for row in prepared.writes.former]
    counts: Row = {f"contacts_{what}": n for what, n in prepared.contacts.items()}
    whole = draft(
        "sites_imported",
        now,
        author=who,
        by=who,
        file=name,
        sha256=sha256,
        rows=prepared.rows,
        created=prepared.created,
        changed=prepared.changed,
        **counts,
    )
    return Ready(
        version=prepared.version,
        plans=prepared.plans,
        taken_up=prepared.writes.taken_up,
        rows=files.ready(prepared.writes),
        entries=[*entries, whole],
    )


def write(tx: Tx, done: Ready) -> None:
    """All of it, and an entry for each site and for the import. Raises SitesChanged."""
    locks.share(tx, locks.Lock.PLAN, done.plans)  # none is withdrawn before the sites follow it
    if files.version(tx, locked=True) != done.version:
        raise SitesChanged
    removed.clear_accounts(tx, done.taken_up)
    files.write(tx, done.rows)
    if len(done.entries) > 1:  # a site is written
        sites.accounts_changed(tx)
    logbook.append(tx, *done.entries)


def _stamp(writes: Writes, reason: str, who: str, now: datetime) -> None:
    """When it is written: whoever reads what changed since pages by that."""
    for row in writes.new_sites:
        row |= {"changed_at": now, "state_since": now}
    for row in writes.changed_sites:
        row["changed_at"] = now
    for row in writes.former:
        row |= {"reason": reason, "closed_by": who, "closed_at": now, "restored_at": None}


def _of_site(site: Changed, who: str, now: datetime) -> Draft:
    if site.new:
        return draft("site_created", now, site=site.id, author=who, by=who)
    return draft("site_changed", now, site=site.id, author=who, by=who, fields=site.fields)


def _of_former(row: Row, people: dict[str, str], reason: str, who: str, now: datetime) -> Draft:
    contact = row["contact_id"]
    told: Row = dict(who=people[contact], contact=contact, role=row["role"], because=reason)
    return draft("contact_closed", now, site=row["site_id"], author=who, by=who, **told)
