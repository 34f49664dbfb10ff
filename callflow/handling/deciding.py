"""Decided by ``escalation``, done here: actions become rows, in the transaction at hand."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from callflow import call_plan, escalation, incident
from callflow.call import BRIDGE_STEP, QUEUE_STEP, Call, CallState, Direction, Outcome
from callflow.dial_policy import refusal
from callflow.escalation import Close, EnterStep, Finish, HandToHuman, NoNumber, PlaceCall
from callflow.handling.policy import Policy, load_policy
from callflow.handling.telling import tell
from callflow.incident import Event, Machine, State
from callflow.logbook import MACHINE
from callflow.signal import PERSONAL, Category, Kind
from callflow.storage import AWAY, Tx, calls, incidents, sites
from callflow.storage import logbook as logbook_rows

log = logging.getLogger(__name__)

#: A treated site must be back to normal by then, or it is a human's again (D26).
NORMAL_WITHIN = timedelta(minutes=30)

#: After a storm.
NORMAL_AFTER_STORM = timedelta(hours=12)

Row = dict[str, Any]


def decide(tx: Tx, incident_id: str, now: datetime) -> None:
    """Look at an incident and do what is due. An exception of ours lands on the queue."""
    row = incidents.get(tx, incident_id, lock=True)
    if row is None:
        return
    try:
        with logbook_rows.savepoint(tx):  # what was half done is undone before a human is told
            row = _look_at_times(tx, row, now)
            _decide(tx, row, now)
    except AWAY:
        raise
    except Exception:  # invariant 2: any failure lands, loudly, in front of a human
        log.exception("deciding failed for incident %s", incident_id)
        row = incidents.get(tx, incident_id) or row
        undue: Row = dict(machine_due=None, normal_due=None, parked_until=None)
        row = incidents.change(tx, row, machine=Machine.DONE.value, **undue)
        hand_to_human(tx, row, Outcome.ERROR.value, now)


def _look_at_times(tx: Tx, row: Row, now: datetime) -> Row:
    """Deadlines that are not the plan's."""
    if row["normal_due"] is not None and row["normal_due"] <= now:
        state = incident.after(State(row["state"]), Event.OVERDUE)
        row = incidents.change(
            tx, row, state=state.value, normal_due=None, closed_at=None, storm_id=None
        )
        tell(tx, "overdue", now, row)
        row = hand_to_human(tx, row, "overdue", now)
    if row["parked_until"] is not None and row["parked_until"] <= now:
        row = incidents.change(tx, row, parked_until=None)
    if row["storm_id"] is not None and row["state"] == State.OPEN.value:
        row = _follow_storm(tx, row, now)
    return row


def _follow_storm(tx: Tx, row: Row, now: datetime) -> Row:
    """What stands beneath a storm is closed with it."""
    storm = incidents.get(tx, row["storm_id"])
    if storm is None or storm["state"] == State.OPEN.value:
        return row
    row = close(tx, row, storm["resolution_code"] or "other", storm["resolution_text"], now)
    if row["normal_due"] is not None:  # hundreds of sites come back in their own time
        row = incidents.change(tx, row, normal_due=now + NORMAL_AFTER_STORM)
    return row


def _decide(tx: Tx, row: Row, now: datetime) -> None:
    seen = incidents.to_incident(row)
    if seen.machine is not Machine.RUNNING or seen.state is not State.OPEN:
        if row["machine_due"] is not None:
            incidents.change(tx, row, machine_due=None)
        return
    if seen.mute or (seen.site and incidents.site_is_mute(tx, seen.site)):
        # Another alarm of the site may be the personal one: nothing rings there at all (D7).
        seen = replace(seen, duress=True)
        withdraw(tx, row, now)
    made = [calls.to_call(call) for call in calls.of_incident(tx, row["id"])]
    site = sites.load_site(tx, seen.site) if seen.site else None
    plan = call_plan.from_json(row["plan"])
    decision = escalation.next_steps(seen, plan, site, made, now)
    at = _never_back(row, made, now)
    refused = False
    due_before = row["machine_due"]
    for action in decision.actions:
        row = _act(tx, row, action, now, at)
        refused |= row.pop("refused", False)
        if isinstance(action, NoNumber | PlaceCall):
            at += _TICK  # the rows of one decision keep their order
    if decision.actions or due_before != decision.due_at:
        where: Row = dict(step=row["step"], step_since=row["step_since"])
        row = incidents.change(tx, row, machine_due=decision.due_at, **where)
    if refused:  # a number that may not be dialled: the list goes on at once
        _decide(tx, row, now)


_TICK = timedelta(microseconds=1)


def _never_back(row: Row, made: Sequence[Call], now: datetime) -> datetime:
    """``now``, or just after what the incident has already: a clock may go back, an order not."""
    times = [call.requested_at + _TICK for call in made]
    if row["step_since"] is not None:
        times.append(row["step_since"])
    return max([now, *times])


