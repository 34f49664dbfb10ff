"""Images that a person has fetched: cameras once more, and a link of a signal (D24)."""

from datetime import datetime

from callflow.core.alarms.incident import Incident, State
from callflow.core.messages.outbox import Channel, Take, host_of
from callflow.handling.alarms.operating import acted, known
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.messages.images import fetch_images
from callflow.handling.messages.outbox import insert
from callflow.storage import Tx
from callflow.storage.messages import outbox
from callflow.storage.signals import signals

#: Links that may be fetched for one incident.
_MOST_LINKS = 30


def fetch_again(tx: Tx, incident_id: str, who: str, now: datetime) -> Incident:
    """``who`` looks again; the incident's row. Raises NotFound, Refused."""
    incident = _open(tx, incident_id)
    if not fetch_images(tx, incident, now):
        raise Refused("no camera of this site can be asked")
    return acted(tx, incident, who, now)


def fetch_link(tx: Tx, incident_id: str, who: str, link: str, now: datetime) -> Incident:
    """``who`` has a link of one of the incident's signals fetched; the incident's row.

    Raises NotFound, Refused.
    """
    incident = _open(tx, incident_id)
    sent = signals.of_incidents(tx, [incident_id])[incident_id]
    if link not in {found for signal in sent for found in signal.links}:
        raise Refused("no signal of this incident has this link")
    if outbox.asked_links(tx, incident_id) >= _MOST_LINKS:
        raise Refused("too many links were fetched for this incident: open the others yourself")
    data = {"take": Take.LINK.value, "link": link}
    insert(tx, incident, now, channel=Channel.IMAGES, to="", subject=host_of(link), data=data)
    tell(tx, "link_asked", now, incident, who_did=who, by=who, link=link)
    return acted(tx, incident, who, now)


def _open(tx: Tx, incident_id: str) -> Incident:
    incident = known(tx, incident_id)
    if incident.state is State.FILED:
        raise Refused("this incident is filed: no image is fetched any more")
    return incident
