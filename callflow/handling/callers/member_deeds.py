"""What technicians and guards do in the menu (mission 5.4, D17, D22); ``phone_deeds`` calls it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.incident import Incident
from callflow.core.calls.dialogue import Deed, Done, Phrase
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import Terms
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.core.sites.zones import zone_key
from callflow.handling.alarms.acting import hand_to_human, withdraw
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base.telling import tell
from callflow.handling.callers import codes, members, site_state, station_state, walk_tests
from callflow.handling.callers.members import Member
from callflow.handling.calls import voices
from callflow.handling.interventions import guards
from callflow.handling.interventions.measures import (
    lift_measure,
    open_fault,
    open_measure,
    protect_site,
    report,
)
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.interventions import firms, measures
from callflow.storage.sites import sites

#: So often a site may be typed that is none of the firm's.
_TRIES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """A deed that a known member asks for."""

    who: Member
    deed: Deed
    call_id: str
    now: datetime
    duress: bool


def perform(tx: Tx, call_id: str, deed: Deed, now: datetime, *, duress: bool) -> Done:
    """Do what a technician or a guard asks for; what it leads to.

    Raises LookupError where they, or their firm, have nothing to do at the site any more.
    """
    if deed.name == "choose_site":
        return _choose_site(tx, deed, now)
    if deed.name == "station_state":
        return _station_state(tx, deed, now)
    who = members.member_at(tx, deed.kept["person"], deed.kept["site"])
    if who is None:
        raise LookupError("the caller's firm does not work at the site any more")
    asked = _Asked(who=who, deed=deed, call_id=call_id, now=now, duress=duress)
    walking = walk_tests.DEEDS.get(deed.name)
    if walking is not None:
        return walking(tx, who, deed, now)
    return _DEEDS[deed.name](tx, asked)


def _choose_site(tx: Tx, deed: Deed, now: datetime) -> Done:
    site_id = codes.site_of(tx, deed.typed)
    who = members.member_at(tx, deed.kept["person"], site_id) if site_id else None
    if who is not None:
        return members.at_site(tx, who, now, keep={"tries": ""})
    tries = deed.kept.get("tries", "") + "x"
    again = len(tries) >= _TRIES
    return Done(result="not_yours_again" if again else "not_yours", keep={"tries": tries})


def _station_state(tx: Tx, deed: Deed, now: datetime) -> Done:
    """Raises LookupError where they are nobody's any more."""
    who = firms.member(tx, deed.kept["person"])
    if who is None or not station_state.is_for(tx, who, now):
        raise LookupError("the caller is not on duty for the station any more")
    return Done(
        result="told", say=tuple(station_state.read_out(tx, now, who.language)), served=True
    )


def _done(tx: Tx, asked: _Asked, *say: Phrase, result: str = "done") -> Done:
    """It was done; what is offered next follows from how things are now."""
    who = members.member_at(tx, asked.who.person.id, asked.who.site.id) or asked.who
    return Done(result=result, say=say, may=members.may(tx, who, asked.now), served=True)


# --- technicians --------------------------------------------------------------------------


def _visit(tx: Tx, asked: _Asked) -> Done:
    """The next word of a visit: accepted, on site, left."""
    who, now = asked.who, asked.now
    site, person = who.site.id, who.person.id
    visit = firms.visit(tx, person, site)
    about = _unfiled(tx, site)
    if visit is None:
        stage = "accepted"
        firms.insert_visit(tx, site, person, about.id if about else None, now)
    elif visit.on_site_at is None:
        stage = "on_site"
        firms.change_visit(tx, visit.id, on_site_at=now)
    else:
        stage = "left"
        firms.change_visit(tx, visit.id, left_at=now)
    told = {} if about else {"site": site}
    told |= {"who": who.name, "call": asked.call_id, "who_did": who.name}
    tell(tx, _TOLD[stage], now, about, **told)
    return _done(tx, asked, Phrase(f"visit_{stage}"))


_TOLD = {
    "accepted": "technician_accepted",
    "on_site": "technician_on_site",
    "left": "technician_left",
}


def _unfiled(tx: Tx, site_id: str) -> Incident | None:
    """The newest incident of the site that is not filed: what a technician comes for."""
    found = incidents.unfiled(tx, [site_id], [])
    return max(found, key=lambda incident: incident.opened_at, default=None)


def _state(tx: Tx, asked: _Asked) -> Done:
    said = site_state.read_out(tx, asked.who.site, asked.now, duress=asked.duress)
    return _done(tx, asked, *said, result="told")


def _fault_open(tx: Tx, asked: _Asked) -> Done:
    site, zone = asked.who.site.id, asked.deed.kept["zone"]
    named = {zone_key(row.zone): row.name for row in sites.zones(tx, site)}
    key = zone_key(zone)
    if key not in named:
        return Done(result="no_such_zone")
    lasts, text = timedelta(days=int(asked.deed.kept["days"])), f"Zone {key} {named[key]}"
    open_fault(tx, site, key, text, lasts, asked.now, who=asked.who.name)
    return _done(tx, asked, Phrase("fault_opened", {"zone": zone}))


