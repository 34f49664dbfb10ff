"""Decided by ``escalation``, done here: actions become rows, in the transaction at hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from callflow.core.alarms import apply, escalation, incident
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
from callflow.core.alarms.incident import Changes, Event, Incident, Machine, State
from callflow.core.calls.call import Act, Call, CallState, Dialogue, Outcome
from callflow.core.calls.dial_policy import refusal
from callflow.core.calls.phones import is_phone
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import StepKind
from callflow.core.records.logbook import MACHINE
from callflow.core.signals.signal import Category, Kind
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
    row = incidents.get(tx, incident_id, lock=True)
    if row is None:
        return None
    leaves = _leaves_storm(row, now)
    try:
        with savepoint(tx):  # what was half done is undone before a human is told
            row = _look_at_times(tx, row, now)
            _decide(tx, row, now, known)
    except AWAY:
        raise
    except Exception:  # invariant 2: any failure lands, loudly, in front of a human
        log.exception("deciding failed for incident %s", incident_id)
        row = incidents.get(tx, incident_id) or row
        row = incidents.change(
            tx,
            row,
            machine=Machine.DONE,
            machine_due=None,
            normal_due=None,
            parked_until=None,
            storm_until=None,
        )
        hand_to_human(tx, row, Outcome.ERROR, now)
    return row.storm_id if leaves else None


def _leaves_storm(row: Incident, now: datetime) -> bool:
    return row.storm_until is not None and row.storm_until <= now


def _look_at_times(tx: Tx, row: Incident, now: datetime) -> Incident:
    """Deadlines that are not the plan's."""
    if row.normal_due is not None and row.normal_due <= now:
        row = settle(tx, row, now)  # its hours may have begun, its measure may be over
    if row.normal_due is not None and row.normal_due <= now:
        state = incident.after(row.state, Event.OVERDUE)
        row = incidents.change(
            tx, row, state=state, normal_due=None, closed_at=None, storm_until=None
        )
        tell(tx, "overdue", now, row)
        row = hand_to_human(tx, row, NOT_NORMAL, now)
    if row.parked_until is not None and row.parked_until <= now:
        row = incidents.change(tx, row, parked_until=None)
        if row.state is State.OPEN:
            tell(tx, "unparked", now, row, note=row.reminder)
    return _leave_storm(tx, row, now) if _leaves_storm(row, now) else row


def _leave_storm(tx: Tx, row: Incident, now: datetime) -> Incident:
    """The storm's delay is over for it: what is back is closed, any other's plan runs (D28)."""
    row = incidents.change(tx, row, storm_until=None)
    if row.state is not State.OPEN:
        return row
    storm = incidents.get(tx, row.storm_id) if row.storm_id is not None else None
    if not row.normal:
        tell(tx, "storm_left", now, row)
        row = _as_of(tx, row, storm.opened_at if storm else row.opened_at, now)
        had = row.human_reason  # why a human had it before
        return hand_to_human(tx, row, had, now) if had else row
    code = (storm.resolution_code if storm else None) or _BACK
    return close(tx, row, code, storm.resolution_text if storm else "", now)


def _as_of(tx: Tx, row: Incident, began: datetime, now: datetime) -> Incident:
    """A plan that first waits has waited since the storm began: at all its sites alike."""
    first = call_plan.from_json(row.plan).first
    if first.kind is not StepKind.WAIT or row.step not in (None, first.id):
        return row
    if row.step is None:
        tell(tx, "step", now, row, step=first.id, why="opened")
    return incidents.change(tx, row, step=first.id, step_since=began)


def _is_mute(tx: Tx, site: str | None, known: Known) -> bool:
    if site is None:
        return False
    return incidents.site_is_mute(tx, site) if known.mute is None else known.mute


def _site(tx: Tx, row: Incident, now: datetime, known: Known) -> Site | Callable[[], Site] | None:
    """The incident's, or how to read it: what was answered nearly always leads on without."""
    site_id = row.site_id
    if site_id is None:
        return station_site(tx, row.kind, now)

    def read() -> Site:
        found = site_now(tx, site_id, row.kind, now, reading=known.reading)
        assert found is not None, "an incident's site stays"
        return found

    return read


