"""Filing an incident, as its rows allow it; and what takes two people (D26, D30)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callflow.core.alarms import checks, filing
from callflow.core.alarms.filing import Open, Standing, What, Wish
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Outcome
from callflow.core.interventions.directory import ServiceCall, ServiceReport
from callflow.core.interventions.law import Answer, Service
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.arming import Partition
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.schedule import Schedule
from callflow.core.sites.zones import zone_key
from callflow.core.time.hours import CalendarError
from callflow.core.time.instants import from_iso, to_iso
from callflow.core.watch.supervision import user_key
from callflow.handling.alarms.ends import checking
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, loose_ends, open_ends, tasks
from callflow.storage.callers import call_backs
from callflow.storage.calls import calls
from callflow.storage.interventions import measures, services
from callflow.storage.sites import contacts, faults, own_days, sites
from callflow.storage.watch import supervision

#: The resolution code of what was cancelled by a code at the panel: somebody entitled is there.
CANCELLED = "cancelled"
#: Answers by which somebody who identified themselves explained the alarm.
_EXPLAINED = frozenset({Outcome.VERIFIED_OK, Outcome.KNOWN_CAUSE})


class StillOpen(Refused):
    """It can't be filed: ``open`` says what keeps it from that."""

    def __init__(self, found: Sequence[Open]) -> None:
        super().__init__(
            "the site is not back to normal: have it restored and armed, open a protective measure"
            " with an end, or have a supervisor waive it"
        )
        self.open = tuple(found)


class NeedsSupervisor(Refused):
    """It takes a second person, one of both a supervisor; what was asked for is noted."""

    def __init__(self, found: Sequence[Open]) -> None:
        super().__init__(
            "this takes a supervisor beside the operator: what you ask for is noted, the other"
            " person signs it with a written reason"
        )
        self.open = tuple(found)


def normal_due(tx: Tx, incident: Incident, now: datetime) -> datetime:
    """By when a treated incident's site must be normal: a measure gives it more time (D26)."""
    return within(tx, incident, measures.protected_until(tx, incident.id, now), now)


def within(tx: Tx, incident: Incident, protected_until: datetime | None, now: datetime) -> datetime:
    """The same, of an incident whose last measure is known."""
    return max(now + filing.within(incident, _limit(tx)), protected_until or now)


def _limit(tx: Tx) -> timedelta:
    return timedelta(seconds=load_policy(tx).back_to_normal)


def standing(
    tx: Tx,
    incident: Incident,
    now: datetime,
    ends: loose_ends.OfIncident | None = None,
    *,
    told: Sequence[Partition] | None = None,
    shown: bool = False,
) -> Standing:
    """How the incident's site stands at ``now``. ``ends``: what it has, ``told``: its partitions,
    where these were read; ``shown``: with what keeps nothing, for people."""
    if incident.exercise:
        return Standing()
    ends = ends or loose_ends.of_incident(tx, incident.id, incident.site_id, now)
    site_id = incident.site_id
    to_run = measures.to_run(tx, site_id, now) if site_id and ends.measures else []
    running = [measure for measure in to_run if measure.began_at <= now]
    own = [measure for measure in to_run if measure.incident_id == incident.id]
    out = {zone_key(measure.zone) for measure in running if measure.zone}
    zones = _zones(incident) + (_bypassed(tx, incident) if ends.bypassed else [])
    called = services.calls_of(tx, incident.id) if ends.services else []
    reports = services.reports_of(tx, incident.id) if ends.services else []
    found = Standing(
        zones=tuple(one for one in zones if one.name not in out),
        at_fault=tuple(one for one in zones if one.name in out),
        arming=tuple(_arming(tx, incident, now, told)),
        measures=tuple(map(_measure, own)),
        protected=any(not measure.zone for measure in running),
        protected_until=max((measure.ends_at for measure in own), default=None),
        reference=tuple(_reference(called, reports)),
        owed=tuple(_owed(tx, incident, ends) + _service(tx, incident, ends)),
        followed=tuple(_followed(tx, incident)) if shown else (),
        police=tuple(_never_called(incident, called, reports)),
    )
    signatures = open_ends.signatures(tx, [incident.id]) if ends.signatures else []
    if not (signatures or shown):
        return found
    return filing.answered_for(incident, found, signatures, _limit(tx))


def standings(tx: Tx, found: Sequence[Incident], now: datetime) -> dict[str, Standing]:
    """{incident id: how its site stands}, for lists."""
    if not found:
        return {}
    ends = loose_ends.of_incidents(tx, [one.id for one in found], now)
    arming = supervision.arming(tx, {one.site_id for one in found if one.site_id})
    limit = _limit(tx)
    made = {}
    for one in found:
        told = arming[one.site_id].partitions if one.site_id else ()
        stands = standing(tx, one, now, ends.get(one.id), told=told)
        made[one.id] = filing.answered_for(one, stands, (), limit)
    return made


