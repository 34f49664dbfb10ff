"""What a file of sites says, written: a few statements for many rows in one transaction.

It is refused where any site was changed since the file was compared (``sites.accounts_changed``).
All that can be done before others have to wait for it is done before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.records.logbook import Draft
from callflow.core.sites.contract import Former
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import draft
from callflow.handling.sites.contracts import former_of
from callflow.handling.sites.files.imports import Changed, Prepared
from callflow.storage import Tx
from callflow.storage.engine import locks
from callflow.storage.records import logbook
from callflow.storage.sites import files, removed, sites


class SitesChanged(Refused):
    """Somebody changed a site since the file was compared."""

    def __init__(self) -> None:
        super().__init__("somebody changed sites meanwhile: look at what the file would do now")


@dataclass(frozen=True, slots=True)
class Ready:
    """What was prepared, with all that can be made before others have to wait."""

    prepared: Prepared
    steps: list[files.Step]
    entries: list[Draft]


def ready(prepared: Prepared, *, name: str, sha256: str, who: str, now: datetime) -> Ready:
    """To write ``prepared``, of the file of this ``name``. Raises Refused where it has errors."""
    if prepared.faults:
        raise Refused("the file has errors: nothing is imported")
    told: dict[str, Any] = {f"contacts_{what}": n for what, n in prepared.contacts.items()}
    told |= {"created": prepared.created, "changed": prepared.changed, "rows": prepared.rows}
    whole = draft("sites_imported", now, author=who, by=who, file=name, sha256=sha256, **told)
    former = [
        former_of(site, contact, reason=name, who=who, now=now) for site, contact in prepared.left
    ]
    entries = [_of_site(site, who, now) for site in prepared.sites]
    entries += [*map(_closed, former), whole]
    return Ready(prepared, files.steps(prepared.writes, former, now), entries)


def write(tx: Tx, done: Ready) -> None:
    """All of it, and an entry for each site and for the import. Raises SitesChanged."""
    prepared = done.prepared
    locks.share(tx, locks.Lock.PLAN, prepared.plans)  # none is withdrawn before sites follow it
    if files.version(tx, locked=True) != prepared.version:
        raise SitesChanged
    removed.clear_accounts(tx, prepared.writes.taken_up)
    files.write(tx, done.steps)
    if prepared.sites:
        sites.accounts_changed(tx)
    logbook.append(tx, *done.entries)


def _of_site(site: Changed, who: str, now: datetime) -> Draft:
    if site.new:
        return draft("site_created", now, site=site.id, author=who, by=who)
    return draft("site_changed", now, site=site.id, author=who, by=who, fields=site.fields)


def _closed(former: Former) -> Draft:
    told = {"who": former.name, "contact": former.contact_id, "role": former.role.value}
    told |= {"because": former.reason, "by": former.closed_by}
    return draft(
        "contact_closed", former.closed_at, site=former.site_id, author=former.closed_by, **told
    )
