"""A call's life: claimed, ringing, answered, ended; each told and decided upon at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from callflow.core.alarms import apply
from callflow.core.alarms.incident import Incident, Machine
from callflow.core.calls import dial_policy
from callflow.core.calls.call import Call, CallState, Dialogue, Direction, Outcome
from callflow.core.calls.dialogue import AT_DESK
from callflow.core.calls.phones import is_phone
from callflow.core.calls.purpose import Purpose, Taken
from callflow.core.calls.trunks import (
    CANARY_SPARES,
    OWN,
    REST,
    SHADOW,
    Exchange,
    Trunk,
    by_human,
    giving_way,
)
from callflow.core.interventions.directory import shown, told_as
from callflow.core.records.logbook import MACHINE
from callflow.handling.alarms.acting import ask_hang_up, hand_to_human, request_call
from callflow.handling.alarms.deciding import decide, raise_duress
from callflow.handling.alarms.group_calls import (
    answer_for,
    asked_nobody,
    followers,
    gather,
    let_followers_go,
)
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.telling import storable, tell
from callflow.handling.calls import control, conversations, faxes, telephone, voices
from callflow.handling.calls.dialling import against_policy, refused_calls
from callflow.handling.calls.trunking import exchange, goes_on
from callflow.handling.desks import presence
from callflow.handling.desks.queueing import bridge, desk_took, leave_room
from callflow.handling.interventions import orders, service_calls, services
from callflow.handling.interventions.guards import accepted_by_phone, duress_by_phone
from callflow.storage import Tx
from callflow.storage.alarms import incidents, loose_ends
from callflow.storage.calls import calls


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOrder:
    """A call to place at once: it is *started*, so nobody else will. ``ring_time`` in seconds.

    ``caller`` is the number that the called person sees (D16), ``trunk`` the endpoint's name. To an
    operator's phone no trunk leads ("").
    """

    call_id: str
    to: str
    trunk: str
    caller: str
    ring_time: float
    dialogue: Dialogue
    urgent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveCall:
    """A call that was acted upon and, as far as the rows know, has not ended.

    ``asked_to_end``: somebody asked for that, whether it was tried or not.
    """

    id: str
    state: CallState
    placed_at: datetime
    to: str
    incident: str | None
    asked_to_end: bool


def claim_in_shadow(tx: Tx, *, node: str, now: datetime, limit: int = 64) -> None:
    """Begin the calls that nobody makes: refused, told and gathered as others are."""
    wanted = calls.requested(tx, node, limit=limit, shadow=True)
    if not wanted:
        return
    policy = load_policy(tx)
    incidents.lock_all(tx, {call.incident_id for call in wanted if call.incident_id})
    forbidden = against_policy(tx, wanted, policy, now)
    allowed = {call.id: SHADOW for call in wanted if call.id not in forbidden}
    started = calls.start(tx, allowed, now)
    for call in wanted:
        if call.id in forbidden:
            _refuse(tx, call, forbidden[call.id], now)
    begun = [call for call in wanted if call.id in started]
    for call in begun:
        told = {"to": told_as(call), "call": call.id, "trunk": SHADOW}
        tell(tx, "call_shadowed", now, calls.incident_of(tx, call, lock=True), **told)
    awaited = calls.awaited(tx, {call.to for call in begun})
    for call in begun:
        if call.to in awaited:
            gather(tx, call, policy, now)


def claim_calls(tx: Tx, *, node: str, now: datetime, limit: int = 64) -> list[CallOrder]:
    """The calls to place now: vital and human ones first, within the trunks' channels.

    Some channels are kept for those; two calls to one number are never up at once.
    """
    wanted = _without_canaries(calls.requested(tx, node, limit=limit))
    if not wanted:
        return []
    policy = load_policy(tx)
    if policy.shadow:  # asked for before it was: nobody is called
        calls.into_shadow(tx, [call.id for call in wanted])
        return []
    lines = exchange(tx, policy, node, now)
    taken = [(_channel(lines, call, now), call) for call in wanted]
    awaited = _giving_way(tx, node, lines, taken, now)
    placeable = [(trunk, call) for trunk, call in taken if trunk and call.id not in awaited]
    leaving = [call for call in awaited.values() if call.result is None]
    touched = (*leaving, *(call for _, call in placeable))
    incidents.lock_all(tx, {call.incident_id for call in touched if call.incident_id})
    for call in leaving:
        _give_way(tx, call, now)
    forbidden = refused_calls(tx, [call for _, call in placeable], policy, now)
    allowed = [(trunk, call) for trunk, call in placeable if call.id not in forbidden]
    # The rows before the act; who was withdrawn meanwhile is not among them.
    started = calls.start(tx, {call.id: trunk.name for trunk, call in allowed}, now)
    for _, call in placeable:
        if call.id in forbidden:
            _refuse(tx, call, forbidden[call.id], now, stops=policy.held)
    orders = [(trunk, call) for trunk, call in allowed if call.id in started]
    for trunk, call in orders:
        told = {"to": told_as(call), "call": call.id, "trunk": trunk.name}
        tell(tx, "call_placed", now, calls.incident_of(tx, call, lock=True), **told)
    numbers = calls.awaited(tx, {call.to for _, call in orders})
    for _, call in orders:
        if call.to in numbers:
            gather(tx, call, policy, now)
    return [_order(tx, call, trunk, policy) for trunk, call in orders]


#: What leads to the operators' phones: the station's own network.
_OWN_NETWORK = Trunk(name="", machine_number="", human_number="")


def _without_canaries(wanted: list[Call]) -> list[Call]:
    """The station calls itself while no vital call, and no human's, waits."""
    urgent = any(call.priority == 0 for call in wanted)
    return [call for call in wanted if not (urgent and call.purpose is Purpose.CANARY)]


