"""The evidence of an incident, from its rows (callflow/core/alarms/evidence.py)."""

from collections.abc import Sequence

from callflow.core.alarms import evidence
from callflow.core.alarms.evidence import Evidence, Facts, GuardReport, Trip
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call
from callflow.core.interventions.law import Verification
from callflow.core.messages.outbox import Image
from callflow.core.plans.task import TaskOutcome
from callflow.core.signals.signal import Treatment
from callflow.core.sites.zones import zone_key, zone_name
from callflow.storage import Tx
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from callflow.storage.sites import sites
from callflow.storage.watch import supervision

_TRIPPED = frozenset({Treatment.OPENED, Treatment.JOINED})
_LONGEST = 2000  # entries


def evidence_of(
    tx: Tx,
    incident: Incident,
    made: Sequence[Call],
    recorded: Sequence[Verification],
    images: Sequence[Image],
) -> Evidence | None:
    """The evidence for and against an intrusion, by the incident's calls, verifications, images and
    rows; None where nobody may have broken in."""
    if incident.kind not in evidence.ABOUT or incident.site_id is None:
        return None
    shown = [image for image in images if not image.problem]
    judged = {one.image_id for one in recorded} & {image.id for image in shown}
    facts = Facts(
        trips=_trips(tx, incident),
        confirmed=incident.confirmed,
        armed=_armed(tx, incident.site_id),
        calls=made,
        verifications=recorded,
        guards=_reports(tx, incident.id),
        images=len(shown),
        judged=len(judged),
    )
    return evidence.assess(facts)


def _trips(tx: Tx, incident: Incident) -> list[Trip]:
    names = sites.zone_names(tx, incident.site_id) if incident.site_id else {}
    restored: set[str] = set()
    found = []
    for signal in signals.of_incidents(tx, [incident.id])[incident.id]:
        zone = zone_key(signal.zone)
        if signal.treatment is Treatment.RESTORED:
            restored.add(zone)
        elif signal.treatment in _TRIPPED:
            name = zone_name(names, signal.account, signal.zone) or zone
            found.append(Trip(zone=name, at=signal.happened_at, again=zone in restored))
    return found


def _armed(tx: Tx, site_id: str) -> bool | None:
    """Say whether any part of the site is; None: no panel told."""
    told = [part.armed for part in supervision.arming(tx, [site_id])[site_id].partitions]
    return any(told) if told else None


def _reports(tx: Tx, incident_id: str) -> list[GuardReport]:
    entries = logbook.page(tx, incident=incident_id, limit=_LONGEST)
    return [
        GuardReport(
            traces=entry.data.get("outcome") == TaskOutcome.TRACES.value,
            inside=entry.data.get("where") in ("inside", "everywhere"),
            by=str(entry.data.get("who", "")),
        )
        for entry in entries
        if entry.kind == "guard_report"
    ]
