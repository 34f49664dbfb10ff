"""A contact's test call: an exercise of one step, announced as one, that ends with a key.

It goes the way of every call: rows, the dial policy's gate, the trunk. Who has a code is asked for
it, as for real; a code of duress makes it real, as in any exercise.
"""

from datetime import datetime

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, Outcome
from callflow.core.calls.on_call import Who
from callflow.core.plans.call_plan import EXHAUSTED, Plan, Step, StepKind
from callflow.core.signals.signal import Kind
from callflow.handling.alarms.acting import EXERCISE
from callflow.handling.alarms.rehearsing import rehearse
from callflow.handling.base.refusals import NotFound, Refused
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.sites import contacts
from callflow.texts.sites import TEST_CALL

#: The plan's id: no plan of the station's has one that begins so.
PLAN = "=test-call"
#: Test calls are looked for among so many of the site's newest incidents.
_NEWEST = 100


def test_call(tx: Tx, site_id: str, contact_id: str, who: str, now: datetime) -> Incident:
    """Call one contact of a site, now; the exercise's incident. Raises NotFound, or Refused as
    ``rehearse`` does and where the contact has no number."""
    found = [row for row in contacts.called(tx, site_id) if row.id == contact_id]
    if not found:
        raise NotFound("there is no such contact at this site")
    contact = found[0]
    if not contact.phone:
        raise Refused("this contact has no number")
    text = TEST_CALL[0 if contact.language == "fr" else 1]
    end = Step(id="end", kind=StepKind.CLOSE, code=EXERCISE)
    step = Step(
        id="test_call",
        kind=StepKind.MESSAGE,
        text=text,
        who=(Who(contact=contact_id),),
        identify=contact.code is not None,
        outcomes={Outcome.ACKNOWLEDGED: end.id, EXHAUSTED: end.id},
    )
    plan = Plan(id=PLAN, version=1, name=f"{TEST_CALL[2]} : {contact.name}", steps=(step, end))
    return rehearse(tx, plan, site_id, Kind.TEST, who, now)


def results(tx: Tx, site_id: str) -> dict[str, Call]:
    """{contact: their newest test call}."""
    tests = [
        incident
        for incident in incidents.last_of_site(tx, site_id, _NEWEST)
        if incident.exercise and incident.plan["id"] == PLAN
    ]
    made = calls.of_incidents(tx, [incident.id for incident in tests])
    found: dict[str, Call] = {}
    for incident in tests:  # the newest first
        for call in made[incident.id]:
            if call.contact_id:
                found.setdefault(call.contact_id, call)
    return found
