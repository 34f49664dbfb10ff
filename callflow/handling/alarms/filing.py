"""Filing an incident, as its rows allow it; and what takes two people (D26, D30)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callflow.core.alarms import filing
from callflow.core.alarms.correlation import zone_key
from callflow.core.alarms.filing import ARMING_MATTERS, Open, Standing, What, Wish
from callflow.core.alarms.incident import Incident
from callflow.core.interventions.directory import ServiceCall, ServiceReport
from callflow.core.interventions.law import Answer, Service
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.signals.signal import Kind
from callflow.core.sites.arming import Partition
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.schedule import Schedule
from callflow.core.time.hours import CalendarError
from callflow.core.time.instants import to_iso
from callflow.core.watch.supervision import user_key
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, loose_ends
from callflow.storage.interventions import measures, services
from callflow.storage.sites import own_days, sites
from callflow.storage.watch import supervision

#: A treated site must be back to normal by then, or it is a human's again (D26).
NORMAL_WITHIN = timedelta(minutes=30)
#: The resolution code of what was cancelled by a code at the panel: somebody entitled is there.
CANCELLED = "cancelled"


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
    return within(measures.protected_until(tx, incident.id, now), now)


def within(protected_until: datetime | None, now: datetime) -> datetime:
    """The same, of an incident whose last measure is known."""
    return max(now + NORMAL_WITHIN, protected_until or now)


def standing(
    tx: Tx, incident: Incident, now: datetime, ends: loose_ends.OfIncident | None = None
) -> Standing:
    """How the incident's site stands at ``now``. ``ends``: what it has, where that was read."""
    if incident.exercise:
        return Standing()
    ends = ends or loose_ends.of_incident(tx, incident.id, incident.site_id, now)
    running = (
        measures.running(tx, incident.site_id, now) if incident.site_id and ends.measures else []
    )
    own = [measure for measure in running if measure.incident_id == incident.id]
    out = {zone_key(measure.zone) for measure in running if measure.zone}
    zones = _zones(tx, incident)
    called = services.calls_of(tx, incident.id) if ends.services else []
    reports = services.reports_of(tx, incident.id) if ends.services else []
    return Standing(
        zones=tuple(one for one in zones if one.name not in out),
        at_fault=tuple(one for one in zones if one.name in out),
        arming=tuple(_arming(tx, incident, now)),
        measures=tuple(map(_measure, own)),
        protected=any(not measure.zone for measure in running),
        protected_until=max((measure.ends_at for measure in own), default=None),
        reference=tuple(_reference(called, reports)),
        police=tuple(_never_called(incident, called, reports)),
    )


def _zones(tx: Tx, incident: Incident) -> list[Open]:
    since = incident.alarm_at or incident.opened_at
    alarming = filing.zones_in_alarm(incident.kind, incident.zones)
    return [Open(what=What.ZONE, name=zone, since=since) for zone in alarming]


def _arming(tx: Tx, incident: Incident, now: datetime) -> list[Open]:
    if incident.site_id is None or not (incident.kind in ARMING_MATTERS or incident.duress):
        return []
    told = supervision.arming(tx, [incident.site_id])[incident.site_id].partitions
    states = [state for state in told if not state.armed]
    site = sites.get(tx, incident.site_id) if states else None
    if site is None:
        return []
    schedule = _schedule(tx, site)
    if schedule is None and incident.resolution_code == CANCELLED:
        return []
    known = _own_people(tx, states)
    since = incident.alarm_at or incident.opened_at
    return filing.disarmed(states, schedule, ZoneInfo(site.timezone), since, now, known)


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
