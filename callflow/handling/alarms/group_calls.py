"""One call to a person who stands behind many incidents (D10): it lists them, and speaks for all.

A call to a contact that is *requested* while another to the same contact is being made *follows*
it, as long as nothing was said yet. What the person answers counts for each incident as far as the
person's authority goes there; how the call ends, ends them all.
"""

from datetime import datetime

from callflow.core.alarms import escalation
from callflow.core.alarms.incident import Incident, Machine
from callflow.core.calls.call import Call, CallState, Dialogue, Outcome
from callflow.core.calls.on_call import as_called
from callflow.core.plans import call_plan
from callflow.core.sites.site import Authority
from callflow.handling.base.policy import Policy
from callflow.handling.base.telling import tell
from callflow.handling.calls.dialling import refused_calls
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.calls import calls

#: The conversations that can be about several incidents; a message only where it is the same (D9).
_ABOUT_MANY = frozenset({Dialogue.VERIFICATION, Dialogue.MESSAGE})


def gather(tx: Tx, leader: Call, policy: Policy, now: datetime) -> None:
    """Let whoever waits to call the same contact follow ``leader``, which is made now."""
    if leader.dialogue not in _ABOUT_MANY or leader.contact_id is None or leader.requester:
        return
    incident = calls.incident_of(tx, leader)
    if incident is None or incident.exercise:
        return
    waiting = calls.may_follow(tx, leader)
    # A stand-in's is asked about by nobody: its numbers were looked at as it was begun.
    forbidden = refused_calls(tx, waiting, policy, now) if waiting and not leader.shadow else {}
    for call in waiting:
        if call.id not in forbidden and _says_the_same(tx, call, leader, incident):
            _follow(tx, call, leader, now)


def follow_if_ringing(tx: Tx, call: Call, incident: Incident, now: datetime) -> None:
    """A call that was just asked for follows one to the same contact in which nobody spoke yet."""
    if call.dialogue not in _ABOUT_MANY or incident.exercise:
        return
    leader = calls.leader_for(tx, call)
    other = calls.incident_of(tx, leader) if leader else None
    if (
        leader is not None
        and other is not None
        and not other.exercise
        and _says_the_same(tx, leader, call, incident)
    ):
        _follow(tx, call, leader, now)


def _says_the_same(tx: Tx, call: Call, other: Call, others_incident: Incident) -> bool:
    """Say whether ``other``, of ``others_incident``, says what ``call`` would."""
    if call.dialogue is not Dialogue.MESSAGE:
        return True
    incident = calls.incident_of(tx, call)
    return incident is not None and _text(incident, call) == _text(others_incident, other)


def _text(incident: Incident, call: Call) -> str:
    steps = {step["id"]: step for step in incident.plan["steps"]}
    return str(steps.get(call.step, {}).get("text", ""))


def _follow(tx: Tx, call: Call, leader: Call, now: datetime) -> None:
    if calls.follow(tx, call.id, leader.id):
        incident = calls.incident_of(tx, call)
        tell(tx, "call_follows", now, incident, to=call.to, call=call.id, leader=leader.id)


def followers(tx: Tx, call_id: str) -> list[tuple[Call, Incident]]:
    """(call, incident) of each that ``call_id`` speaks for, the incidents locked."""
    found = []
    for call in calls.followers(tx, call_id):
        incident = calls.incident_of(tx, call, lock=True)
        assert incident is not None, "who follows has an incident"
        found.append((call, incident))
    return found


def answer_for(tx: Tx, call: Call, incident: Incident, outcome: Outcome, now: datetime) -> Outcome:
    """An answer's meaning for one of the incidents: the person may have less authority there, and
    another alarm may not wait for them."""
    if outcome is Outcome.CALL_BACK and not may_call_back(tx, call, incident, now):
        return Outcome.NEXT_PERSON
    if outcome is not Outcome.VERIFIED_OK:
        return outcome
    kind = incident.kind
    site = site_now(tx, incident.site_id, kind, now) if incident.site_id else None
    person = as_called(site, call.contact_id, now) if site and call.contact_id else None
    may = person is not None and person.may(Authority.CANCEL, kind)
    return outcome if may else Outcome.VERIFIED_NO_AUTHORITY


def may_call_back(tx: Tx, call: Call, incident: Incident, now: datetime) -> bool:
    """Say whether the person of ``call`` may ask to be called again about ``incident``."""
    plan = call_plan.from_json(incident.plan)
    step = next((step for step in plan.steps if step.id == call.step), None)
    if step is None or incident.step != step.id or incident.step_since is None:
        return False
    if not step.call_back:  # nearly always: what was called before is not looked up for it
        return False
    made = calls.attempts(tx, incident.id)
    category = incident.category
    who, since = call.contact_id or "", incident.step_since
    return escalation.may_call_back(step, category, who, made, since=since, now=now)


def let_followers_go(tx: Tx, leader: Call) -> None:
    """``leader`` ended before anybody was asked: each waits for a call of its own again."""
    for call in calls.followers(tx, leader.id):
        calls.change(tx, call.id, state=CallState.REQUESTED, leader=None)


def asked_nobody(leader: Call, incident: Incident | None) -> bool:
    """Say whether a call that ended says nothing of the person: it was withdrawn while it rang."""
    withdrawn = incident is not None and incident.machine is not Machine.RUNNING
    return leader.answered_at is None and leader.result is None and withdrawn