def still_open(tx: Tx, incident: Incident, now: datetime) -> tuple[Open, ...]:
    """All that is still open at an incident and its site, for its page and its report."""
    return standing(tx, incident, now, shown=True).list


def _owed(tx: Tx, incident: Incident, ends: loose_ends.OfIncident) -> list[Open]:
    """Guards under way, promises, and what was left at the site."""
    found = guards_out(tx, incident.id) if ends.guards else []
    kept = open_ends.promises(tx, [incident.id]) if ends.promises else []
    return found + [
        Open(
            what=What(one.kind.value),
            name=one.text,
            since=one.at,
            who=one.who,
            of=one.id,
            due=one.due_at,
        )
        for one in kept
        if one.ended_at is None
    ]


def _service(tx: Tx, incident: Incident, ends: loose_ends.OfIncident) -> list[Open]:
    """A vital alarm's plan names an emergency service, nobody called it, and nothing explains
    why."""
    if incident.category is not Category.VITAL or incident.mute or ends.services:
        return []
    handled = checking.handled(tx, incident, Standing())
    if not checks.missing_service(incident, handled):
        return []
    return [Open(what=What.SERVICE, name="", since=incident.opened_at)]


def guards_out(tx: Tx, incident_id: str) -> list[Open]:
    """Guards who accepted and of whom nobody knows what they found, or that they are gone."""
    asked = [one for one in tasks.of_incident(tx, incident_id) if is_out(one)]
    names = contacts.names_of(tx, {one.subject for one in asked}) if asked else {}
    return [
        Open(
            what=What.GUARD,
            name=names.get(one.subject, one.subject),
            since=from_iso(str(one.data["accepted_at"])),
            of=one.id,
            due=one.due_at,
        )
        for one in asked
    ]


def is_out(task: Task) -> bool:
    """Say whether it is a guard's who is under way, or who was there and told nothing."""
    if task.kind != StepKind.SEND_GUARD.value or "accepted_at" not in task.data:
        return False
    silent = task.outcome is TaskOutcome.OVERDUE and "on_site_at" in task.data
    return task.open or (silent and "left_at" not in task.data)


def _followed(tx: Tx, incident: Incident) -> list[Open]:
    """What keeps nothing, since something else follows it: it is shown."""
    if incident.site_id is None:
        return []
    others = incidents.unfiled(tx, [incident.site_id], [])
    found = filing.panel_faults(incident, others)
    running = [one for one in faults.of_site(tx, incident.site_id) if one.ended_at is None]
    found += [
        Open(
            what=What.FAULT,
            name=one.zone or one.text,
            since=one.began_at,
            who=one.opened_by,
            due=one.appointment_at,
            of=one.id,
        )
        for one in running
    ]
    return found + [
        Open(what=What.CALL_BACK, name=one.number, since=one.first_at, due=one.due_at, of=one.id)
        for one in call_backs.of_incident(tx, incident.id)
    ]


def _bypassed(tx: Tx, incident: Incident) -> list[Open]:
    """Zones that a panel of the site leaves out, where it matters that it is armed."""
    if incident.site_id is None or not filing.arming_matters(incident):
        return []
    return [
        Open(what=What.BYPASS, name=one.zone, since=one.since, who=one.panel_user)
        for one in open_ends.bypasses(tx, [incident.site_id])
    ]


def _zones(incident: Incident) -> list[Open]:
    since = incident.alarm_at or incident.opened_at
    alarming = filing.zones_in_alarm(incident.kind, incident.zones)
    return [Open(what=What.ZONE, name=zone, since=since) for zone in alarming]


def _arming(
    tx: Tx, incident: Incident, now: datetime, told: Sequence[Partition] | None
) -> list[Open]:
    if incident.site_id is None or not filing.arming_matters(incident):
        return []
    if told is None:
        told = supervision.arming(tx, [incident.site_id])[incident.site_id].partitions
    states = [state for state in told if not state.armed]
    site = sites.get(tx, incident.site_id) if states else None
    if site is None:
        return []
    schedule = _schedule(tx, site)
    if schedule is None and incident.resolution_code == CANCELLED:
        return []
    known = _own_people(tx, states)
    explained = schedule is None and bool(known) and _is_explained(tx, incident)
    since, zone = incident.alarm_at or incident.opened_at, ZoneInfo(site.timezone)
    return filing.disarmed(states, schedule, zone, since, now, known, explained=explained)


def _is_explained(tx: Tx, incident: Incident) -> bool:
    """Say whether somebody who identified themselves on the phone told what it was."""
    return any(
        call.outcome in _EXPLAINED or call.result in _EXPLAINED
        for call in calls.of_incident(tx, incident.id)
    )