def _decide(tx: Tx, row: Incident, now: datetime, known: Known) -> None:
    if row.machine is not Machine.RUNNING or row.state is not State.OPEN:
        if row.machine_due is not None:
            incidents.change(tx, row, machine_due=None)
        return
    seen = row
    if row.mute or _is_mute(tx, row.site_id, known):
        # Another alarm of the site may be the personal one: nothing rings there at all (D7).
        seen = row.but(duress=True)
        withdraw(tx, row, now)
    if row.storm_until is not None:  # its storm stands for it, so long
        return
    made = calls.attempts(tx, row.id)
    asked = tasks.of_incident(tx, row.id)
    site = _site(tx, seen, now, known)
    plan = call_plan.from_json(row.plan)
    decision = escalation.next_steps(seen, plan, site, made, now, asked, _busy(tx, made, now))
    at = apply.not_before(row, made, asked, now)
    again = False
    due_before = row.machine_due
    for action in decision.actions:
        row, at_once = _act(tx, row, plan, action, now, at)
        again |= at_once
        if isinstance(action, NoNumber | PlaceCall | OpenTask):
            at += apply.TICK  # the rows of one decision keep their order
    if decision.actions or due_before != decision.due_at:
        row = _written(tx, row, decision.due_at)
    if again:  # a number that may not be dialled, a task that is done already: on at once
        _decide(tx, row, now, known)


def _where(row: Incident) -> Changes:
    """Where the plan is: what deciding changes in memory first."""
    return {
        "step": row.step,
        "step_since": row.step_since,
        "grounds": row.grounds,
        "rounds": row.rounds,
    }


def _written(tx: Tx, row: Incident, due_at: datetime | None) -> Incident:
    """``row`` with what deciding changed in memory, where the database has it otherwise."""
    changes: Changes = {**_where(row), "machine": row.machine, "machine_due": due_at}
    written = incidents.get(tx, row.id, lock=True)
    if written is not None and written.but(**changes) == written:
        return row.but(**changes)
    return incidents.change(tx, row, **changes)


def _busy(tx: Tx, made: Sequence[Call], now: datetime) -> set[str]:
    """The numbers with which another call of ours is busy, of those that late ones wait for."""
    late = now - escalation.UNPLACED_AFTER
    waits = {c.to for c in made if c.state is CallState.REQUESTED and c.requested_at <= late}
    return calls.up_to(tx, waits, now) if waits else set()


def _act(
    tx: Tx,
    row: Incident,
    plan: call_plan.Plan,
    action: escalation.Action,
    now: datetime,
    at: datetime,
) -> tuple[Incident, bool]:
    """Do one thing, written down as of ``at``: the incident as it will be (``_decide`` writes it),
    and whether it is to be decided again at once."""
    match action:
        case EnterStep():
            return _enter(tx, row, action, now, at), False
        case PlaceCall():
            return _request(tx, row, plan.step(action.step), action, now, at)
        case OpenTask():
            return row, asking.open_task(tx, row, action, now, at)
        case HandToHuman(reason=reason, text=text):
            return hand_to_human(tx, row, reason, now, text), False
        case Close(code=code, text=text):
            return close(tx, row, code, text, now, also=_where(row)), False
        case Finish():
            return _finish(tx, row, now), False
    _give_up(tx, row, action, now, at)
    return row, False


def _give_up(
    tx: Tx, row: Incident, action: NoNumber | Withdraw | EndTask, now: datetime, at: datetime
) -> None:
    """Give up whom or what nobody waits for any more."""
    match action:
        case NoNumber(contact=contact, step=step, attempt=attempt):
            _insert_unnumbered(tx, row, action, at)
            tell(tx, "no_number", now, row, who=contact.name, step=step, attempt=attempt)
        case Withdraw(step=step):
            withdraw(tx, row, now, step=step)
        case EndTask(task=task, outcome=outcome):
            asking.give_up(tx, row, task, outcome, now)


def _finish(tx: Tx, row: Incident, now: datetime) -> Incident:
    if row.exercise:  # it wakes nobody, so nobody would close it
        return close(tx, row, EXERCISE, "", now) if row.state is State.OPEN else row
    if row.kind is Kind.BANK_OPENING and row.state is State.OPEN:
        return take_personal_path(tx, row, now)
    return row.but(machine=Machine.DONE)