def _channel(lines: Exchange, call: Call, now: datetime) -> Trunk | None:
    """What the call goes over; None: it must wait for a channel."""
    if is_phone(call.to):
        return _OWN_NETWORK
    if call.purpose is Purpose.CANARY and not _has_room(lines, call):
        return None
    waits = call.priority == OWN and now - call.requested_at < REST
    return lines.take(urgent=call.priority == 0, tried=call.tried, waits=waits)


def _has_room(lines: Exchange, call: Call) -> bool:
    """True where the trunk that a canary is made for has channels that nobody misses."""
    its = (trunk for trunk in lines.trunks if trunk.enabled and trunk.name not in call.tried)
    return any(lines.spares(trunk, CANARY_SPARES) for trunk in its)


def _giving_way(
    tx: Tx, node: str, lines: Exchange, taken: Sequence[tuple[Trunk | None, Call]], now: datetime
) -> dict[str, Call]:
    """Calls about the station itself whose channels alarms' calls wait for, by the ids of these."""
    if all(trunk is not None and trunk.name not in lines.avoid for trunk, _ in taken):
        return {}
    return giving_way(lines, calls.on_trunk(tx, node), taken, now)


def _give_way(tx: Tx, call: Call, now: datetime) -> None:
    calls.change(tx, call.id, result=Outcome.UNKNOWN)
    ask_hang_up(tx, call.id, MACHINE, now)
    about = calls.incident_of(tx, call, lock=True)
    tell(tx, "call_gives_way", now, about, to=told_as(call), call=call.id)


def _order(tx: Tx, call: Call, trunk: Trunk, policy: Policy) -> CallOrder:
    return CallOrder(
        call_id=call.id,
        to=call.to,
        trunk=trunk.name,
        caller=_shown_at_desk(tx, call, policy)
        if trunk is _OWN_NETWORK
        else trunk.caller(by_human=by_human(call.step, call.requester)),
        ring_time=call.ring_time,
        dialogue=call.dialogue,
        urgent=call.priority == 0,
    )


def _shown_at_desk(tx: Tx, call: Call, policy: Policy) -> str:
    """What a desk phone shows: whom it is about, where they have a number that may be shown."""
    room = calls.in_room(tx, call.room) if call.room else []
    outside = [c for c in room if not c.is_leg and shown(c.step, c.to) == c.to]
    numbers = [c.to for c in outside if dial_policy.is_number(c.to)]
    return numbers[0] if numbers else policy.trunks[0].human_number


def _refuse(tx: Tx, call: Call, why: str, now: datetime, *, stops: bool = False) -> None:
    """The last gate before the trunk: nothing is dialled, a human is told (invariant 5).

    ``stops``: the plan would only ask for one call after the other; a person hands it back.
    """
    ended = calls.change(
        tx,
        call.id,
        only_in=[CallState.REQUESTED],
        state=CallState.ENDED,
        outcome=Outcome.NO_NUMBER,
        detail=why,
        ended_at=now,
    )
    if not ended:
        return  # withdrawn meanwhile
    incident = calls.incident_of(tx, call, lock=True)
    tell(tx, "dial_refused", now, incident, to=told_as(call), reason=why)
    if call.purpose is Purpose.FAX:
        refused = replace(call, outcome=Outcome.NO_NUMBER, detail=why)
        faxes.call_over(tx, refused, now)
        return
    _leave(tx, call, now)
    if incident is not None:
        incident = hand_to_human(tx, incident, why, now)
        if stops and incident.machine is Machine.RUNNING:
            incidents.change(tx, incident, machine=Machine.STOPPED, machine_due=None)
        decide(tx, incident.id, now)


def _next_person(tx: Tx, call: Call, now: datetime) -> bool:
    return call.room is not None and telephone.not_reached(tx, call, now)


