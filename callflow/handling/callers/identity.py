"""Whoever calls about a site: their number is a hint, and what they may do once they are known."""

from dataclasses import dataclass
from datetime import datetime

from callflow.core.alarms.incident import Incident, Machine, State
from callflow.core.calls.call import Call
from callflow.core.calls.dialogue import Done, Phrase
from callflow.core.calls.on_call import as_called, on_call
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import Authority, Coded, Contact, Role, Site
from callflow.core.watch import supervision
from callflow.handling.alarms.acting import hand_to_human
from callflow.handling.alarms.deciding import raise_duress
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls
from callflow.storage.sites import contacts, sites
from callflow.storage.watch import supervision as rows

#: What a guard reports, after which they are still there until they leave.
_REPORTED = frozenset({TaskOutcome.ALL_CLEAR, TaskOutcome.TRACES})


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Somebody whose code was right, at a site."""

    site: Site
    person: Contact

    def may(self, authority: Authority, kind: Kind = Kind.INTRUSION) -> bool:
        """True where they have ``authority``, in any of the parts they play at the site."""
        parts = [one for one in self.site.contacts if one.id == self.person.id]
        return any(part.may(authority, kind) for part in parts)


def known(tx: Tx, site_id: str, person_id: str) -> Known | None:
    """Who they are as things stand now; None: they, or their site, are no more."""
    site = sites.load_site(tx, site_id)
    person = site.person(person_id) if site is not None else None
    return Known(site=site, person=person) if site is not None and person is not None else None


def hint(tx: Tx, number: str, incident: Incident | None) -> str:
    """The site of whoever has ``number`` and a code; "" where it is no site's, or several's."""
    if incident is not None:
        return incident.site_id or ""
    owners = contacts.owners_of(tx, [number]).get(number, set())
    coded = {site for contact, site in owners if getattr(contacts.get(tx, contact), "code", None)}
    return coded.pop() if len(coded) == 1 else ""


def open_alarms(tx: Tx, site_id: str) -> list[Incident]:
    """The site's open incidents, locked, the most urgent first."""
    found = [one for one in incidents.unfiled(tx, [site_id], []) if one.state is State.OPEN]
    return sorted(found, key=lambda one: (one.priority, one.opened_at))


def identified(
    tx: Tx, call: Call, site_id: str, who: Coded, now: datetime, *, duress: bool
) -> Done:
    """Their code was right, or that under duress: what they are offered now."""
    found = known(tx, site_id, who.id)
    assert found is not None, "a contact of the site"
    alarms = open_alarms(tx, site_id)
    mute = incidents.site_is_mute(tx, site_id)  # before any duress: it sounds like success
    calls.change(tx, call.id, contact_id=who.id)
    of = {} if alarms else {"site": site_id}
    told = of | {"who": who.name, "to": call.to, "call": call.id}
    tell(tx, "caller_known", now, alarms[0] if alarms else None, **told)
    if alarms:
        calls.change(tx, call.id, incident_id=alarms[0].id)
        _join_plan(tx, call, alarms[0], found, now)
    if duress:
        raise_alarm(tx, site_id, alarms, call, now)
    free = all(may_cancel(found, alarm) for alarm in alarms)  # as it was before any duress
    heard = [] if mute or not alarms else [alarms[0].kind]
    return Done(
        result="hushed" if mute else "alarm" if alarms else "client",
        say=tuple(Phrase("state_alarm", {"kind": kind}) for kind in heard),
        keep={"site": site_id, "person": who.id, "cancels": _yes(free)},
        may=may(tx, found, alarms, now),
        language=who.language,
        duress=duress,
    )


def _yes(fact: bool) -> str:
    return "yes" if fact else ""


def _join_plan(tx: Tx, call: Call, alarm: Incident, who: Known, now: datetime) -> None:
    """Whoever the plan is calling, or would, and calls us is asked here: it waits for what they say
    and calls nobody meanwhile (D20)."""
    plan = call_plan.from_json(alarm.plan)
    step = next((step for step in plan.steps if step.id == alarm.step), None)
    if step is None or step.kind not in call_plan.CALLING or alarm.machine is not Machine.RUNNING:
        return
    people = on_call(who.site, step.selectors, alarm.kind, now)
    if any(person.id == who.person.id for person in people):
        attempt = 1 + calls.of_step(tx, alarm.id, step.id)
        calls.change(tx, call.id, step=step.id, attempt=attempt)


def raise_alarm(tx: Tx, site_id: str, alarms: list[Incident], call: Call, now: datetime) -> None:
    """Somebody is threatened, silently: of an alarm that is on, or one of its own (D7)."""
    if alarms:
        raise_duress(tx, alarms[0], now)
        return
    account = rows.first_account(tx, site_id)
    if account is not None:
        signal = supervision.station_signal("DURESS_CODE", account, call.id, now)
        store_signals(tx, [signal])


def may(tx: Tx, who: Known, alarms: list[Incident], now: datetime) -> frozenset[str]:
    """What is offered to somebody known, as things stand."""
    offered = set()
    if alarms:
        offered |= _answers(who, alarms[0], now)
        if who.may(Authority.SEND_GUARD, alarms[0].kind) and guard_there(tx, alarms[0]):
            offered.add("guard_stays")
    elif who.may(Authority.SET_ON_TEST):
        tested = rows.running_tests(tx, [who.site.id], now).get(who.site.id)
        offered.add("end_test" if tested else "test")
    site = sites.get(tx, who.site.id)
    if who.may(Authority.INSTRUCT):
        late = site is not None and site.schedule
        offered |= {"instruct", "late"} if late else {"instruct"}
    return frozenset(offered | ({"cancel"} if alarms else set()))


def guard_there(tx: Tx, alarm: Incident) -> Task | None:
    """What a guard was sent for who accepted and has not left; None: there is none."""
    return next(
        (
            task
            for task in tasks.of_incident(tx, alarm.id)
            if task.kind == StepKind.SEND_GUARD.value
            and "accepted_at" in task.data
            and "left_at" not in task.data
            and (task.open or task.outcome in _REPORTED)
        ),
        None,
    )


def _answers(who: Known, alarm: Incident, now: datetime) -> set[str]:
    """What somebody whom a plan calls could answer, too."""
    called = as_called(who.site, who.person.id, now) or who.person
    if called.role is Role.PREMISES:
        return set()
    sends = called.may(Authority.SEND_GUARD, alarm.kind)
    return {"going", "next_person"} | ({"send_guard"} if sends else set())


def may_cancel(who: Known, alarm: Incident) -> bool:
    """True where this alarm ends by a code on the phone: never a personal or a vital one, nor one
    that an operator has (D3, D7, D20)."""
    vital = alarm.category is Category.VITAL
    free = alarm.holder is None and not alarm.mute and not vital
    return free and who.may(Authority.CANCEL, alarm.kind)


def asks_to_cancel(tx: Tx, who: Known, alarms: list[Incident], now: datetime) -> None:
    """An operator looks at what the caller may not cancel alone."""
    for incident in alarms:
        tell(tx, "cancel_asked", now, incident, who=who.person.name)
        if incident.holder is None:
            hand_to_human(tx, incident, "cancel_by_phone", now)