def _schedule(tx: Tx, site: DeclaredSite) -> Schedule | None:
    """The site's calendar; one that this version can't read is none."""
    if not site.schedule:
        return None
    try:
        own = own_days.for_calendars(tx, [site.schedule])
        return Schedule.from_json(site.schedule, own)
    except CalendarError:
        return None


def _own_people(tx: Tx, states: Sequence[Partition]) -> dict[tuple[str, str], str]:
    """{(account, user number as its panel sent it): name} of the site's own people who disarmed."""
    users = supervision.panel_users(tx, {state.account for state in states})
    people = {
        (user.account, user_key(user.number)): user.name or user.number
        for user in users
        if user.part == "person" and not user.revoked
    }
    sent = [(state.account, state.panel_user) for state in states if state.panel_user]
    found = {one: people.get((one[0], user_key(one[1]))) for one in sent}
    return {one: name for one, name in found.items() if name is not None}


def _measure(measure: ProtectiveMeasure) -> Open:
    return Open(
        what=What.MEASURE,
        name=measure.text,
        since=measure.began_at,
        who=measure.opened_by,
        measure=measure.kind.value,
        of=measure.id,
        due=measure.ends_at,
    )


def _reference(called: Sequence[ServiceCall], reports: Sequence[ServiceReport]) -> list[Open]:
    """The police were called, or said that they come, and nobody wrote their reference down."""
    police = [c for c in called if c.service is Service.POLICE and c.call_id]
    told = [r for r in reports if r.service is Service.POLICE]
    settled = [r for r in told if r.reference.strip() or r.answer is Answer.DECLINED]
    asked = [Open(what=What.REFERENCE, name="", since=r.said_at, who=r.by) for r in told]
    asked += [
        Open(what=What.REFERENCE, name=c.line_name, since=c.requested_at, who=c.requester)
        for c in police
    ]
    return [] if settled else asked[:1]


def _never_called(
    incident: Incident, called: Sequence[ServiceCall], reports: Sequence[ServiceReport]
) -> list[Open]:
    if not incident.mute:
        return []
    services_called = [*(c.service for c in called), *(r.service for r in reports)]
    if Service.POLICE in services_called:
        return []
    return [Open(what=What.POLICE_NEVER_CALLED, name="", since=incident.opened_at)]


def takes_two(incident: Incident) -> bool:
    """Say whether a person alone may not close it (D30): a personal alarm, an operator's silence.
    That one ends by the sign that it waits for (dead_man.py), or by two people."""
    return incident.mute or incident.kind is Kind.DEAD_MAN


def tell_awaited(tx: Tx, incident: Incident, stands: Standing, now: datetime) -> None:
    """Why a treated incident is not filed yet, in its logbook."""
    zones = ", ".join(one.name or "?" for one in stands.zones + stands.at_fault)
    if zones:
        tell(tx, "awaiting_normal", now, incident, zones=zones)
    for one in stands.arming:
        until = one.since.isoformat(timespec="seconds")
        tell(tx, "awaiting_arming", now, incident, partition=one.name, since=until, by=one.who)
    for one in stands.measures:
        tell(tx, "awaiting_lift", now, incident, measure=one.measure, note=one.name)
    if stands.reference:
        tell(tx, "awaiting_reference", now, incident)
    for one in stands.owed:
        told = {"open": one.what.value, "who": one.who, "note": one.name}
        tell(tx, "awaiting_end", now, incident, **told)


def measures_stay(tx: Tx, incident: Incident, now: datetime) -> None:
    """An incident is filed while measures protect its site: a human looks at each one's end."""
    if incident.site_id is not None:
        measures.stand_alone(tx, incident.id, now)


# --- what takes two people ----------------------------------------------------------------


def wish_of(incident: Incident) -> Wish | None:
    """The wish that waits for a second person; None: there is none, or it is void since."""
    kept = incident.wish
    if not kept or kept["signals"] != incident.signal_count:
        return None
    names = ("by", "identity", "supervises", "code", "waiver", "signals")
    return Wish(**{name: kept[name] for name in names})


def ask(
    tx: Tx, incident: Incident, wish: Wish, text: str, found: Standing, now: datetime
) -> NeedsSupervisor:
    """Note what ``wish.by`` asks for; the refusal to answer with once that is committed."""
    kept: dict[str, object] = {name: getattr(wish, name) for name in Wish.__dataclass_fields__}
    incident = incidents.change(tx, incident, wish={**kept, "text": text, "at": to_iso(now)})
    told = {"resolution": wish.code, "text": text, "note": wish.waiver}
    tell(tx, "closing_asked", now, incident, by=wish.by, who_did=wish.by, **told)
    return NeedsSupervisor(found.open + found.police)
