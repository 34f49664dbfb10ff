"""The queue escalates itself (D21), and nobody who waits on the line is dropped (D12)."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from callflow.core.alarms import escalation
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Act, Call, CallState, Dialogue, Outcome
from callflow.core.calls.phones import is_phone
from callflow.core.calls.purpose import Purpose
from callflow.core.desks import distribution
from callflow.core.messages.outbox import LONGEST_WAIT
from callflow.core.records.logbook import MACHINE
from callflow.core.signals.signal import Category
from callflow.core.watch.room import is_quiet
from callflow.handling.alarms.acting import ask_act, hand_to_human, let_go, request_call
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.telling import tell
from callflow.handling.callers import call_backs
from callflow.handling.desks import presence, waiting_line
from callflow.handling.desks.own_phones import desk_now
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls
from callflow.storage.engine import locks
from callflow.storage.messages import outbox
from callflow.storage.sites import contacts

log = logging.getLogger(__name__)


#: Unclaimed work rings the next phone after this.
NEXT_PHONE = timedelta(seconds=60)
#: A desk that said "I take it" has this long before the work counts as unclaimed again.
TAKEN_FOR = timedelta(seconds=120)
#: A desk phone rings as long as a person needs to reach it, seconds.
DESK_RING = 25.0
#: When to look again at who waits, where another process says whom to ring.
_ELSEWHERE = timedelta(seconds=1)


def escalate_queue(tx: Tx, now: datetime) -> None:
    """Ring the next phone of the station for unclaimed work whose target has passed."""
    _come_back(tx, now)
    overdue = incidents.unclaimed(tx, now)
    if not overdue:
        return
    policy = load_policy(tx)
    # Held, no phone rings; of sites in shadow it rings at the other system's operators.
    quiet = [one for one in overdue if policy.held or (one.shadow and not policy.shadow)]
    for incident in quiet:
        incidents.change(tx, incident, queue_due=now + NEXT_PHONE)
    overdue = [incident for incident in overdue if incident not in quiet]
    if not overdue:
        return
    top = overdue[0]
    desk = _with_backup(desk_now(tx, policy, now), policy)
    if is_quiet(top, policy.room):  # nothing rings beside whoever may be held up (D7)
        desk = replace(desk, desk_phones=())
    else:
        desk = escalation.with_first(desk, presence.first_available(tx, now))
    number = escalation.queue_number(desk, top.queue_level)
    for incident in overdue:
        incidents.change(
            tx, incident, queue_due=now + NEXT_PHONE, queue_level=incident.queue_level + 1
        )
    if number is None:
        tell(tx, "queue_silent", now, top)
        return
    ringing = calls.live_of(tx, number)
    if ringing is not None:  # it rings already, for this or other work
        if _never_placed(ringing, now) and not calls.up_to(tx, {number}, now):
            tell(tx, "queue_stuck", now, top, to=number)
        return
    ring(tx, policy, top, number, now)
    tell(tx, "queue_call", now, top, to=number)


def _with_backup(desk: escalation.Desk, policy: Policy) -> escalation.Desk:
    """The backup station rings last of all (D21)."""
    return replace(desk, duty_numbers=(*desk.duty_numbers, *policy.peer_numbers))


def ring(tx: Tx, policy: Policy, incident: Incident, number: str, now: datetime) -> None:
    """A phone of the station's is to ring for it: whoever presses 1 there has it."""
    request_call(
        tx,
        policy,
        incident,
        now,
        step=Purpose.QUEUE,
        to=number,
        attempt=1 + calls.of_step(tx, incident.id, Purpose.QUEUE),
        dialogue=policy.dialogue_at(number),
        ring_time=DESK_RING,
        priority=0,
    )


def _never_placed(call: Call, now: datetime) -> bool:
    waits = bool(call.state is CallState.REQUESTED)
    return waits and now - call.requested_at > escalation.UNPLACED_AFTER


def _come_back(tx: Tx, now: datetime) -> None:
    """Held work without an act of its holder is unclaimed again, and rings at once (D21)."""
    for incident in incidents.idle_held(tx, now):
        if calls.in_talk(
            tx, incident.id
        ):  # the holder, or a person who waits for one, is on the line
            policy = load_policy(tx)
            incidents.change(tx, incident, queue_due=now + policy.hold(incident.category))
            continue
        tell(tx, "came_back", now, incident, by=incident.holder)
        incidents.change(tx, incident, holder=None, held_since=None, queue_due=now)


def find_forgotten(tx: Tx, now: datetime) -> None:
    """The last net of invariant 2: whatever nobody would look at again is a human's, at once."""
    for incident in incidents.nobodys(tx, now):
        log.error("incident %s was nobody's", incident.id)
        told = hand_to_human(tx, incident, Outcome.ERROR.value, now)
        incidents.change(tx, told, queue_due=now)


