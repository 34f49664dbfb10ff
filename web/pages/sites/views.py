"""A site as an operator sees it: where no alarm is open, and beside one."""

from datetime import datetime
from typing import Any

from callflow.core.signals.signal import Kind
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.schedule import Schedule
from callflow.handling.alarms.by_hand import TOLD
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.interventions import firms, measures
from callflow.storage.sites import contacts, sites
from callflow.storage.watch import supervision
from web.pages.alarms import views
from web.pages.alarms.people_views import away, instructions_of

#: So many of its last incidents are shown.
_LAST = 12


def shown(tx: Tx, site_id: str, now: datetime) -> dict[str, Any] | None:
    """Everything that a site's page shows; None where there is no such site."""
    site = sites.get(tx, site_id)
    if site is None:
        return None
    here = site_now(tx, site_id, Kind.UNKNOWN, now)
    return {
        "site": site,
        "zone": site.timezone,
        "accounts": [row.account for row in sites.accounts(tx, site_id)],
        "contacts": [views.contact(row) for row in contacts.called(tx, site_id)],
        "away": away(here, now),
        "map": views.map_links(site.address),
        "closing": _closing(site),
        "armed": views.armed(tx, site_id),
        "visits": firms.visits_at(tx, site_id),
        "faults": measures.faults(tx, site_id),
        "tests": supervision.running_tests(tx, [site_id], now).get(site_id, []),
        "instructions": instructions_of(tx, site_id, Kind.UNKNOWN, now),
        "open": incidents.unfiled(tx, [site_id], []),
        "last": incidents.last_of_site(tx, site_id, _LAST),
        "kinds": [kind.value for kind in TOLD],
    }


def _closing(site: DeclaredSite) -> datetime | None:
    """The next closing that is waited for; None where nothing is."""
    if site.schedule_due is None or not site.schedule:
        return None
    return site.schedule_due - Schedule.from_json(site.schedule).late
