"""A person's acts on an incident: take, release, park, hand over, note, close."""

from datetime import datetime, timedelta

from callflow.core.alarms.filing import Wish, agree
from callflow.core.alarms.incident import Changes, Incident, Machine, State
from callflow.core.calls.call import Act, Dialogue, Outcome
from callflow.core.calls.dial_policy import MUTE
from callflow.core.calls.on_call import as_called
from callflow.core.calls.purpose import Purpose
from callflow.core.plans.call_plan import StepKind
from callflow.core.signals.signal import Category
from callflow.core.sites.site import Contact, Site
from callflow.handling.alarms import undoing
from callflow.handling.alarms.acting import NOT_NORMAL, ask_act, close, hand_to_human, request_call
from callflow.handling.alarms.deciding import decide
from callflow.handling.alarms.ends import filing
from callflow.handling.alarms.ends.muting import is_mute_here
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Held, NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls

#: The longest time that anything stays out of the queue's way.
PARK_AT_MOST = timedelta(hours=24)


def claim(tx: Tx, incident_id: str, who: str, now: datetime) -> Incident:
    """*Take*: the machine stops, and the hold is on the whole site (D20). Raises Held, Refused."""
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id!r}")
    together = incidents.unfiled(tx, [incident.site_id], []) if incident.site_id else []
    incident = known(tx, incident_id)
    if incident.state is State.FILED:
        raise Refused("this incident is filed: there is nothing to take")
    for other in together:
        not_anothers(other, who)
    free = [other for other in together or [incident] if other.holder is None]
    for other in free:
        _take(tx, other, who, now)
    if free:
        undoing.remember(tx, "claim", who, _first(free, incident_id), now)
    return known(tx, incident_id)


def _first(together: list[Incident], incident_id: str) -> list[Incident]:
    return sorted(together, key=lambda incident: incident.id != incident_id)


def _take(tx: Tx, incident: Incident, who: str, now: datetime) -> None:
    if not incidents.claim(tx, incident.id, who, now):
        current = incidents.get(tx, incident.id)
        raise Held((current.holder if current else None) or "?")
    incident = known(tx, incident.id)
    tell(tx, "claimed", now, incident, by=who, who_did=who)
    if incident.machine is Machine.RUNNING:
        incident = incidents.change(tx, incident, machine=Machine.STOPPED)
    keep = {Purpose.BRIDGE, Purpose.FAX, *_guards_asked(tx, incident)}
    for number in calls.cancel_requested(tx, incident.id, now, keep=keep):
        tell(tx, "call_cancelled", now, incident, to=number, who_did=who)
    if incident.state is State.OPEN and not incident.with_human:
        incident = hand_to_human(tx, incident, "taken", now)
    idle_at = _idle_at(tx, incident, now)
    incidents.change(
        tx, incident, machine_due=None, parked_until=None, storm_until=None, queue_due=idle_at
    )


def _guards_asked(tx: Tx, incident: Incident) -> list[str]:
    """Steps whose guard the machine asks for: whoever takes the incident wants that guard (D33)."""
    asked = [task for task in tasks.of_incident(tx, incident.id) if task.open]
    return [task.step for task in asked if task.kind == StepKind.SEND_GUARD.value]


def _idle_at(tx: Tx, incident: Incident, now: datetime) -> datetime | None:
    """When what somebody holds comes back to the queue, without another act of theirs (D21)."""
    if incident.state is not State.OPEN or incident.exercise:
        return None
    return now + load_policy(tx).hold(incident.category)


def release(tx: Tx, incident_id: str, who: str, now: datetime) -> Incident:
    """Back to the queue, where it escalates again; it may be taken back. Raises Held."""
    incident = _held(tx, incident_id, who)
    released = give_back(tx, incident_id, who, now)
    undoing.remember(tx, "release", who, [incident], now)
    return released


def give_back(tx: Tx, incident_id: str, who: str, now: datetime) -> Incident:
    """``release`` by who goes: nobody takes it back. Raises Held."""
    incident = _held(tx, incident_id, who)
    tell(tx, "released", now, incident, by=who, who_did=who)
    return _to_queue(tx, incident, now)


