"""Decided by ``escalation``, done here: actions become rows, in the transaction at hand."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from callflow.core.alarms import apply, escalation
from callflow.core.alarms.escalation import (
    Close,
    EndTask,
    EnterStep,
    Finish,
    HandToHuman,
    NoNumber,
    OpenTask,
    PlaceCall,
    Withdraw,
)
from callflow.core.alarms.incident import Changes, Event, Incident, Machine, State, after
from callflow.core.calls.call import Act, Call, CallState, Dialogue, Outcome
from callflow.core.calls.dial_policy import refusal
from callflow.core.calls.phones import is_phone
from callflow.core.calls.trunks import OWN
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import StepKind
from callflow.core.records.logbook import MACHINE
from callflow.core.signals.signal import FAILURES, Category, Kind
from callflow.core.sites.site import Site
from callflow.handling.alarms import asking
from callflow.handling.alarms.acting import (
    EXERCISE,
    NOT_NORMAL,
    ask_act,
    ask_hang_up,
    close,
    hand_to_human,
    request_call,
    settle,
    withdraw,
)
from callflow.handling.alarms.group_calls import follow_if_ringing
from callflow.handling.base.policy import load_policy
from callflow.handling.base.telling import tell
from callflow.handling.desks.own_phones import station_site
from callflow.handling.sites.in_force import Reading, site_now
from callflow.storage import AWAY, Tx, savepoint
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls

log = logging.getLogger(__name__)

#: Incidents that leave a storm in one transaction: they call a person they share once (D10).
_TOGETHER = 50
#: The resolution code of what came back by itself.
_BACK = "restored"
#: The dialogue of each kind of step's calls.
DIALOGUES = {
    StepKind.QUESTION: Dialogue.QUESTION,
    StepKind.MESSAGE: Dialogue.MESSAGE,
    StepKind.SEND_GUARD: Dialogue.GUARD,
    StepKind.VOICE_FIRST: Dialogue.VOICE,
}


class Known(NamedTuple):
    """Facts of an incident's site that were read already in this transaction."""

    reading: Reading | None = None
    mute: bool | None = None  # whether another alarm of the site may be a personal one; None: ask


NOTHING = Known()


def decide(tx: Tx, incident_id: str, now: datetime, known: Known = NOTHING) -> None:
    """Look at an incident and do what is due. An exception of ours lands on the queue.

    What leaves a storm does so with the others that do, so that who is behind several is rung once.
    """
    storm = _decide_one(tx, incident_id, now, known)
    if storm is not None:
        for other in incidents.leaving_storm(tx, storm, now, limit=_TOGETHER):
            _decide_one(tx, other, now)


def _decide_one(tx: Tx, incident_id: str, now: datetime, known: Known = NOTHING) -> str | None:
    """``decide`` of one; the storm that it leaves, if it does."""
    incident = incidents.get(tx, incident_id, lock=True)
    if incident is None:
        return None
    leaves = _leaves_storm(incident, now)
    try:
        with savepoint(tx):  # what was half done is undone before a human is told
            incident = _look_at_times(tx, incident, now)
            _decide(tx, incident, now, known)
    except AWAY:
        raise
    except Exception:  # invariant 2: any failure lands, loudly, in front of a human
        log.exception("deciding failed for incident %s", incident_id)
        incident = incidents.get(tx, incident_id) or incident
        incident = incidents.change(
            tx,
            incident,
            machine=Machine.DONE,
            machine_due=None,
            normal_due=None,
            parked_until=None,
            storm_until=None,
        )
        hand_to_human(tx, incident, Outcome.ERROR, now)
    return incident.storm_id if leaves else None


def _leaves_storm(incident: Incident, now: datetime) -> bool:
    return incident.storm_until is not None and incident.storm_until <= now


