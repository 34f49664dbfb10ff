"""Calls that an operator asks for: a person with one click, whoever waits, whoever called."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call, Dialogue, Mode
from callflow.core.calls.dial_policy import MUTE
from callflow.core.calls.on_call import as_called
from callflow.core.calls.purpose import Purpose
from callflow.handling.alarms.acting import let_go, request_call
from callflow.handling.alarms.ends.muting import number_is_mute
from callflow.handling.alarms.operating import (
    acted,
    claim,
    pass_on,
    request_contact_call,
    take_over_call,
    unfiled_and_held,
    whom_to_call,
)
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Held, NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.calls.conversations import (
    LEG_RING,
    leg_of,
    legs_in,
    people_in,
    ring_leg,
)
from callflow.handling.calls.phones import own_phone, phone_of
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.calls import calls


def call_person(
    tx: Tx,
    who: str,
    now: datetime,
    *,
    incident: Incident | None,
    to: str,
    name: str,
    contact: str | None = None,
    then: list[str] | None = None,
) -> str:
    """Have ``who`` talk with ``to``: into the conversation that they have, else their own phone is
    rung first. ``then``: contacts that are called in turn while nobody answers. The call's id.
    """
    leg = leg_of(tx, who)
    call_id = ids.of_call(now)
    wanted = {"call": call_id, "to": to, "contact": contact, "then": then or []}
    told = {"who": name, "to": to, "who_did": who}
    if leg is not None and leg.up and leg.room:
        _call_into(tx, incident, leg.room, wanted, who, now)
        tell(tx, "conference_call", now, incident, **told)
        return call_id
    if leg is not None:
        raise Refused("your telephone rings already: answer it, or let it end")
    request_call(
        tx,
        load_policy(tx),
        incident,
        now,
        step=Purpose.OWN_PHONE,
        to=own_phone(tx, who).name,
        attempt=1,
        dialogue=Dialogue.PHONE,
        ring_time=LEG_RING,
        priority=0,
        room=call_id,
        requester=who,
        wanted=wanted,
    )
    tell(tx, "click_to_call", now, incident, **told)
    return call_id


def _call_into(
    tx: Tx,
    incident: Incident | None,
    room: str | None,
    wanted: Mapping[str, Any],
    who: str,
    now: datetime,
) -> None:
    policy = load_policy(tx)
    tried = calls.attempts(tx, incident.id) if incident else []
    request_call(
        tx,
        policy,
        incident,
        now,
        step=Purpose.BY_HAND,
        to=wanted["to"],
        contact=wanted["contact"],
        attempt=1 + sum(1 for c in tried if c.to == wanted["to"]),
        dialogue=Dialogue.TALK,
        ring_time=policy.ring_time,
        priority=0,
        room=room,
        call_id=wanted["call"],
        requester=who,
        wanted={"then": wanted["then"]},
    )


def call_contact(
    tx: Tx, incident_id: str, who: str, contact_id: str, now: datetime, *, role: bool = False
) -> str:
    """Call a contact of the incident's site; with ``role``, those of the same role after them, in
    order, while nobody answers. Who has no telephone of their own has the machine call, which asks
    for the code. Raises Held, NotFound, Refused.
    """
    if phone_of(tx, who) is None:
        return request_contact_call(tx, incident_id, who, contact_id, now)
    incident = unfiled_and_held(tx, incident_id, who)
    site, contact, number = whom_to_call(tx, incident, contact_id, now)
    same = [c.id for c in site.contacts if c.role is contact.role and c.rank > contact.rank]
    call_id = call_person(
        tx,
        who,
        now,
        incident=incident,
        to=number,
        name=contact.name,
        contact=contact.id,
        then=same if role else None,
    )
    acted(tx, incident, who, now)
    return call_id


def take_over(tx: Tx, incident_id: str, who: str, call_id: str, now: datetime) -> Incident:
    """The machine's live call comes to me (D20): to my own phone, where I have one, else to the
    desk. Raises Held, NotFound, Refused."""
    incident = take_over_call(tx, incident_id, who, call_id, now)
    phone, call = phone_of(tx, who), calls.get(tx, call_id)
    if phone is not None and call is not None and leg_of(tx, who) is None:
        ring_leg(tx, call, call_id, phone, who, now)
    return incident


def call_number(tx: Tx, who: str, number: str, now: datetime, *, name: str = "") -> str:
    """Call somebody back who called us; the dial gate knows whether they did."""
    if number_is_mute(tx, number):
        raise Refused(MUTE)
    return call_person(tx, who, now, incident=None, to=number, name=name or number)


def join(tx: Tx, who: str, room: str, now: datetime) -> str:
    """Take a person who waits: my phone rings for them, and no other does. The leg's id.

    Whoever I speak with meanwhile waits with music, brought to whoever is free, me first, and is
    taken again in the same way: of two who call at once none is hung up for the other (D8).
    """
    people = people_in(tx, room)
    if not people:
        raise NotFound("nobody waits there any more")
    legs = legs_in(tx, room)
    if any(leg.up for leg in legs):
        raise Refused("somebody is with this person already")
    phone = own_phone(tx, who)
    mine = next((leg for leg in legs if leg.operator == who), None)
    if mine is not None:
        return mine.id
    for other in calls.legs_of(tx, who):
        _leave(tx, other, who, now)
    for leg in legs:
        let_go(tx, leg, now)
    return ring_leg(tx, people[0], room, phone, who, now)


def _leave(tx: Tx, leg: Call, who: str, now: datetime) -> None:
    """I go out of another conversation, which goes on without me; nobody is called into it."""
    up = leg.up
    if up and leg.room and leg.mode is Mode.TALK:
        for call in people_in(tx, leg.room):
            if call.answered_at is None:
                let_go(tx, call, now)
            else:
                tell(tx, "left_waiting", now, calls.incident_of(tx, call), to=call.to, who_did=who)
    let_go(tx, leg, now)


def leg_answered(tx: Tx, leg: Call, now: datetime) -> None:
    """An operator's phone was picked up: the person that they asked for is called, and the incident
    of whoever waits is theirs (D20), unless somebody holds it."""
    if leg.wanted and "to" in leg.wanted:
        _call_into(tx, calls.incident_of(tx, leg), leg.room, leg.wanted, leg.operator, now)
        return
    incident = calls.incident_of(tx, leg)
    if leg.mode is not Mode.TALK or incident is None:
        return
    given_by = leg.requester if leg.requester not in ("", leg.operator) else None
    try:
        if given_by is not None and incident.holder == given_by:
            pass_on(tx, incident.id, given_by, leg.operator, now)
        elif incident.state is State.OPEN:
            claim(tx, incident.id, leg.operator, now)
    except (Held, Refused):
        return  # its holder is shown; the call goes on all the same


def not_reached(tx: Tx, call: Call, now: datetime) -> bool:
    """Somebody whom an operator called did not answer: the next one is called, if there is one and
    the operator is still there. Whether one is."""
    then = (call.wanted or {}).get("then") or []
    incident = calls.incident_of(tx, call)
    if not then or incident is None or call.answered_at is not None:
        return False
    if not any(leg.up for leg in legs_in(tx, call.room)):
        return False
    site = site_now(tx, incident.site_id, incident.kind, now) if incident.site_id else None
    for place, contact_id in enumerate(then):
        contact = as_called(site, contact_id, now) if site else None
        if contact is not None and contact.phone is not None:
            wanted = {
                "call": ids.of_call(now),
                "to": contact.phone,
                "contact": contact.id,
                "then": then[place + 1 :],
            }
            _call_into(tx, incident, call.room, wanted, call.requester, now)
            told = {"who": contact.name, "to": contact.phone, "who_did": call.requester}
            tell(tx, "next_number", now, incident, **told)
            return True
    return False
