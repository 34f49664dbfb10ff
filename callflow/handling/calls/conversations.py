"""Who is in a conversation, and what is done to one of them.

A conversation is a conference (``call.room``): people in it are outside calls, operators' legs
are calls to phones of ours. Whoever is on hold stands outside the conference, with music, and is
brought back when the last operator leaves: nobody is forgotten on hold.
"""

from datetime import datetime

from callflow.core.calls.call import Act, Call, CallState, Dialogue, Mode
from callflow.core.calls.phones import Phone
from callflow.core.calls.purpose import Purpose
from callflow.core.records.logbook import MACHINE
from callflow.handling.alarms.acting import ask_act, ask_hang_up, let_go, request_call
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.calls import calls

#: Seconds that an operator's phone rings for a conversation.
LEG_RING = 20.0


def leg_of(tx: Tx, who: str) -> Call | None:
    """The conversation that somebody takes part in, whoever began it: their live leg, an answered
    one first."""
    legs = [leg for leg in calls.legs_of(tx, who) if leg.heard]
    return min(legs, key=lambda leg: not leg.up, default=None)


def my_leg(tx: Tx, who: str) -> Call:
    """The conversation that somebody is in. Raises Refused."""
    leg = leg_of(tx, who)
    if leg is None or leg.room is None or not leg.up:
        raise Refused("you are in no call")
    return leg


def in_my_call(tx: Tx, who: str, call_id: str) -> tuple[Call, Call]:
    """(my leg, the person's call), both in one conversation."""
    leg = my_leg(tx, who)
    call = calls.get(tx, call_id)
    if call is None or call.room != leg.room or call.ended_at is not None:
        raise NotFound("this person is not in your call")
    return leg, call


def people_in(tx: Tx, room: str | None) -> list[Call]:
    """The outside calls of a conversation, asked for or up."""
    return [call for call in calls.in_room(tx, room) if not call.is_leg]


def legs_in(tx: Tx, room: str | None) -> list[Call]:
    """The operators' and desks' legs of a conversation, asked for or up."""
    return [call for call in calls.in_room(tx, room) if call.is_leg]


def ring_leg(
    tx: Tx,
    person: Call,
    room: str | None,
    phone: Phone,
    who: str,
    now: datetime,
    mode: Mode = Mode.TALK,
) -> str:
    """Ring a phone of ours for a conversation, because ``who`` asks for it; the leg's id."""
    leg = request_call(
        tx,
        load_policy(tx),
        calls.incident_of(tx, person),
        now,
        step=Purpose.BRIDGE if mode is Mode.TALK else Purpose.OWN_PHONE,
        to=phone.name,
        attempt=1 + len(calls.for_room(tx, room)),
        dialogue=Dialogue.PHONE,
        ring_time=LEG_RING,
        priority=0,
        room=room,
        requester=who,
        mode=mode,
    )
    return leg.id


def others_with(tx: Tx, leg: Call) -> list[Call]:
    """The other legs that the people of a conversation hear; supervisors who only listen, or
    whisper, are none."""
    return [
        other
        for other in legs_in(tx, leg.room)
        if other.id != leg.id and other.answered_at and other.heard
    ]


def end_people(tx: Tx, leg: Call, who: str, now: datetime) -> None:
    """The conversation is over for everybody outside, unless a colleague stays with them."""
    if others_with(tx, leg):
        return
    for call in people_in(tx, leg.room):
        if call.state is CallState.REQUESTED:
            let_go(tx, call, now)
        else:
            ask_hang_up(tx, call.id, who, now)


def put_on_hold(tx: Tx, call: Call, who: str, now: datetime) -> None:
    """Out of the conference, with music, if they are not there yet."""
    if call.held:
        return
    calls.change(tx, call.id, held=True)
    ask_act(tx, call.id, Act.HOLD, who, now)
    tell(tx, "held", now, calls.incident_of(tx, call), to=call.to, who_did=who)


def take_off_hold(tx: Tx, call: Call, who: str, now: datetime) -> None:
    """Back into it, if they are on hold."""
    if not call.held:
        return
    calls.change(tx, call.id, held=False)
    ask_act(tx, call.id, Act.RESUME, who, now)
    tell(tx, "resumed_call", now, calls.incident_of(tx, call), to=call.to, who_did=who)


def nobody_left_on_hold(tx: Tx, room: str, now: datetime) -> None:
    """Whoever is on hold comes back where no operator is left to bring them back."""
    if any(leg.answered_at for leg in legs_in(tx, room)):
        return
    for call in people_in(tx, room):
        take_off_hold(tx, call, call.requester or MACHINE, now)