def _to_queue(
    tx: Tx,
    incident: Incident,
    now: datetime,
    due: datetime | None = None,
    also: Changes | None = None,
) -> Incident:
    """``due``: when it rings; None: after its target, where it waits for a human at all."""
    if due is None and incident.state is State.OPEN and incident.with_human:
        due = now + load_policy(tx).target(incident.category)
    left: Changes = {**(also or {}), "holder": None, "held_since": None}
    left["queue_due"] = None if incident.exercise else due  # an exercise rings nobody
    return incidents.change(tx, incident, **left)


def park(
    tx: Tx, incident_id: str, who: str, until: datetime, now: datetime, *, reminder: str = ""
) -> Incident:
    """Out of the way until a time; it comes back by itself with its reminder, and escalates then.

    Raises Held, Refused.
    """
    incident = open_and_held(tx, incident_id, who)
    parked = _parked(tx, incident, who, until, now, reminder)
    undoing.remember(tx, "park", who, [incident], now)
    return parked


def _parked(
    tx: Tx, incident: Incident, who: str, until: datetime, now: datetime, reminder: str
) -> Incident:
    if not now < until <= now + PARK_AT_MOST:
        raise Refused("park until a time within the next 24 hours")
    tell(tx, "parked", now, incident, by=who, until=until.isoformat(), who_did=who)
    if reminder.strip():
        tell(tx, "reminder", now, incident, note=reminder.strip(), who_did=who)
    parked: Changes = {"parked_until": until, "reminder": reminder.strip()}
    return _to_queue(tx, incident, now, until, parked)


def transfer(tx: Tx, incident_id: str, who: str, to: str, now: datetime) -> Incident:
    """To a colleague, who holds it from now on, with all that ``who`` holds of its site (D20); it
    may be taken back. Raises Held, Refused."""
    held = pass_on(tx, incident_id, who, to, now)
    undoing.remember(tx, "transfer", who, held, now)
    return known(tx, incident_id)


def pass_on(tx: Tx, incident_id: str, who: str, to: str, now: datetime) -> list[Incident]:
    """``transfer`` that nobody takes back: ``who`` goes, or the colleague speaks with the caller
    already. What was passed on, as it was, that incident first. Raises Held, Refused."""
    incident = _held(tx, incident_id, who)
    if to == who:
        raise Refused("choose a colleague: you hold this incident")
    together = incidents.unfiled(tx, [incident.site_id], []) if incident.site_id else [incident]
    held = _first([other for other in together if other.holder == who], incident_id)
    for other in held:
        tell(tx, "transferred", now, other, by=who, to=to, who_did=who)
        due = _idle_at(tx, other, now)
        incidents.change(tx, other, holder=to, held_since=now, queue_due=due)
    return held


#: Acts on several incidents at once, each in a transaction of its own.
TOGETHER = ("note", "close", "park")


def act_together(
    tx: Tx,
    incident_id: str,
    act: str,
    who: str,
    now: datetime,
    *,
    site: str | None = None,
    storm: str | None = None,
    code: str = "",
    text: str = "",
    until: datetime | None = None,
    supervises: bool = False,
) -> Refused | None:
    """One of several: those of one ``site``, or the non-vital ones beneath a ``storm``.

    ``act`` is of TOGETHER; a refusal that is returned is told, as ``close_incident``'s is.
    Raises Held, NotFound, Refused.
    """
    incident = known(tx, incident_id)
    if site is not None and incident.site_id != site:
        raise Refused("this incident is of another site")
    if storm is not None:
        if incident.storm_id != storm:
            raise Refused("this incident is no part of this storm any more: look at it alone")
        if incident.category is Category.VITAL or incident.mute:
            raise Refused("a vital alarm is handled alone")
    not_anothers(incident, who)
    if act == "note":
        note(tx, incident_id, who, text, now)
    elif act == "close":
        done = _closed(tx, incident, _wish(incident, who, code, supervises=supervises), text, now)
        return done if isinstance(done, Refused) else None
    else:
        if incident.state is not State.OPEN:
            raise Refused("this incident is closed already")
        if incident.holder is None:
            _take(tx, incident, who, now)
        _parked(tx, known(tx, incident_id), who, until or now, now, text)
    return None


def note(tx: Tx, incident_id: str, who: str, text: str, now: datetime) -> Incident:
    """A line in the logbook. Anybody with the right may write one, whoever holds it."""
    incident = known(tx, incident_id)
    if not text.strip():
        raise Refused("the note is empty")
    tell(tx, "note", now, incident, note=text, who_did=who)
    return acted(tx, incident, who, now)


