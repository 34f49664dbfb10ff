"""The queue escalates itself (D21), and nobody who waits on the line is dropped (D12)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from callflow import escalation
from callflow.call import BRIDGE_STEP, QUEUE_STEP, CallState, Outcome
from callflow.handling.acting import hand_to_human, let_go, request_call
from callflow.handling.policy import Policy, load_policy
from callflow.handling.telling import tell
from callflow.outbox import LONGEST_WAIT
from callflow.signal import Category
from callflow.storage import Tx, calls, contacts, incidents, outbox, tasks

log = logging.getLogger(__name__)

Row = dict[str, Any]

#: Unclaimed work rings the next phone after this.
NEXT_PHONE = timedelta(seconds=60)
#: A desk that said "I take it" has this long before the work counts as unclaimed again.
TAKEN_FOR = timedelta(seconds=120)
#: A desk phone rings as long as a person needs to reach it, seconds.
DESK_RING = 25.0


def escalate_queue(tx: Tx, now: datetime) -> None:
    """Ring the next phone of the station for unclaimed work whose target has passed."""
    _come_back(tx, now)
    overdue = incidents.unclaimed(tx, now)
    if not overdue:
        return
    policy = load_policy(tx)
    top = overdue[0]
    number = escalation.queue_number(policy.desk, top["queue_level"])
    for row in overdue:
        incidents.change(tx, row, queue_due=now + NEXT_PHONE, queue_level=row["queue_level"] + 1)
    if number is None:
        tell(tx, "queue_silent", now, top)
        return
    ringing = calls.live_of(tx, number)
    if ringing is not None:  # it rings already, for this or other work
        if _never_placed(ringing, now):
            tell(tx, "queue_stuck", now, top, to=number)
        return
    request_call(
        tx,
        policy,
        top,
        now,
        step=QUEUE_STEP,
        to=number,
        attempt=1 + calls.of_step(tx, top["id"], QUEUE_STEP),
        dialogue="desk",
        ring_time=DESK_RING,
        priority=0,
    )
    tell(tx, "queue_call", now, top, to=number)


def _never_placed(row: Row, now: datetime) -> bool:
    waits = bool(row["state"] == CallState.REQUESTED.value)
    return waits and now - row["requested_at"] > escalation.UNPLACED_AFTER


def _come_back(tx: Tx, now: datetime) -> None:
    """Held work without an act of its holder is unclaimed again, and rings at once (D21)."""
    for row in incidents.idle_held(tx, now):
        if calls.in_talk(
            tx, row["id"]
        ):  # the holder, or a person who waits for one, is on the line
            policy = load_policy(tx)
            incidents.change(tx, row, queue_due=now + policy.hold(Category(row["category"])))
            continue
        tell(tx, "came_back", now, row, by=row["holder"])
        incidents.change(tx, row, holder=None, held_since=None, queue_due=now)


def find_forgotten(tx: Tx, now: datetime) -> None:
    """The last net of invariant 2: whatever nobody would look at again is a human's, at once."""
    for row in incidents.nobodys(tx, now):
        log.error("incident %s was nobody's", row["id"])
        told = hand_to_human(tx, row, Outcome.ERROR.value, now)
        incidents.change(tx, told, queue_due=now)


def clock_went_back(tx: Tx, seconds: float, now: datetime) -> None:
    """Our clock was set back: what waits for a time that is now far ahead is looked at at once."""
    text = f"l'horloge a reculé de {seconds:.0f} s"
    tell(tx, "station", now, text=text, about="clock")
    outbox.due_no_later(tx, now + LONGEST_WAIT)
    tasks.put_forward(tx, seconds)
    for row in incidents.due_later(tx, now):
        times = {name: min(row[name], now) for name in ("machine_due", "queue_due") if row[name]}
        incidents.change(tx, row, **times)


def bridge(tx: Tx, now: datetime) -> datetime | None:
    """Bring a human to everybody who waits in a conference; when to look again."""
    waiting = calls.waiting(tx)
    if not waiting:
        return None
    policy = load_policy(tx)
    due = [_bridge_one(tx, policy, row, now) for row in waiting]
    return min((at for at in due if at is not None), default=None)


def _bridge_one(tx: Tx, policy: Policy, row: Row, now: datetime) -> datetime | None:
    tried = [calls.to_call(c) for c in calls.for_room(tx, row["room"])]
    ring, due = escalation.bridge_step(policy.desk, tried, now)
    if ring is None:
        return due
    incident_row = incidents.get(tx, row["incident_id"]) if row["incident_id"] else None
    request_call(
        tx,
        policy,
        incident_row,
        now,
        step=BRIDGE_STEP,
        to=ring.to,
        attempt=ring.attempt,
        dialogue="desk",
        ring_time=DESK_RING,
        priority=0,
        room=row["room"],
    )
    contact = contacts.get(tx, row["contact_id"]) if row["contact_id"] else None
    who = contact["name"] if contact else row["to"]
    tell(tx, "bridging", now, incident_row, who=who, to=ring.to)
    return None


def desk_took(tx: Tx, row: Row, now: datetime) -> None:
    """Somebody at a desk phone pressed "I take it": for a while what waited rings nobody else.

    Another vital alarm is not: it rings on until somebody has it too.
    """
    incident_row = incidents.get(tx, row["incident_id"]) if row["incident_id"] else None
    tell(tx, "desk_taken", now, incident_row, to=row["to"])
    for waiting in incidents.unclaimed(tx, now + NEXT_PHONE):
        vital = waiting["category"] == Category.VITAL.value
        if waiting["id"] == row["incident_id"] or not (vital or row["room"]):
            incidents.change(tx, waiting, queue_due=now + TAKEN_FOR, queue_level=0)


def leave_room(tx: Tx, row: Row, now: datetime) -> None:
    """A call that was in a conference ended: the desk is let go, or the next one is rung."""
    if row["room"] != row["id"]:
        bridge(tx, now)
        return
    for desk in calls.for_room(tx, row["room"]):
        let_go(tx, desk, now)