def _act(tx: Tx, row: Row, action: escalation.Action, now: datetime, at: datetime) -> Row:
    """Do one thing, written down as of ``at``; the row as it will be (``_decide`` writes it)."""
    match action:
        case EnterStep(step=step, why=why):
            tell(tx, "step", now, row, step=step, why=why)
            return {**row, "step": step, "step_since": at}
        case PlaceCall():
            return _request(tx, row, action, now, at)
        case NoNumber(contact=contact, step=step, attempt=attempt):
            _insert_unnumbered(tx, row, action, at)
            tell(tx, "no_number", now, row, who=contact.name, step=step, attempt=attempt)
            return row
        case HandToHuman(reason=reason, text=text):
            return hand_to_human(tx, row, reason, now, text)
        case Close(code=code, text=text):
            return close(tx, row, code, text, now)
        case Finish():
            if row["kind"] == Kind.BANK_OPENING.value and row["state"] == State.OPEN.value:
                return _take_personal_path(tx, row, now)
            return incidents.change(tx, row, machine=Machine.DONE.value)


def _request(tx: Tx, row: Row, action: PlaceCall, now: datetime, at: datetime) -> Row:
    why = refusal(action.to)
    if why is not None:  # never dialled; the list goes on, a human is told
        _insert_unnumbered(tx, row, action, at, detail=why)
        tell(tx, "dial_refused", now, row, to=action.to, reason=why)
        return {**hand_to_human(tx, row, "dial_refused", now), "refused": True}
    policy = load_policy(tx)
    request_call(
        tx,
        policy,
        row,
        at,
        step=action.step,
        contact=action.contact.id,
        to=action.to,
        attempt=action.attempt,
        dialogue="verification",
        ring_time=action.ring_s or policy.ring_time,
        priority=0 if row["category"] == Category.VITAL.value else row["priority"],
    )
    who = action.contact.name
    tell(tx, "call_requested", now, row, who=who, to=action.to, attempt=action.attempt)
    return row


def request_call(
    tx: Tx,
    policy: Policy,
    row: Row | None,
    now: datetime,
    *,
    step: str,
    to: str,
    attempt: int,
    dialogue: str,
    ring_time: float,
    priority: int,
    contact: str | None = None,
    room: str | None = None,
    call_id: str | None = None,
) -> str:
    """The row before the act; the call's id, which will be its channel's."""
    call_id = call_id or str(uuid.uuid4())
    calls.insert(
        tx,
        {
            "id": call_id,
            "incident_id": row["id"] if row else None,
            "direction": Direction.OUTGOING.value,
            "dialogue": dialogue,
            "step": step,
            "contact_id": contact,
            "to": to,
            "attempt": attempt,
            "priority": priority,
            "trunk": "trunk",
            "node": policy.node,
            "ring_time": ring_time,
            "state": CallState.REQUESTED.value,
            "room": room,
            "detail": "",
            "requested_at": now,
        },
    )
    return call_id


def _insert_unnumbered(
    tx: Tx, row: Row, action: NoNumber | PlaceCall, now: datetime, *, detail: str = ""
) -> None:
    policy = load_policy(tx)
    call_id = request_call(
        tx,
        policy,
        row,
        now,
        step=action.step,
        contact=action.contact.id,
        to=action.contact.phone or "",
        attempt=action.attempt,
        dialogue="verification",
        ring_time=0,
        priority=4,
    )
    calls.change(
        tx,
        call_id,
        state=CallState.ENDED.value,
        outcome=Outcome.NO_NUMBER.value,
        detail=detail,
        ended_at=now,
    )


def hand_to_human(tx: Tx, row: Row, reason: str, now: datetime, text: str = "") -> Row:
    """The incident stands in the operators' queue; said once for each reason.

    A closed one is open again: somebody asked for a human in a call that outlived the closure.
    """
    if row["state"] != State.OPEN.value:
        row = _open_again(tx, row, now)
    elif row["with_human"] and row["human_reason"] == reason:
        return row
    tell(tx, "human", now, row, reason=reason, text=text)
    values: Row = {"with_human": True, "human_reason": reason, "storm_id": None}
    if row["human_since"] is None:
        values["human_since"] = now
    if row["queue_due"] is None and row["holder"] is None:
        values["queue_due"] = now + load_policy(tx).target(Category(row["category"]))
    return incidents.change(tx, row, **values)


def _open_again(tx: Tx, row: Row, now: datetime) -> Row:
    state = incident.after(State(row["state"]), Event.HELP)
    tell(tx, "opened_for_help", now, row)
    return incidents.change(
        tx, row, state=state.value, closed_at=None, normal_due=None, resolution_code=None
    )


