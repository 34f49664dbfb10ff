"""Calls of a station, or of a site, in shadow: nobody is called, a stand-in says how each went.

When a call rings, is picked up and ends follows from its own times and from how it goes
(``StandIns.answer``), which is the same at every look: nothing is remembered, and after a restart
in the middle it goes on where it was.
"""

from datetime import datetime, timedelta

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import REACHED, Call, CallState, Outcome
from callflow.core.calls.on_call import as_called
from callflow.core.calls.trunks import SHADOW
from callflow.core.simulation.behaviour import ANSWERED, Answer
from callflow.core.simulation.stand_ins import Asked, StandIns
from callflow.handling.alarms.group_calls import answer_for
from callflow.handling.calls import calling
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.calls import calls


def waits(tx: Tx, node: str) -> bool:
    """True where there is anything for ``go_on``."""
    return calls.waits(tx, node, shadow=True) or bool(calls.in_shadow(tx, node))


def go_on(tx: Tx, people: StandIns, *, node: str, now: datetime) -> None:
    """Begin what was asked for, and bring what is under way to where it is by now."""
    calling.claim_in_shadow(tx, node=node, now=now)
    live = calls.in_shadow(tx, node)
    unwanted = calls.all_asked_to_end(tx, [call.id for call in live]) if live else set()
    for call in live:
        if call.id in unwanted:
            _end(tx, call, Outcome.NO_ANSWER, now)
        else:
            _go_on(tx, people, call, now)


def _go_on(tx: Tx, people: StandIns, call: Call, now: datetime) -> None:
    incident = calls.incident_of(tx, call, lock=True)
    answer = people.answer(_asked(tx, call, incident))
    assert answer.outcome is not None, "a stand-in's call ends"
    if call.state is CallState.STARTED:
        calling.call_ringing(tx, call.id, now)
    elif call.state is CallState.RINGING and _passed(call.ringing_at, answer.ring_s, now):
        if answer.outcome in ANSWERED:
            calling.call_answered(tx, call.id, now)
        else:
            _end(tx, call, answer.outcome, now)
    elif call.state is CallState.ANSWERED and _passed(call.answered_at, answer.talk_s, now):
        _conclude(tx, call, incident, answer, now)


def _passed(since: datetime | None, seconds: float, now: datetime) -> bool:
    return since is None or now - since >= timedelta(seconds=seconds)


def _conclude(tx: Tx, call: Call, incident: Incident | None, answer: Answer, now: datetime) -> None:
    outcome = answer.outcome
    assert outcome is not None
    if incident is not None:  # as far as whoever says it may (D3)
        outcome = answer_for(tx, call, incident, outcome, now)
    if outcome in REACHED:
        calling.dialogue_concluded(tx, call.id, outcome, now)
    _end(tx, call, outcome, now)


def _end(tx: Tx, call: Call, outcome: Outcome, now: datetime) -> None:
    calling.call_ended(tx, call.id, outcome=outcome, detail=SHADOW, now=now)


def _asked(tx: Tx, call: Call, incident: Incident | None) -> Asked:
    at = call.placed_at or call.requested_at
    site = incident.site_id if incident else None
    here = site_now(tx, site, incident.kind, at) if incident and site else None
    person = as_called(here, call.contact_id, at) if here and call.contact_id else None
    return Asked(
        number=call.to,
        contact=call.contact_id or "",
        at=at,
        attempt=call.attempt,
        dialogue=call.dialogue,
        ring_time=call.ring_time,
        kind=incident.kind.value if incident else "",
        account=incident.account if incident else "",
        step=call.step,
        role=person.role.value if person else "",
        rank=person.rank if person else 0,
    )