def _leave(tx: Tx, call: Call, now: datetime) -> None:
    """Who shared a conference with this call is seen to."""
    if call.room is not None:
        conversations.nobody_left_on_hold(tx, call.room, now)
        leave = service_calls.leave if call.meaning.service else leave_room
        leave(tx, call, now)


def live_calls(tx: Tx, *, node: str) -> list[LiveCall]:
    """Read before the PBX is asked for its channels, never after
    (docs/explanation/durability.md)."""
    found = calls.on_trunk(tx, node)
    unwanted = calls.all_asked_to_end(tx, [call.id for call in found])
    return [
        LiveCall(
            id=call.id,
            state=call.state,
            placed_at=call.placed_at or call.requested_at,
            to=call.to,
            incident=call.incident_id,
            asked_to_end=call.id in unwanted,
        )
        for call in found
    ]


def call_ringing(tx: Tx, call_id: str, now: datetime) -> None:
    """The far end says that it rings."""
    calls.change(
        tx,
        call_id,
        only_in=[CallState.STARTED],
        state=CallState.RINGING,
        ringing_at=now,
    )


def call_answered(tx: Tx, call_id: str, now: datetime) -> Call | None:
    """Picked up; the dialogue begins. The call, unless that was known or changed it more."""
    call = calls.answer(tx, call_id, now)
    if call is None:
        return None
    tell(
        tx,
        "call_answered",
        now,
        calls.incident_of(tx, call, lock=True),
        to=told_as(call),
        call=call_id,
    )
    if call.dialogue is Dialogue.PHONE:  # picking it up is taking it
        dialogue_concluded(tx, call_id, Outcome.OPERATOR, now)
        return None
    return call


def call_ended(
    tx: Tx,
    call_id: str,
    *,
    outcome: Outcome,
    detail: str = "",
    now: datetime,
    not_carried: bool = False,
    receiver_down: bool = False,
) -> Call | None:
    """The channel is gone. What the dialogue concluded wins over what the line says. Its call, as
    it ended; None where that was known.

    ``receiver_down``: the far end ended it in the usual way. From an operator's phone, and not
    asked for by us, that is the end of the conversation; a phone that vanishes is none.

    ``not_carried``: the trunk refused the call, and nobody was asked (``causes.not_carried``). The
    attempt then goes on over the next trunk; only the last one's word is the attempt's outcome.
    """
    call = calls.get(tx, call_id, lock=True)
    if call is None or not call.live:
        return None
    incident = calls.incident_of(tx, call, lock=True)
    if receiver_down and call.operator and call.room and not calls.asked_to_end(tx, call_id):
        control.leg_hung_up(tx, call, now)
    gone_on = not_carried and not call.operator and goes_on(tx, call, incident, now)
    if not_carried and call.meaning.tries_trunk:
        outcome = Outcome.TRUNK_FAILURE  # whoever is called was not asked: it is about the trunk
    final = Outcome.TRUNK_FAILURE if gone_on else call.result or outcome
    over = replace(call, state=CallState.ENDED, outcome=final, detail=detail, ended_at=now)
    calls.change(tx, call_id, state=over.state, outcome=final, detail=detail, ended_at=now)
    tell(
        tx,
        "call_ended",
        now,
        incident,
        to=told_as(call),
        outcome=final,
        detail=detail,
        call=call_id,
    )
    faxes.call_over(tx, over, now, goes_on=gone_on)
    if gone_on or asked_nobody(call, incident):
        let_followers_go(tx, call)
    if call.operator and call.answered_at is not None:
        presence.call_over(tx, load_policy(tx), call.to, now)
    if not gone_on and not _next_person(tx, call, now):
        _leave(tx, call, now)
    ends = loose_ends.of_call(tx, call_id)
    if ends.spoken:
        voices.call_over(tx, call, now)
    if call.meaning.decides and incident is not None:
        decide(tx, incident.id, now)
    if call.meaning.decides and ends.followers:
        _end_followers(tx, call, final, now)
    return over


def _end_followers(tx: Tx, call: Call, final: Outcome, now: datetime) -> None:
    for follower, followed in followers(tx, call.id):
        _end_with(tx, follower, followed, call, final, now)


def _end_with(
    tx: Tx, call: Call, incident: Incident, leader: Call, final: Outcome, now: datetime
) -> None:
    """A call that another one spoke for ends as that one did."""
    outcome = call.result or final
    told = f"in call {leader.id}"
    ended = calls.change(
        tx,
        call.id,
        only_in=[CallState.FOLLOWING],
        state=CallState.ENDED,
        outcome=outcome,
        detail=told,
        ended_at=now,
        placed_at=leader.placed_at,
        ringing_at=leader.ringing_at,
        answered_at=leader.answered_at,
    )
    if ended:
        shown_to = told_as(call)
        tell(
            tx,
            "call_ended",
            now,
            incident,
            to=shown_to,
            outcome=outcome,
            detail=told,
            call=call.id,
        )
        decide(tx, incident.id, now)


