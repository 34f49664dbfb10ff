"""Acts on an incident, whoever decided them: calls asked for, handed over, closed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from callflow import ids
from callflow.core.alarms import apply
from callflow.core.alarms.incident import Changes, Event, Incident, State, after
from callflow.core.calls.call import Act, Call, CallAction, CallState, Dialogue, Mode
from callflow.core.calls.phones import is_phone
from callflow.core.calls.purpose import NOT_AT_SITE, Purpose
from callflow.core.records.logbook import MACHINE
from callflow.core.signals.signal import Kind
from callflow.handling.alarms.ends import filing
from callflow.handling.base.nodes import choose_node
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, loose_ends, tasks
from callflow.storage.calls import calls, phones
from callflow.storage.desks import shifts

#: Why a treated incident is a human's again (D26); a step's *overdue* is another matter.
NOT_NORMAL = "not_normal"
#: The resolution code of a rehearsal that ends by itself.
EXERCISE = "exercise"


def request_call(
    tx: Tx,
    policy: Policy,
    incident: Incident | None,
    now: datetime,
    *,
    step: str,
    to: str,
    attempt: int,
    dialogue: Dialogue,
    ring_time: float,
    priority: int,
    contact: str | None = None,
    room: str | None = None,
    call_id: str | None = None,
    requester: str = "",
    mode: Mode = Mode.TALK,
    wanted: Mapping[str, Any] | None = None,
) -> Call:
    """The row before the act; the call, whose id will be its channel's.

    Of an incident in shadow nobody is called. ``requester`` is the person who asked for it; "" is
    the machine. ``to`` is a number, or the name
    of an operator's phone, which is rung on its own node. ``wanted``: see telephone.py.
    """
    call_id = call_id or ids.of_call(now)
    phone = phones.get(tx, to) if is_phone(to) else None
    node = phone.node if phone else choose_node(tx, policy.node, now, call_id=call_id, room=room)
    call = Call(
        id=call_id,
        step=step,
        to=to,
        attempt=attempt,
        state=CallState.REQUESTED,
        requested_at=now,
        incident_id=incident.id if incident else None,
        dialogue=dialogue,
        contact_id=contact,
        priority=priority,
        node=node,
        ring_time=ring_time,
        room=room,
        requester=requester,
        operator=phone.owner if phone else "",
        mode=mode,
        wanted=wanted,
        shadow=step != Purpose.INCOMING and (policy.shadow or bool(incident and incident.shadow)),
    )
    calls.insert(tx, call)
    return call


def hand_to_human(
    tx: Tx, incident: Incident, reason: str, now: datetime, text: str = ""
) -> Incident:
    """The incident stands in the operators' queue; said once for each reason.

    A closed one is open again: somebody asked for a human in a call that outlived the closure.
    """
    handed = apply.hand_to_human(incident, reason, now, load_policy(tx).rings_after(incident))
    if handed is None:
        return incident
    if incident.state is not State.OPEN:
        tell(tx, "opened_for_help", now, incident)
    tell(tx, "human", now, incident, reason=reason, text=text)
    return incidents.change(tx, incident, **handed)


def close(
    tx: Tx,
    incident: Incident,
    code: str,
    text: str,
    now: datetime,
    who: str | None = None,
    *,
    files: str | None = None,
    also: Changes | None = None,
) -> Incident:
    """Handled with a resolution code; filed where the site is back to normal (D26).

    ``files``: why a person may file it though the site is not: what protects it, or who waives it.
    ``also``: what else of it is to be written.
    """
    closed: Changes = {**(also or {}), **apply.close(incident, code, text, now)}
    extra = {"who_did": who} if who else {}
    tell(tx, "closed", now, incident, resolution=code, text=text, **extra)
    ends = loose_ends.of_incident(tx, incident.id, incident.site_id, now)
    for number in calls.cancel_requested(tx, incident.id, now) if ends.calls else ():
        tell(tx, "call_cancelled", now, incident, to=number)
    if ends.tasks:  # but for a guard under way: somebody hears what he found
        out = [one.of for one in filing.guards_out(tx, incident.id)] if ends.guards else []
        tasks.cancel_others(tx, incident.id, now, keep=out)
    closed.update(_settled(tx, incident.but(**closed), ends, now, by=who or MACHINE, files=files))
    incident = incidents.change(tx, incident, **closed)
    if incident.kind is Kind.STORM:
        _let_go_of_parts(tx, incident.id, now)
    if incident.kind is Kind.DEAD_MAN:  # whoever ended it is there
        shifts.attend(tx, now)
    return incident


def _let_go_of_parts(tx: Tx, storm_id: str, now: datetime) -> None:
    """With a storm those of its sites are closed that are back; the others' plans run (D28)."""
    for part in incidents.held_by_storm(tx, storm_id):
        if part.normal:
            incidents.change(tx, part, storm_until=now)