def _look_at_times(tx: Tx, incident: Incident, now: datetime) -> Incident:
    """Deadlines that are not the plan's."""
    if incident.normal_due is not None and incident.normal_due <= now:
        incident = settle(tx, incident, now)  # its hours may have begun, its measure may be over
    if incident.normal_due is not None and incident.normal_due <= now:
        state = after(incident.state, Event.OVERDUE)
        incident = incidents.change(
            tx, incident, state=state, normal_due=None, closed_at=None, storm_until=None
        )
        tell(tx, "overdue", now, incident)
        incident = hand_to_human(tx, incident, NOT_NORMAL, now)
    if incident.parked_until is not None and incident.parked_until <= now:
        incident = incidents.change(tx, incident, parked_until=None)
        if incident.state is State.OPEN:
            tell(tx, "unparked", now, incident, note=incident.reminder)
    return _leave_storm(tx, incident, now) if _leaves_storm(incident, now) else incident


def _leave_storm(tx: Tx, incident: Incident, now: datetime) -> Incident:
    """The storm's delay is over for it: what is back is closed, any other's plan runs (D28)."""
    incident = incidents.change(tx, incident, storm_until=None)
    if incident.state is not State.OPEN:
        return incident
    storm = incidents.get(tx, incident.storm_id) if incident.storm_id is not None else None
    if not incident.normal:
        tell(tx, "storm_left", now, incident)
        incident = _as_of(tx, incident, storm.opened_at if storm else incident.opened_at, now)
        had = incident.human_reason  # why a human had it before
        return hand_to_human(tx, incident, had, now) if had else incident
    code = (storm.resolution_code if storm else None) or _BACK
    return close(tx, incident, code, storm.resolution_text if storm else "", now)


def _as_of(tx: Tx, incident: Incident, began: datetime, now: datetime) -> Incident:
    """A plan that first waits has waited since the storm began: at all its sites alike."""
    first = call_plan.from_json(incident.plan).first
    if first.kind is not StepKind.WAIT or incident.step not in (None, first.id):
        return incident
    if incident.step is None:
        _tell_step(tx, incident, first.id, "opened", now)
    return incidents.change(tx, incident, step=first.id, step_since=began)


def _is_mute(tx: Tx, site: str | None, known: Known) -> bool:
    if site is None:
        return False
    return incidents.site_is_mute(tx, site) if known.mute is None else known.mute


def _site(tx: Tx, incident: Incident, now: datetime, known: Known) -> Site | None:
    if incident.site_id is None:
        return station_site(tx, incident, now)
    return site_now(tx, incident.site_id, incident.kind, now, reading=known.reading)


def _decide(tx: Tx, incident: Incident, now: datetime, known: Known) -> None:
    if incident.machine is not Machine.RUNNING or incident.state is not State.OPEN:
        if incident.machine_due is not None:
            incidents.change(tx, incident, machine_due=None)
        return
    seen = incident
    if incident.mute or _is_mute(tx, incident.site_id, known):
        # Another alarm of the site may be the personal one: nothing rings there at all (D7).
        seen = incident.but(duress=True)
        withdraw(tx, incident, now)
    if incident.storm_until is not None:  # its storm stands for it, so long
        return
    made = calls.attempts(tx, incident.id)
    asked = tasks.of_incident(tx, incident.id)
    plan = call_plan.from_json(incident.plan)
    busy = _busy(tx, made, now)
    unread = incident.site_id is not None and made and known.reading is None
    try:  # its site is read where somebody there is looked for: an answer nearly always leads on
        site = escalation.UNREAD if unread else _site(tx, seen, now, known)
        decision = escalation.next_steps(seen, plan, site, made, now, asked, busy)
    except escalation.SiteNeeded:
        site = _site(tx, seen, now, known)
        decision = escalation.next_steps(seen, plan, site, made, now, asked, busy)
    at = apply.not_before(incident, made, asked, now)
    again = False
    due_before = incident.machine_due
    for action in decision.actions:
        incident, at_once = _act(tx, incident, plan, action, now, at)
        again |= at_once
        if isinstance(action, NoNumber | PlaceCall | OpenTask):
            at += apply.TICK  # the rows of one decision keep their order
    if decision.actions or due_before != decision.due_at:
        incident = _written(tx, incident, decision.due_at)
    if again:  # a number that may not be dialled, a task that is done already: on at once
        _decide(tx, incident, now, known)