def _fault_close(tx: Tx, asked: _Asked) -> Done:
    site, zone = asked.who.site.id, asked.deed.typed
    measure = measures.fault_of(tx, site, zone_key(zone))
    if measure is None:
        return Done(result="not_at_fault")
    lift_measure(tx, site, measure.id, asked.who.name, asked.now)
    return _done(tx, asked, Phrase("fault_closed", {"zone": zone}))


def _comment(tx: Tx, asked: _Asked) -> Done:
    """What they said after the tone: of the incident that they came for, else of the site."""
    about = _unfiled(tx, asked.who.site.id)
    voices.confirmed(tx, asked.call_id, asked.now)
    told = {} if about else {"site": asked.who.site.id}
    told |= {"who": asked.who.name, "who_did": asked.who.name, "call": asked.call_id}
    tell(tx, "spoken_comment", asked.now, about, voice=asked.deed.typed, **told)
    return _done(tx, asked, result=asked.who.part)


# --- guards -------------------------------------------------------------------------------


def _task(tx: Tx, asked: _Asked) -> tuple[Incident, Task] | None:
    """The incident, locked, and what the guard is asked for there; None: that is over."""
    task = asked.who.task
    incident = incidents.get(tx, task.incident_id, lock=True) if task else None
    now = tasks.get(tx, task.id) if task else None
    return (incident, now) if incident is not None and now is not None else None


def _guard_next(tx: Tx, asked: _Asked) -> Done:
    """The next word of an intervention: accepted, on site, left."""
    found, who = _task(tx, asked), asked.who.name
    if found is None:
        return _done(tx, asked, result="moot")
    incident, task = found
    if not task.open:
        guards.left(tx, incident, task, who, asked.now)
        return _done(tx, asked, Phrase("visit_left"))
    there = "accepted_at" in task.data
    event = GuardEvent.ON_SITE if there else GuardEvent.ACCEPTED
    guards.progress(tx, incident, task, event, who, asked.now, guard=asked.who.person.id)
    return _done(tx, asked, Phrase("visit_on_site" if there else "visit_accepted"))


def _guard_refuse(tx: Tx, asked: _Asked) -> Done:
    found = _task(tx, asked)
    if found is not None:
        incident, task = found
        withdraw(tx, incident, asked.now, step=task.step)
        end_task(tx, task.id, TaskOutcome.FAILED, asked.now, who=asked.who.name)
    return _done(tx, asked)


def _guard_police(tx: Tx, asked: _Asked) -> Done:
    """An operator hears the guard at once, and calls (D23)."""
    found = _task(tx, asked)
    told = {"who": asked.who.name, "who_did": asked.who.name}
    if found is None:
        tell(tx, "guard_asks_police", asked.now, None, site=asked.who.site.id, **told)
    else:
        tell(tx, "guard_asks_police", asked.now, found[0], **told)
        hand_to_human(tx, found[0], "guard_asks_police", asked.now)
    return Done(result="done")


def _guard_report(tx: Tx, asked: _Asked) -> Done:
    found, said = _task(tx, asked), asked.deed.kept
    if found is None or found[1].state != TaskState.OPEN.value:
        return _done(tx, asked, result="moot")
    guards.reported(
        tx,
        *found,
        asked.who.name,
        asked.now,
        where=said["where"],
        traces=bool(said["traces"]),
        rearmed=bool(said["armed"]),
    )
    return _done(tx, asked)


# --- protective measures (D26) ------------------------------------------------------------

#: How long keys are thought to be away; a person is told when that is over.
_KEYS = timedelta(hours=24)


def _round_made(tx: Tx, asked: _Asked) -> Done:
    """A round was made, or the guard who keeps the site says that all is quiet."""
    measure = members.running(asked.who, asked.now, Measure.PATROL, Measure.GUARD_ON_SITE)
    if measure is None:
        return _done(tx, asked, result="moot")
    report(tx, asked.who.site.id, measure.id, "RAS (téléphone)", asked.who.name, asked.now)
    return _done(tx, asked)


def _keys_taken(tx: Tx, asked: _Asked) -> Done:
    site, text = asked.who.site.id, f"Clés emportées par {asked.who.name}"[:200]
    about, terms = _unfiled(tx, site), Terms(firm_id=asked.who.person.firm_id)
    of = Measure.KEYS_MOVED, text, _KEYS, asked.now
    if about is None:
        protect_site(tx, site, *of, who=asked.who.name, terms=terms)
    else:
        open_measure(tx, about, *of, who=asked.who.name, terms=terms)
    return _done(tx, asked)


def _keys_back(tx: Tx, asked: _Asked) -> Done:
    measure = members.running(asked.who, asked.now, Measure.KEYS_MOVED)
    if measure is None:
        return _done(tx, asked, result="moot")
    lift_measure(tx, asked.who.site.id, measure.id, asked.who.name, asked.now)
    return _done(tx, asked)


_DEEDS: Mapping[str, Callable[[Tx, _Asked], Done]] = {
    "round_made": _round_made,
    "keys_taken": _keys_taken,
    "keys_back": _keys_back,
    "visit": _visit,
    "comment": _comment,
    "member_state": _state,
    "fault_open": _fault_open,
    "fault_close": _fault_close,
    "guard_next": _guard_next,
    "guard_refuse": _guard_refuse,
    "guard_police": _guard_police,
    "guard_report": _guard_report,
}