def settle(tx: Tx, incident: Incident, now: datetime) -> Incident:
    """A handled incident is filed once its site is back to normal, else it awaits that."""
    settled = _settled(
        tx, incident, loose_ends.of_incident(tx, incident.id, incident.site_id, now), now
    )
    return incidents.change(tx, incident, **settled) if settled else incident


def _settled(
    tx: Tx,
    incident: Incident,
    ends: loose_ends.OfIncident,
    now: datetime,
    *,
    by: str = MACHINE,
    files: str | None = None,
) -> Changes:
    """The changes of ``settle``; ``files`` as in ``close``, ``by`` whom."""
    stands = filing.standing(tx, incident, now, ends)
    if stands.normal:
        tell(tx, "filed", now, incident)
        return {"state": after(incident.state, Event.NORMAL), "normal_due": None}
    if files is not None:
        state = after(incident.state, Event.FILE)
        tell(tx, "filed_by_hand", now, incident, who_did=by, by=by, note=files)
        filing.measures_stay(tx, incident, now)
        return {"state": state, "normal_due": None}
    if incident.state is State.AWAITING_NORMAL:
        return {}
    state = after(incident.state, Event.NOT_NORMAL)
    filing.tell_awaited(tx, incident, stands, now)
    return {"state": state, "normal_due": filing.within(tx, incident, stands.protected_until, now)}


def withdraw(tx: Tx, incident: Incident, now: datetime, *, step: str | None = None) -> None:
    """Nothing rings any more at the site or its people; the station's own phones may.

    ``step``: only what this one asked for. Who spoke already is not cut off.
    """
    for number in calls.cancel_requested(tx, incident.id, now, keep=NOT_AT_SITE, only=step):
        tell(tx, "call_cancelled", now, incident, to=number)
    for call_id in calls.ringing_contacts(tx, incident.id, step=step):
        ask_hang_up(tx, call_id, MACHINE, now)


def ask_hang_up(tx: Tx, call_id: str, who: str, now: datetime) -> None:
    """A row that asks the call's node to hang up; it does so as soon as it can, though the call's
    channel, its Asterisk or the node itself be away now. Nobody may ring who was withdrawn (D7)."""
    ask_act(tx, call_id, Act.HANG_UP, who, now, within=_AS_LONG_AS_IT_RINGS)


def let_go(tx: Tx, call: Call, now: datetime) -> None:
    """Nobody needs this call any more: withdrawn where it was not dialled yet, else hung up."""
    if call.state is CallState.REQUESTED:
        asked = [CallState.REQUESTED]
        if calls.change(tx, call.id, only_in=asked, state=CallState.CANCELLED, ended_at=now):
            return
    if call.ended_at is None:  # dialled, if only since ``call`` was read
        ask_hang_up(tx, call.id, MACHINE, now)


#: How long a node has for what an operator asks of a call: later it would surprise them.
_AT_ONCE = timedelta(seconds=5)
#: Longer than any call without a conversation.
_AS_LONG_AS_IT_RINGS = timedelta(minutes=10)


def ask_act(
    tx: Tx,
    call_id: str,
    kind: Act,
    who: str,
    now: datetime,
    argument: str = "",
    *,
    within: timedelta = _AT_ONCE,
) -> None:
    """A row that asks a live call's node for an act, ``within`` that time or not at all."""
    calls.insert_action(
        tx,
        CallAction(
            id=ids.new(now),
            call_id=call_id,
            kind=kind,
            argument=argument,
            requester=who,
            requested_at=now,
            expires_at=now + within,
        ),
    )
