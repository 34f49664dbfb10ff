"""Everybody who waits on the line, as the rows tell: for deciding, for pages, for the phone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call, Dialogue, Outcome
from callflow.core.calls.phones import is_phone
from callflow.core.calls.purpose import Purpose
from callflow.core.desks.distribution import Caller, Ring, in_order
from callflow.core.plans.call_plan import StepKind
from callflow.core.signals.signal import Category
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.sites import contacts, sites


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Somebody who is in a conference: their call, its incident, and what deciding needs."""

    call: Call
    incident: Incident | None
    caller: Caller


def waiting(tx: Tx) -> list[Waiting]:
    """Everybody from outside who is in a conference, with a human or not."""
    callers = [call for call in calls.waiting(tx) if not is_phone(call.to)]
    if not callers:
        return []
    made = calls.in_rooms(tx, {call.room or "" for call in callers})
    about = {call.incident_id for call in callers if call.incident_id}
    known = {incident: incidents.get(tx, incident) for incident in sorted(about)}
    spoken = _languages(tx, callers, known)
    devices = contacts.devices(tx, {call.to for call in callers})
    mute = incidents.mute_sites(tx, {i.site_id for i in known.values() if i and i.site_id})
    found = []
    for call in callers:
        incident = known.get(call.incident_id or "")
        caller = _caller(call, incident, made[call.room or ""], spoken.get(call.id, ""))
        # A device calls by itself, before its alarm or without one (D8); of a mute site whatever
        # somebody calls about is the personal alarm's (D29).
        if call.to in devices or (incident and incident.site_id in mute):
            caller = replace(caller, urgent=True)
        found.append(Waiting(call=call, incident=incident, caller=caller))
    return found


def queue(tx: Tx) -> list[Waiting]:
    """Those whom no human speaks with, next one first."""
    found = {one.caller.room: one for one in waiting(tx)}
    return [found[c.room] for c in in_order(one.caller for one in found.values())]


def place_of(tx: Tx, call: Call) -> int:
    """Which number somebody is in the queue, from 1; 0: not in it any more."""
    rooms = [one.call.id for one in queue(tx)]
    return rooms.index(call.id) + 1 if call.id in rooms else 0


def language_of(tx: Tx, call: Call, incident: Incident | None) -> str:
    """The language of whoever this call, about ``incident``, is with, as far as known; else ""."""
    known = {call.incident_id or "": incident} if incident else {}
    return _languages(tx, [call], known).get(call.id, "")


def _languages(tx: Tx, waiting: list[Call], known: Mapping[str, Incident | None]) -> dict[str, str]:
    """{call: language}: the contact's, else that of whose number it is, else the site's."""
    ids = {call.contact_id for call in waiting if call.contact_id}
    of = contacts.languages_of(tx, ids, {call.to for call in waiting})
    found = {}
    for call in waiting:
        incident = known.get(call.incident_id or "")
        said = of.get(call.contact_id or "") or of.get(call.to)
        if not said and incident and incident.site_id:
            site = sites.get(tx, incident.site_id)
            said = site.language if site else None
        if said:
            found[call.id] = said.lower().replace("_", "-").partition("-")[0]
    return found


def _caller(call: Call, incident: Incident | None, made: list[Call], language: str) -> Caller:
    in_alarm = bool(incident and incident.state is State.OPEN and not incident.exercise)
    vital = bool(in_alarm and incident and incident.category is Category.VITAL)
    return Caller(
        room=call.room or "",
        since=call.joined_at or call.answered_at or call.requested_at,
        urgent=vital or _voice_first(call, incident),
        in_alarm=in_alarm,
        language=language,
        skill=incident.kind if in_alarm and incident else "",
        holder=(incident.holder if incident else None) or call.requester,
        with_human=any(_is_human(call) for call in made),
        alone_since=max((c.ended_at for c in made if _took(c) and c.ended_at), default=None),
        rings=tuple(_ring(call) for call in made if call.purpose is Purpose.BRIDGE),
    )


def _voice_first(call: Call, incident: Incident | None) -> bool:
    """True where somebody speaks before anything else is asked (D8)."""
    if call.dialogue is Dialogue.VOICE:
        return True
    steps = incident.plan.get("steps", ()) if incident else ()
    kinds = {step["id"]: step["kind"] for step in steps}
    return bool(kinds.get(call.step) == StepKind.VOICE_FIRST.value)


def _is_human(call: Call) -> bool:
    """True where an operator or somebody at a desk is in the conference by this call."""
    return call.up and _took(call)


def _took(call: Call) -> bool:
    """True where somebody of ours spoke, or speaks, by this call; who only listens does not."""
    return call.is_leg and call.heard and call.result is Outcome.OPERATOR


def _ring(call: Call) -> Ring:
    return Ring(
        id=call.id,
        to=call.to,
        live=call.live,
        took=_took(call),
        requested_at=call.requested_at,
        ended_at=call.ended_at,
    )


def was_with_human(tx: Tx, call: Call) -> bool:
    """True where somebody of ours spoke with this caller."""
    made = calls.in_rooms(tx, {call.room})[call.room] if call.room else []
    return any(_took(call) for call in made)


#: Who lost the sound of a call is back in it by then, and wants to find the person there.
COMES_BACK = timedelta(seconds=3)

#: States of a dialogue that is over: the person hears music, not words of ours.
_LISTENS = frozenset({"end", "position"})


def is_told_now(one: Waiting, place: int, every: float, now: datetime) -> bool:
    """True where somebody hears now which number they are; ``every`` in seconds, 0: never.

    At once where somebody is before them, and when the human whom they spoke with went. Panels and
    services hear no word of ours, a dialogue is not cut, and who needs help at once hears music
    first.
    """
    call, caller = one.call, one.caller
    if every <= 0 or call.dialogue not in _TOLD or call.held:
        return False
    if (call.progress or {}).get("state") not in _LISTENS:
        return False
    last = call.announced_at
    if caller.alone_since is not None and (last is None or last < caller.alone_since):
        return caller.alone_since + COMES_BACK <= now
    if last is not None:
        return bool(last + timedelta(seconds=every) <= now)
    at_once = place > 1 and not caller.urgent
    return at_once or caller.since + timedelta(seconds=every) <= now


#: Dialogues whose people are told: callers, contacts who asked for an operator, called-back ones.
_TOLD = frozenset(
    {
        Dialogue.INCOMING,
        Dialogue.VERIFICATION,
        Dialogue.QUESTION,
        Dialogue.MESSAGE,
        Dialogue.GUARD,
        Dialogue.VOICE,
    }
)