def call_lost(tx: Tx, call_id: str, now: datetime) -> None:
    """Gone while nobody listened: *unknown*, unless its dialogue had concluded."""
    call_ended(tx, call_id, outcome=Outcome.UNKNOWN, detail="lost in a crash", now=now)


def call_arrived(
    tx: Tx,
    call_id: str,
    number: str,
    *,
    node: str,
    dialogue: Dialogue,
    now: datetime,
    name: str = "",
    incident: Incident | None = None,
) -> None:
    """A call from outside, answered: a call of its own. ``number`` and ``name`` are hints.

    It takes a channel of the first trunk: Asterisk tells us by no sure way which one it came by.
    """
    policy = load_policy(tx)
    request_call(
        tx,
        policy,
        incident,
        now,
        call_id=call_id,
        step=Purpose.INCOMING,
        to=number,
        attempt=1,
        dialogue=dialogue,
        ring_time=0,
        priority=0,
    )
    calls.change(
        tx,
        call_id,
        direction=Direction.INCOMING,
        node=node,
        trunk=policy.trunks[0].name,
        state=CallState.ANSWERED,
        placed_at=now,
        answered_at=now,
    )
    told = {"to": number, "name": storable(name), "call": call_id}
    tell(tx, "call_incoming", now, incident, **told)


def dialogue_concluded(tx: Tx, call_id: str, outcome: Outcome, now: datetime, **also: Any) -> None:
    """What the person answered, acted upon before the next word is said; ``also`` is written to
    the call's row with it."""
    call = calls.get(tx, call_id, lock=True)
    known = call is None or call.result in (outcome, Outcome.DURESS)
    values = also if known else {"result": outcome, **also}
    if values:
        calls.change(tx, call_id, **values)
    if call is None or known:
        return
    call = replace(call, **also)
    incident = calls.incident_of(tx, call, lock=True)
    tell(tx, "call_result", now, incident, to=told_as(call), result=outcome.value, call=call_id)
    if call.dialogue in _OF_OURS:
        _operator_answered(tx, call, outcome, now)
        return
    if call.state is CallState.ENDED:  # a key, then hung up before it was stored
        calls.change(tx, call_id, outcome=outcome)
    if incident is None:
        return
    _act_upon(tx, call, incident, outcome, now)
    if call.state is CallState.ENDED:
        decide(tx, incident.id, now)
    for follower, followed in followers(tx, call_id):
        its = answer_for(tx, follower, followed, outcome, now)
        calls.change(tx, follower.id, result=its)
        told = {"to": told_as(follower), "result": its.value, "call": follower.id}
        tell(tx, "call_result", now, followed, **told)
        _act_upon(tx, follower, followed, its, now)


#: Dialogues with whoever works for the station's alarms.
_OF_OURS = AT_DESK | {Dialogue.PHONE}


def _operator_answered(tx: Tx, call: Call, outcome: Outcome, now: datetime) -> None:
    if call.dialogue is Dialogue.PHONE:
        telephone.leg_answered(tx, call, now)
    if outcome is not Outcome.OPERATOR:
        return
    match call.meaning.taken:
        case Taken.WORK:
            desk_took(tx, call, now)
        case Taken.SERVICE:
            service_calls.desk_took(tx, call, now)


def _act_upon(tx: Tx, call: Call, incident: Incident, outcome: Outcome, now: datetime) -> None:
    """What an answer changes at once, while the person is still on the line."""
    if outcome is Outcome.HELP:
        services.witness(tx, incident, call, now)
    if outcome is Outcome.DURESS:
        raise_duress(tx, incident, now)
        duress_by_phone(tx, incident, call.contact_id or "", now)
    elif outcome is Outcome.ACCEPTED:
        accepted_by_phone(tx, incident, call.contact_id or "", now)
    elif outcome is Outcome.DECLINED:
        orders.guard_declined(tx, incident, call, now)
    elif outcome in apply.NEEDS_HUMAN or (call.meaning.answer_is_a_humans and outcome in _ANSWERED):
        hand_to_human(tx, incident, outcome.value, now)


#: What a caller may answer whom no plan waits for: a human sees to it.
_ANSWERED = frozenset({Outcome.GOING, Outcome.SEND_GUARD, Outcome.NEXT_PERSON})


def join_room(tx: Tx, call_id: str, now: datetime) -> str:
    """The called person waits for a human from now on; the conference's name."""
    call = calls.get(tx, call_id)
    room = str(call.room or call_id) if call else call_id
    if call is not None and call.room is None:
        calls.change(tx, call_id, room=room, joined_at=now)
    bridge(tx, now)
    return room