def acted(tx: Tx, incident: Incident, who: str, now: datetime) -> Incident:
    """An act of the holder: the incident stays with them."""
    if incident.holder != who:
        return incidents.change(tx, incident)
    return incidents.change(tx, incident, queue_due=_idle_at(tx, incident, now))


def go_on(tx: Tx, incident_id: str, who: str, now: datetime) -> Incident:
    """*I go on*: the holder says that they are at it, before it comes back to the queue (D21).
    Raises Held, NotFound, Refused."""
    incident = open_and_held(tx, incident_id, who)
    tell(tx, "goes_on", now, incident, by=who, who_did=who)
    return acted(tx, incident, who, now)


def resume_plan(tx: Tx, incident_id: str, who: str, now: datetime) -> Incident:
    """Hand the plan back to the machine, at the step where it stopped."""
    incident = open_and_held(tx, incident_id, who)
    if incident.machine is not Machine.STOPPED:
        raise Refused("the plan is not stopped: there is nothing to hand back")
    tell(tx, "resumed", now, incident, by=who, who_did=who)
    incident = _to_queue(tx, incident, now, also={"machine": Machine.RUNNING})
    decide(tx, incident.id, now)
    return known(tx, incident_id)


#: Words to who closes what is not as they saw it, by the state that it is in.
_OTHERWISE = {
    State.AWAITING_NORMAL.value: "this incident was closed meanwhile, and waits to be back to"
    " normal: look at it again",
    State.OPEN.value: "this incident is open again: look at it again",
}


def close_incident(
    tx: Tx,
    incident_id: str,
    who: str,
    code: str,
    text: str,
    now: datetime,
    *,
    supervises: bool = False,
    waiver: str = "",
    seen: State | None = None,
    identity: str = "",
) -> Incident | Refused:
    """Handled, with a resolution code; a second time it is filed, where nothing keeps it from that.

    A personal alarm, an operator's silence (``filing.takes_two``), and a ``waiver`` (why it is
    filed though something is open) take two people, one of both a supervisor (``supervises``:
    ``who`` is one), each with a reason (D30). What the first asks for is told, and the refusal
    *returned*, for it must be committed: the caller raises it then. ``seen``: the state that
    whoever closes had before them: of two who close at once the second is told, and files nothing
    unseen. ``identity``: of a program, whose ``who`` others may have. Raises Held, NotFound,
    Refused, filing.StillOpen.
    """
    incident = known(tx, incident_id)
    if seen is not None and incident.state != seen.value and incident.state in _OTHERWISE:
        raise Refused(_OTHERWISE[incident.state])
    wish = _wish(incident, who, code, supervises=supervises, waiver=waiver, identity=identity)
    closed = _closed(tx, incident, wish, text, now)
    if not isinstance(closed, Refused):
        undoing.remember(tx, "close", who, [incident], now)
    return closed


def _wish(
    incident: Incident,
    who: str,
    code: str,
    *,
    supervises: bool,
    waiver: str = "",
    identity: str = "",
) -> Wish:
    return Wish(
        by=who,
        identity=identity or who,
        supervises=supervises,
        code=code.strip(),
        waiver=waiver.strip(),
        signals=incident.signal_count,
    )


def _closed(
    tx: Tx, incident: Incident, second: Wish, text: str, now: datetime
) -> Incident | Refused:
    who, code, waiver = second.by, second.code, second.waiver
    first = filing.wish_of(incident)
    signs = agree(first, second)
    if not signs:
        not_anothers(incident, who)
    if incident.state not in (State.OPEN, State.AWAITING_NORMAL):
        raise Refused("this incident is closed already")
    if not code:
        raise Refused("closing needs a resolution code")
    if filing.takes_two(incident) and not text.strip():
        raise Refused("this alarm is closed with a reason: write it in the text")
    again = incident.state is State.AWAITING_NORMAL or incident.human_reason == NOT_NORMAL
    stands = filing.standing(tx, incident, now)
    if again and stands.open and not waiver:
        raise filing.StillOpen(stands.open)
    if (filing.takes_two(incident) or (waiver and stands.open)) and not signs:
        return filing.ask(tx, incident, second, text, stands, now)
    if signs and first is not None:
        reason = waiver or text
        tell(tx, "closing_signed", now, incident, who=first.by, by=who, who_did=who, reason=reason)
    files = (waiver or text or code) if again or waiver else None
    return close(tx, incident, code, text, now, who=who, files=files)