def _where(incident: Incident) -> Changes:
    """Where the plan is: what deciding changes in memory first."""
    return {
        "step": incident.step,
        "step_since": incident.step_since,
        "grounds": incident.grounds,
        "rounds": incident.rounds,
    }


def _written(tx: Tx, incident: Incident, due_at: datetime | None) -> Incident:
    """``incident`` with what deciding changed in memory, where the database has it otherwise."""
    changes: Changes = {**_where(incident), "machine": incident.machine, "machine_due": due_at}
    written = incidents.get(tx, incident.id, lock=True)
    if written is not None and written.but(**changes) == written:
        return incident.but(**changes)
    return incidents.change(tx, incident, **changes)


def _busy(tx: Tx, made: Sequence[Call], now: datetime) -> set[str]:
    """The numbers with which another call of ours is busy, of those that late ones wait for."""
    late = now - escalation.UNPLACED_AFTER
    waits = {c.to for c in made if c.state is CallState.REQUESTED and c.requested_at <= late}
    return calls.up_to(tx, waits, now) if waits else set()


def _act(
    tx: Tx,
    incident: Incident,
    plan: call_plan.Plan,
    action: escalation.Action,
    now: datetime,
    at: datetime,
) -> tuple[Incident, bool]:
    """Do one thing, written down as of ``at``: the incident as it will be (``_decide`` writes it),
    and whether it is to be decided again at once."""
    match action:
        case EnterStep():
            return _enter(tx, incident, action, now, at), False
        case PlaceCall():
            return _request(tx, incident, plan.step(action.step), action, now, at)
        case OpenTask():
            return incident, asking.open_task(tx, incident, action, now, at)
        case HandToHuman(reason=reason, text=text):
            return hand_to_human(tx, incident, reason, now, text), False
        case Close(code=code, text=text):
            return close(tx, incident, code, text, now, also=_where(incident)), False
        case Finish():
            return _finish(tx, incident, now), False
    _give_up(tx, incident, action, now, at)
    return incident, False


def _give_up(
    tx: Tx, incident: Incident, action: NoNumber | Withdraw | EndTask, now: datetime, at: datetime
) -> None:
    """Give up whom or what nobody waits for any more."""
    match action:
        case NoNumber(contact=contact, step=step, attempt=attempt):
            _insert_unnumbered(tx, incident, action, at)
            tell(tx, "no_number", now, incident, who=contact.name, step=step, attempt=attempt)
        case Withdraw(step=step):
            withdraw(tx, incident, now, step=step)
        case EndTask(task=task, outcome=outcome):
            asking.give_up(tx, incident, task, outcome, now)


def _finish(tx: Tx, incident: Incident, now: datetime) -> Incident:
    if incident.exercise:  # it wakes nobody, so nobody would close it
        return close(tx, incident, EXERCISE, "", now) if incident.state is State.OPEN else incident
    if incident.kind is Kind.BANK_OPENING and incident.state is State.OPEN:
        return take_personal_path(tx, incident, now)
    return incident.but(machine=Machine.DONE)


def _enter(tx: Tx, incident: Incident, action: EnterStep, now: datetime, at: datetime) -> Incident:
    _tell_step(tx, incident, action.step, action.why, now)
    return incident.but(**apply.enter(incident, action, at))


def _tell_step(tx: Tx, incident: Incident, step: str, why: str, now: datetime) -> None:
    kinds = {step["id"]: step["kind"] for step in incident.plan.get("steps", ())}
    named = asking.name_of(incident, step)
    tell(tx, "step", now, incident, step=step, of=kinds.get(step, ""), why=why, **named)


