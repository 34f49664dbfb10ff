"""Where a site's pictures are, and which of them an incident's page leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from callflow.core.alarms.incident import Incident
from callflow.core.sites.drawings import Named, showing
from callflow.storage import Tx
from callflow.storage.sites import drawings

#: Zones that an address names.
MOST_ZONES = 50


@dataclass(frozen=True, slots=True)
class Link:
    """A picture that shows a zone in alarm, and where."""

    title: str
    address: str


def address_of(site_id: str, zones: Sequence[Named] = (), drawing: str = "") -> str:
    """A site's pictures, at these zones, or at this picture."""
    asked = [("zone", f"{account}/{zone}") for account, zone in zones[:MOST_ZONES]]
    asked += [("drawing", drawing)] if drawing else []
    query = f"?{urlencode(asked)}" if asked else ""
    return f"/sites/{quote(site_id, safe='')}/drawings{query}"


def link_of(tx: Tx, incident: Incident) -> Link | None:
    """The picture of its site that shows most of the incident's zones; None: none shows any."""
    zones = [(incident.account, zone) for zone in incident.zones if zone]
    if incident.site_id is None or not zones:
        return None
    shown = showing(drawings.of_site(tx, incident.site_id), zones)
    return Link(shown.title, address_of(shown.site_id, zones)) if shown else None
