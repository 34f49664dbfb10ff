"""Where nothing may ring and no word may give an alarm away: asked here by whatever speaks (D29).

``callflow.core.alarms.incident.ruling`` decides it; the rows that it needs are read here.
"""

from callflow.core.alarms.incident import Incident, ruling
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.sites import contacts


def ruling_alarm(tx: Tx, site_id: str | None) -> Incident | None:
    """The open personal alarm of a site, by which every word there goes; None: there is none."""
    return ruling(incidents.unfiled(tx, [site_id], [])) if site_id else None


def is_mute_here(tx: Tx, incident: Incident) -> bool:
    """Say whether nothing may ring or give away where this incident is: of itself, or of another
    one that is open there."""
    return incident.mute or (
        incident.site_id is not None and incidents.site_is_mute(tx, incident.site_id)
    )


def number_is_mute(tx: Tx, number: str) -> bool:
    """Say whether it rings at a mute site, or at one of its people."""
    owners = contacts.owners_of(tx, [number]).get(number, set())
    return bool(incidents.mute_sites(tx, {site for _, site in owners}))