def _request(
    tx: Tx, incident: Incident, step: call_plan.Step, action: PlaceCall, now: datetime, at: datetime
) -> tuple[Incident, bool]:
    why = None if is_phone(action.to) else refusal(action.to)
    if why is not None:  # never dialled; the list goes on, a human is told
        _insert_unnumbered(tx, incident, action, at, detail=why)
        tell(tx, "dial_refused", now, incident, to=action.to, reason=why)
        return hand_to_human(tx, incident, why, now), True
    policy = load_policy(tx)
    call = request_call(
        tx,
        policy,
        incident,
        at,
        step=action.step,
        contact=action.contact.id,
        to=action.to,
        attempt=action.attempt,
        dialogue=DIALOGUES.get(step.kind, Dialogue.VERIFICATION),
        ring_time=action.ring_s or policy.ring_time,
        priority=_priority(incident),
    )
    who = action.contact.name
    tell(tx, "call_requested", now, incident, who=who, to=action.to, attempt=action.attempt)
    follow_if_ringing(tx, call, incident, now)
    return incident, False


def _priority(incident: Incident) -> int:
    """A call's: vital alarms first, failures of the station's own that endanger nobody last."""
    if incident.category is Category.VITAL and not incident.exercise:
        return 0
    return OWN if incident.kind in FAILURES else incident.priority


def _insert_unnumbered(
    tx: Tx, incident: Incident, action: NoNumber | PlaceCall, now: datetime, *, detail: str = ""
) -> None:
    policy = load_policy(tx)
    call = request_call(
        tx,
        policy,
        incident,
        now,
        step=action.step,
        contact=action.contact.id,
        to=action.contact.phone or "",
        attempt=action.attempt,
        dialogue=Dialogue.VERIFICATION,
        ring_time=0,
        priority=4,
    )
    calls.change(
        tx,
        call.id,
        state=CallState.ENDED,
        outcome=Outcome.NO_NUMBER,
        detail=detail,
        ended_at=now,
    )


def cancel(tx: Tx, incident_id: str, now: datetime) -> None:
    """Cancelled by code at the panel, in time: closed, and nobody is woken for it any more."""
    incident = incidents.get(tx, incident_id, lock=True)
    if incident is None or incident.state is not State.OPEN:
        return
    withdraw(tx, incident, now)
    close(tx, incident, "cancelled", "", now)


def raise_duress(tx: Tx, incident: Incident, now: datetime) -> Incident:
    """A duress code: silently vital, mute from now on, the machine stops (D7, invariant 4)."""
    withdraw(tx, incident, now)
    if incident.exercise:
        tell(tx, "rehearsal_real", now, incident)
    personal: Changes = {**apply.become_personal(), "exercise": False}
    incident = incidents.change(tx, incident, **personal)
    incident = hand_to_human(tx, incident, Outcome.DURESS.value, now)
    mute_site(tx, incident, now)
    return incident


def take_personal_path(tx: Tx, incident: Incident, now: datetime) -> Incident:
    """A bank that answers wrongly, or not at all, is being robbed until a person knows (D18)."""
    withdraw(tx, incident, now)
    tell(tx, "personal_path", now, incident)
    personal = apply.become_personal()
    if incident.holder is None:
        target = now + load_policy(tx).target(Category.VITAL)
        personal["queue_due"] = min(incident.queue_due or target, target)
    incident = incidents.change(tx, incident, **personal)
    mute_site(tx, incident, now)
    return incident


def mute_site(tx: Tx, incident: Incident, now: datetime) -> None:
    """Hush whatever was asked for the site's other alarms: it rings no more there (D7, D29),
    whoever asked for it; a human has them."""
    if incident.site_id is None:
        return
    for other in incidents.unfiled(tx, [incident.site_id], []):
        if other.id == incident.id:
            continue
        _hush(tx, other, now)
        if other.machine is Machine.RUNNING:
            decide(tx, other.id, now)
        else:  # a person's calls ring there, too
            withdraw(tx, other, now)
    for call_id in calls.ringing_at(tx, incident.site_id):
        ask_hang_up(tx, call_id, MACHINE, now)


def _hush(tx: Tx, incident: Incident, now: datetime) -> None:
    """The machine says no more to whoever it speaks with about ``incident``: a human does (D12).
    Who has typed a code under duress goes on hearing success."""
    for call in calls.spoken_to(tx, incident.id):
        calls.change(tx, call.id, result=Outcome.OPERATOR)
        ask_act(tx, call.id, Act.TAKE_OVER, MACHINE, now)
        tell(tx, "hushed", now, incident, to=call.to, call=call.id)