def clock_went_back(tx: Tx, seconds: float, now: datetime) -> None:
    """Our clock was set back: what waits for a time that is now far ahead is looked at at once."""
    text = f"l'horloge a reculé de {seconds:.0f} s"
    tell(tx, "station", now, text=text, about="clock")
    outbox.due_no_later(tx, now + LONGEST_WAIT)
    tasks.put_forward(tx, seconds)
    for incident in incidents.due_later(tx, now):
        machine, queue = incident.machine_due, incident.queue_due
        incidents.change(
            tx,
            incident,
            machine_due=machine and min(machine, now),
            queue_due=queue and min(queue, now),
        )


def bridge(tx: Tx, now: datetime) -> datetime | None:
    """Bring a human to everybody who waits in a conference; when to look again."""
    if not calls.waiting(tx):
        return None
    if not locks.try_all(tx, locks.Lock.CALLERS, {"callers"}):
        return now + _ELSEWHERE  # another process does it at this moment
    waiting = {one.caller.room: one for one in waiting_line.waiting(tx)}
    policy, there = load_policy(tx), presence.at_desks(tx, now)
    desk = _with_backup(desk_now(tx, policy, now), policy)
    desk = distribution.chain(desk, there.supervisors)
    decided = distribution.distribute(
        [one.caller for one in waiting.values()],
        there.agents,
        desk,
        policy.rules(now),
        now,
        busy=calls.live_to(tx, desk.numbers) | there.busy,
    )
    for call_id in decided.withdrawn:
        _withdraw(tx, call_id, now)
    for ring in decided.rings:
        _ring(tx, policy, waiting[ring.room], ring, now)
    _announce(tx, policy, waiting, now)
    return decided.again


def _ring(
    tx: Tx, policy: Policy, one: waiting_line.Waiting, ring: distribution.Ask, now: datetime
) -> None:
    own = is_phone(ring.to)
    request_call(
        tx,
        policy,
        one.incident,
        now,
        step=Purpose.BRIDGE,
        to=ring.to,
        attempt=ring.attempt,
        dialogue=Dialogue.PHONE if own else policy.dialogue_at(ring.to),
        ring_time=policy.agent_ring if own else DESK_RING,
        priority=0,
        room=ring.room,
    )
    contact = contacts.get(tx, one.call.contact_id) if one.call.contact_id else None
    who = contact.name if contact else one.call.to
    tell(tx, "bridging", now, one.incident, who=who, to=ring.agent or ring.to)


def _withdraw(tx: Tx, call_id: str, now: datetime) -> None:
    """A phone stops ringing for one caller: another one is with somebody, or needs it more."""
    call = calls.get(tx, call_id)
    if call is not None and call.answered_at is None and not calls.asked_to_end(tx, call_id):
        let_go(tx, call, now)


def _announce(
    tx: Tx, policy: Policy, waiting: dict[str, waiting_line.Waiting], now: datetime
) -> None:
    """Who waits hears now and then which number they are."""
    order = distribution.in_order(one.caller for one in waiting.values())
    for place, caller in enumerate(order, start=1):
        one = waiting[caller.room]
        if waiting_line.is_told_now(one, place, policy.announce_every, now):
            calls.change(tx, one.call.id, announced_at=now)
            ask_act(tx, one.call.id, Act.ANNOUNCE, MACHINE, now)


def announcing(tx: Tx, call_id: str) -> bool:
    """Their place is about to be said to somebody; False where a human is with them, or they left.

    The dialogue goes on from there, in this process or in the next one.
    """
    call = calls.get(tx, call_id, lock=True)
    if call is None or not call.up or not call.progress:
        return False
    if not waiting_line.place_of(tx, call):
        return False
    said = {**call.progress, "state": "position", "begun": False, "say": ""}
    calls.change(tx, call_id, progress=said)
    return True


def desk_took(tx: Tx, call: Call, now: datetime) -> None:
    """Somebody at a desk phone pressed "I take it": for a while what waited rings nobody else.

    Another vital alarm is not: it rings on until somebody has it too.
    """
    if call.purpose is Purpose.QUEUE and call.incident_id is None:
        call_backs.desk_took(tx, call, now)
        return
    incident = calls.incident_of(tx, call)
    tell(tx, "desk_taken", now, incident, to=call.operator or call.to)
    for other in calls.for_room(tx, call.room) if call.room else ():
        if other.id != call.id and other.purpose is Purpose.BRIDGE and not other.ended_at:
            _withdraw(tx, other.id, now)  # somebody is with them: nothing else rings for them
    for waiting in incidents.unclaimed(tx, now + NEXT_PHONE):
        vital = waiting.category is Category.VITAL
        if waiting.id == call.incident_id or not (vital or call.room):
            incidents.change(tx, waiting, queue_due=now + TAKEN_FOR, queue_level=0)


def leave_room(tx: Tx, call: Call, now: datetime) -> None:
    """A call that was in a conference ended: a human is brought to whoever is left from outside;
    where nobody is, the desks are let go."""
    call_backs.left(tx, call, now)
    up = calls.in_room(tx, call.room)
    if any(not call.is_leg for call in up):
        bridge(tx, now)
        return
    for desk in up:
        let_go(tx, desk, now)