def _enter(tx: Tx, row: Incident, action: EnterStep, now: datetime, at: datetime) -> Incident:
    kinds = {step["id"]: step["kind"] for step in row.plan.get("steps", ())}
    told = {"step": action.step, "of": kinds.get(action.step, ""), "why": action.why}
    tell(tx, "step", now, row, **told)
    return row.but(**apply.enter(row, action, at))


def _request(
    tx: Tx, row: Incident, step: call_plan.Step, action: PlaceCall, now: datetime, at: datetime
) -> tuple[Incident, bool]:
    why = None if is_phone(action.to) else refusal(action.to)
    if why is not None:  # never dialled; the list goes on, a human is told
        _insert_unnumbered(tx, row, action, at, detail=why)
        tell(tx, "dial_refused", now, row, to=action.to, reason=why)
        return hand_to_human(tx, row, why, now), True
    policy = load_policy(tx)
    first = row.category is Category.VITAL and not row.exercise
    call = request_call(
        tx,
        policy,
        row,
        at,
        step=action.step,
        contact=action.contact.id,
        to=action.to,
        attempt=action.attempt,
        dialogue=DIALOGUES.get(step.kind, Dialogue.VERIFICATION),
        ring_time=action.ring_s or policy.ring_time,
        priority=0 if first else row.priority,
    )
    who = action.contact.name
    tell(tx, "call_requested", now, row, who=who, to=action.to, attempt=action.attempt)
    follow_if_ringing(tx, call, row, now)
    return row, False


def _insert_unnumbered(
    tx: Tx, row: Incident, action: NoNumber | PlaceCall, now: datetime, *, detail: str = ""
) -> None:
    policy = load_policy(tx)
    call = request_call(
        tx,
        policy,
        row,
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
    row = incidents.get(tx, incident_id, lock=True)
    if row is None or row.state is not State.OPEN:
        return
    withdraw(tx, row, now)
    close(tx, row, "cancelled", "", now)


def raise_duress(tx: Tx, row: Incident, now: datetime) -> Incident:
    """A duress code: silently vital, mute from now on, the machine stops (D7, invariant 4)."""
    withdraw(tx, row, now)
    if row.exercise:
        tell(tx, "rehearsal_real", now, row)
    personal: Changes = {**apply.become_personal(), "exercise": False}
    row = incidents.change(tx, row, **personal)
    row = hand_to_human(tx, row, Outcome.DURESS.value, now)
    mute_site(tx, row, now)
    return row


def take_personal_path(tx: Tx, row: Incident, now: datetime) -> Incident:
    """A bank that answers wrongly, or not at all, is being robbed until a person knows (D18)."""
    withdraw(tx, row, now)
    tell(tx, "personal_path", now, row)
    personal = apply.become_personal()
    if row.holder is None:
        target = now + load_policy(tx).target(Category.VITAL)
        personal["queue_due"] = min(row.queue_due or target, target)
    row = incidents.change(tx, row, **personal)
    mute_site(tx, row, now)
    return row


def mute_site(tx: Tx, row: Incident, now: datetime) -> None:
    """Hush whatever was asked for the site's other alarms: it rings no more there (D7, D29),
    whoever asked for it; a human has them."""
    if row.site_id is None:
        return
    for other in incidents.unfiled(tx, [row.site_id], []):
        if other.id == row.id:
            continue
        _hush(tx, other, now)
        if other.machine is Machine.RUNNING:
            decide(tx, other.id, now)
        else:  # a person's calls ring there, too
            withdraw(tx, other, now)
    for call_id in calls.ringing_at(tx, row.site_id):
        ask_hang_up(tx, call_id, MACHINE, now)


def _hush(tx: Tx, row: Incident, now: datetime) -> None:
    """The machine says no more to whoever it speaks with about ``row``: a human does (D12). Who has
    typed a code under duress goes on hearing success."""
    for call in calls.spoken_to(tx, row.id):
        calls.change(tx, call.id, result=Outcome.OPERATOR)
        ask_act(tx, call.id, Act.TAKE_OVER, MACHINE, now)
        tell(tx, "hushed", now, row, to=call.to, call=call.id)