def whom_to_call(
    tx: Tx, incident: Incident, contact_id: str, now: datetime
) -> tuple[Site, Contact, str]:
    """The incident's site as agreed now, and its contact with their number: whom a person may
    have called. Raises NotFound, Refused."""
    if is_mute_here(tx, incident):
        raise Refused(MUTE)
    site = site_now(tx, incident.site_id, incident.kind, now) if incident.site_id else None
    contact = as_called(site, contact_id, now) if site else None
    if site is None or contact is None:
        raise NotFound(f"there is no contact {contact_id!r} at this site")
    if contact.phone is None:
        raise Refused("this contact has no number", contact.name)
    return site, contact, contact.phone


def request_contact_call(tx: Tx, incident_id: str, who: str, contact_id: str, now: datetime) -> str:
    """A call that a person asks for, to a contact of the site; the call's id."""
    incident = unfiled_and_held(tx, incident_id, who)
    _, contact, number = whom_to_call(tx, incident, contact_id, now)
    policy = load_policy(tx)
    attempt = 1 + sum(1 for c in calls.attempts(tx, incident.id) if c.contact_id == contact_id)
    call = request_call(
        tx,
        policy,
        incident,
        now,
        step=Purpose.BY_HAND,
        contact=contact.id,
        to=number,
        attempt=attempt,
        dialogue=Dialogue.VERIFICATION,
        ring_time=policy.ring_time,
        priority=0,
        requester=who,
    )
    tell(
        tx,
        "call_requested",
        now,
        incident,
        who=contact.name,
        to=number,
        attempt=attempt,
        who_did=who,
    )
    acted(tx, incident, who, now)
    return call.id


def not_anothers(incident: Incident, who: str) -> None:
    """Raises Held where somebody else has it."""
    if incident.holder not in (None, who):
        raise Held(incident.holder)


def known(tx: Tx, incident_id: str) -> Incident:
    """The incident, locked. Raises NotFound."""
    incident = incidents.get(tx, incident_id, lock=True)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id!r}")
    return incident


def _held(tx: Tx, incident_id: str, who: str) -> Incident:
    incident = known(tx, incident_id)
    if incident.holder is None:
        raise Refused("take the incident first")
    if incident.holder != who:
        raise Held(incident.holder)
    return incident


def take_over_call(tx: Tx, incident_id: str, who: str, call_id: str, now: datetime) -> Incident:
    """The machine's live call goes to a human: the person leaves the dialogue for a conference,
    and the desk rings (D20). Raises Held, NotFound, Refused.
    """
    incident = open_and_held(tx, incident_id, who)
    call = calls.get(tx, call_id)
    if call is None or call.incident_id != incident_id:
        raise NotFound(f"there is no call {call_id!r} of this incident")
    if not call.up or call.dialogue is not Dialogue.VERIFICATION:
        raise Refused("nobody is on the line of this call")
    if call.room is not None:
        raise Refused("this person waits for an operator already: answer the desk phone")
    if call.result is None:
        calls.change(tx, call_id, result=Outcome.OPERATOR)
    ask_act(tx, call_id, Act.TAKE_OVER, who, now)
    tell(tx, "taken_over", now, incident, to=call.to, by=who, who_did=who)
    return acted(tx, incident, who, now)


def open_and_held(tx: Tx, incident_id: str, who: str) -> Incident:
    """The incident, which ``who`` holds. Raises Held, NotFound, Refused."""
    incident = _held(tx, incident_id, who)
    if incident.state is not State.OPEN:
        raise Refused("this incident is closed already")
    return incident


def unfiled_and_held(tx: Tx, incident_id: str, who: str) -> Incident:
    """The same, of one that may be treated already: its site is still to be looked after (5.1).
    Raises Held, NotFound, Refused."""
    incident = _held(tx, incident_id, who)
    if incident.state not in (State.OPEN, State.AWAITING_NORMAL):
        raise Refused("this incident is closed already")
    return incident
