"""Second thoughts: a filed alarm is open again within the hour, with its reason."""

from datetime import datetime, timedelta

from callflow.core.alarms import apply
from callflow.core.alarms.incident import Incident, State
from callflow.handling.alarms.operating import known, not_anothers
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, open_ends

#: So long after it was filed; later it is history, and what is new is a new alarm.
WITHIN = timedelta(hours=1)
_FILED = ("filed", "filed_by_hand")


def may_reopen(tx: Tx, incident: Incident, now: datetime) -> datetime | None:
    """Until when a filed alarm may be opened again; None: it may not (any more)."""
    if incident.state is not State.FILED or incident.exercise:
        return None
    filed = open_ends.told_at(tx, incident.id, _FILED)
    until = filed + WITHIN if filed is not None else None
    return until if until is not None and now < until else None


def reopen(tx: Tx, incident_id: str, who: str, reason: str, now: datetime) -> Incident:
    """It is ``who``'s again, at what it was filed with; its plan stays as it ended. Raises Held,
    NotFound, Refused."""
    incident = known(tx, incident_id)
    if incident.state is not State.FILED:
        raise Refused("this incident is not filed: there is nothing to reopen")
    if incident.exercise:
        raise Refused("an exercise is not opened again: begin another")
    if not reason.strip():
        raise Refused("say why it is opened again")
    if may_reopen(tx, incident, now) is None:
        raise Refused("it was filed more than an hour ago: note what is new in its logbook")
    for other in incidents.unfiled(tx, [incident.site_id], []) if incident.site_id else ():
        not_anothers(other, who)
    told = {"by": who, "reason": reason.strip()}
    tell(tx, "reopened", now, incident, who_did=who, **told)
    return incidents.change(tx, incident, **apply.second_thought(incident, who, now))