def close(tx: Tx, row: Row, code: str, text: str, now: datetime, who: str | None = None) -> Row:
    """Handled with a resolution code; filed where the site is back to normal (D26)."""
    again = row["state"] == State.AWAITING_NORMAL.value or row["human_reason"] == "overdue"
    state = incident.after(State(row["state"]), Event.CLOSE)
    extra = {"who_did": who} if who else {}
    tell(tx, "closed", now, row, resolution=code, text=text, **extra)
    for number in calls.cancel_requested(tx, row["id"], now):
        tell(tx, "call_cancelled", now, row, to=number)
    row = incidents.change(
        tx,
        row,
        state=state.value,
        resolution_code=code,
        resolution_text=text,
        closed_at=now,
        machine=Machine.DONE.value,
        machine_due=None,
        queue_due=None,
        holder=None,
        held_since=None,
        parked_until=None,
    )
    if row["kind"] == Kind.STORM.value:
        incidents.wake_parts(tx, row["id"], now)
    return settle(tx, row, now, by=who if again else None)


def cancel(tx: Tx, incident_id: str, now: datetime) -> None:
    """Cancelled by code at the panel, in time: closed, and nobody is woken for it any more."""
    row = incidents.get(tx, incident_id, lock=True)
    if row is None or row["state"] != State.OPEN.value:
        return
    withdraw(tx, row, now)
    close(tx, row, "cancelled", "", now)


def settle(tx: Tx, row: Row, now: datetime, *, by: str | None = None) -> Row:
    """A handled incident is filed when its zones are restored, else it awaits that.

    ``by``: a person who closed it a second time, though no restore came, and answers for it.
    """
    seen, was = incidents.to_incident(row), State(row["state"])
    if seen.normal or by is not None:
        state = incident.after(was, Event.NORMAL if seen.normal else Event.FILE)
        told = {} if seen.normal or by is None else {"who_did": by, "by": by}
        tell(tx, "filed_by_hand" if told else "filed", now, row, **told)
        return incidents.change(tx, row, state=state.value, normal_due=None)
    if was is State.AWAITING_NORMAL:
        return row
    state = incident.after(was, Event.NOT_NORMAL)
    zones = ", ".join(zone or "?" for zone, is_ in row["zones"].items() if is_ != "restored")
    tell(tx, "awaiting_normal", now, row, zones=zones)
    return incidents.change(tx, row, state=state.value, normal_due=now + NORMAL_WITHIN)


#: What an incident becomes that turns out to be a personal alarm: vital, mute, the machine stops.
_PERSONAL_NOW: Row = {
    "duress": True,
    "category": Category.VITAL.value,
    "priority": 1,
    "machine": Machine.DONE.value,
    "machine_due": None,
}


def raise_duress(tx: Tx, row: Row, now: datetime) -> Row:
    """A duress code: silently vital, mute from now on, the machine stops (D7, invariant 4)."""
    withdraw(tx, row, now)
    row = incidents.change(tx, row, **_PERSONAL_NOW)
    row = hand_to_human(tx, row, Outcome.DURESS.value, now)
    mute_site(tx, row, now)
    return row


def _take_personal_path(tx: Tx, row: Row, now: datetime) -> Row:
    """A bank that answers wrongly, or not at all, is being robbed until a person knows (D18)."""
    withdraw(tx, row, now)
    tell(tx, "personal_path", now, row)
    target = now + load_policy(tx).target(Category.VITAL)
    due = target if row["queue_due"] is None else min(row["queue_due"], target)
    if row["holder"] is not None:
        due = row["queue_due"]
    row = incidents.change(tx, row, **_PERSONAL_NOW, queue_due=due)
    mute_site(tx, row, now)
    return row


def mute_site(tx: Tx, row: Row, now: datetime) -> None:
    """The site's other alarms stop ringing there too (D7); a human has them."""
    if row["site_id"] is None:
        return
    for other in incidents.unfiled(tx, [row["site_id"]], []):
        if other["id"] != row["id"] and other["machine"] == Machine.RUNNING.value:
            decide(tx, other["id"], now)


def withdraw(tx: Tx, row: Row, now: datetime) -> None:
    """Nothing rings any more at the site or its people; the station's own phones may."""
    for number in calls.cancel_requested(tx, row["id"], now, keep=(BRIDGE_STEP, QUEUE_STEP)):
        tell(tx, "call_cancelled", now, row, to=number)
    for call_id in calls.ringing_contacts(tx, row["id"]):
        ask_hang_up(tx, call_id, MACHINE, now)


def ask_hang_up(tx: Tx, call_id: str, who: str, now: datetime) -> None:
    """A row that asks the call's node to hang up, within five seconds or not at all."""
    ask_act(tx, call_id, "hang_up", who, now)


def ask_act(tx: Tx, call_id: str, kind: str, who: str, now: datetime) -> None:
    """A row that asks a live call's node for an act, within five seconds or not at all."""
    calls.insert_action(
        tx,
        {
            "id": uuid.uuid4().hex,
            "call_id": call_id,
            "kind": kind,
            "requester": who,
            "requested_at": now,
            "expires_at": now + timedelta(seconds=5),
        },
    )


def is_mute(row: Row) -> bool:
    """Whether nothing may ring on site or at its staff (D7)."""
    return bool(row["duress"]) or Kind(row["kind"]) in PERSONAL
