"""What an operator does in a call: hang up, hold, keys, hand on, share; a supervisor listens in."""

import re
from datetime import datetime

from callflow.core.calls.call import Act, Call, Mode
from callflow.handling.alarms.acting import ask_act, ask_hang_up, let_go
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.calls.conversations import (
    end_people,
    in_my_call,
    leg_of,
    legs_in,
    my_leg,
    others_with,
    people_in,
    put_on_hold,
    ring_leg,
    take_off_hold,
)
from callflow.handling.calls.phones import own_phone, phone_of
from callflow.storage import Tx
from callflow.storage.calls import calls, phones

_KEYS = re.compile(r"[0-9*#A-D]{1,20}")


def hang_up(tx: Tx, who: str, now: datetime, call_id: str = "") -> None:
    """End my call: everybody outside, unless a colleague stays with them. With ``call_id``: only
    that person. A phone that only rings for me stops ringing here, and rings elsewhere."""
    if call_id:
        _, call = in_my_call(tx, who, call_id)
        let_go(tx, call, now)
        return
    leg = leg_of(tx, who)
    if leg is None:  # a supervisor who only listens, or whispers, leaves nobody
        leg = next(iter(calls.legs_of(tx, who)), None)
    elif leg.room is not None and leg.up:
        end_people(tx, leg, who, now)
    if leg is None:
        raise Refused("you are in no call")
    let_go(tx, leg, now)


def rejoin(tx: Tx, who: str, leg_id: str, now: datetime) -> None:
    """The page lost the sound of my call: it was loaded again, or its network was away for too
    long. The same phone is rung anew for the same conversation, and this leg goes."""
    leg = calls.get(tx, leg_id)
    if leg is None or leg.operator != who or not leg.up:
        raise NotFound("this call is over")
    if calls.asked_to_end(tx, leg_id):
        return
    phone, people = phones.get(tx, leg.to), people_in(tx, leg.room)
    if phone is not None and people and leg.heard:
        ring_leg(tx, people[0], leg.room, phone, who, now, leg.mode)
    ask_hang_up(tx, leg_id, who, now)


def leg_hung_up(tx: Tx, leg: Call, now: datetime) -> None:
    """An operator put the receiver down: the conversation is over for those outside, too."""
    end_people(tx, leg, leg.operator, now)


def hold(tx: Tx, who: str, call_id: str, now: datetime) -> None:
    """Out of the conference, with music."""
    _, call = in_my_call(tx, who, call_id)
    if not call.up:
        raise Refused("nobody is on the line there yet")
    put_on_hold(tx, call, who, now)


def resume(tx: Tx, who: str, call_id: str, now: datetime) -> None:
    """Back from hold."""
    _, call = in_my_call(tx, who, call_id)
    take_off_hold(tx, call, who, now)


def mute(tx: Tx, who: str, on: bool, now: datetime) -> None:
    """I am heard by nobody in my call, or again."""
    leg = my_leg(tx, who)
    if leg.muted != on:
        calls.change(tx, leg.id, muted=on)
        ask_act(tx, leg.id, Act.MUTE if on else Act.UNMUTE, who, now, leg.room or "")


def keys(tx: Tx, who: str, call_id: str, typed: str, now: datetime) -> None:
    """Keys for the far end's menu. They are not kept: they may be a code."""
    if not _KEYS.fullmatch(typed):
        raise Refused("keys are digits, * and #, at most twenty")
    _, call = in_my_call(tx, who, call_id)
    ask_act(tx, call.id, Act.KEYS, who, now, typed)


# --- handing on ---------------------------------------------------------------------------


def hand_on(tx: Tx, who: str, colleague: str, now: datetime, *, attended: bool) -> str:
    """To a colleague. ``attended``: everybody outside is held while we two speak first; then
    ``complete``, ``all_together`` or ``call_off``. Otherwise I leave at once; if the colleague
    doesn't answer, the person is brought to somebody else. The leg's id.
    """
    leg = my_leg(tx, who)
    if colleague == who:
        raise Refused("this is your own call")
    phone = phone_of(tx, colleague)
    if phone is None:
        raise Refused("this colleague's telephone is not connected")
    people = [call for call in people_in(tx, leg.room) if call.answered_at is not None]
    if not people:
        raise Refused("there is nobody to hand on")
    if attended:
        for call in people:
            put_on_hold(tx, call, who, now)
    made = ring_leg(tx, people[0], leg.room, phone, who, now)
    tell(tx, "call_handed_on", now, calls.incident_of(tx, people[0]), to=colleague, who_did=who)
    if not attended:
        ask_hang_up(tx, leg.id, who, now)
    return made


def complete(tx: Tx, who: str, now: datetime) -> None:
    """The colleague, or whoever else came in, goes on without me."""
    leg = my_leg(tx, who)
    up = [call for call in people_in(tx, leg.room) if call.answered_at is not None]
    if not others_with(tx, leg) and len(up) < 2:
        raise Refused("nobody would be left with this person: wait until somebody answered")
    for call in up:
        take_off_hold(tx, call, who, now)
    ask_hang_up(tx, leg.id, who, now)


def all_together(tx: Tx, who: str, now: datetime) -> None:
    """Everybody of my call hears everybody."""
    leg = my_leg(tx, who)
    for call in people_in(tx, leg.room):
        take_off_hold(tx, call, who, now)


def call_off(tx: Tx, who: str, now: datetime) -> None:
    """The colleague is let go, and I am with the person again."""
    leg = my_leg(tx, who)
    for other in legs_in(tx, leg.room):
        if other.id != leg.id and other.requester == who:
            let_go(tx, other, now)
    all_together(tx, who, now)


# --- supervisors --------------------------------------------------------------------------


def listen(tx: Tx, who: str, leg_id: str, mode: Mode, now: datetime) -> str:
    """A supervisor hears a colleague's call (listen), is heard by the colleague only (whisper), or
    takes part (barge in); told in the logbook. Asked again with another mode, it changes."""
    leg = calls.get(tx, leg_id)
    if leg is None or not leg.is_leg or not leg.up:
        raise NotFound("this call is over")
    if leg.operator == who:
        raise Refused("this is your own call")
    for mine in calls.legs_of(tx, who):
        if mine.room != leg.room:
            raise Refused("you are in another call: end it, or put it on hold")
        let_go(tx, mine, now)
    phone = own_phone(tx, who)
    made = ring_leg(tx, leg, leg.room, phone, who, now, mode)
    calls.change(tx, made, wanted={"spied": leg_id} if mode is not Mode.BARGE else None)
    about, told = calls.incident_of(tx, leg), {"operator": leg.operator or leg.to, "who_did": who}
    match mode:
        case Mode.WHISPER:
            tell(tx, "whispered", now, about, **told)
        case Mode.BARGE:
            tell(tx, "barged_in", now, about, **told)
        case _:
            tell(tx, "listened_in", now, about, **told)
    return made
