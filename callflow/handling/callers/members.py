"""Technicians and guards who call: which site it is about, and what they are offered (D22)."""

from dataclasses import dataclass
from datetime import datetime

from callflow.core.calls.call import Call
from callflow.core.calls.dialogue import Done, Phrase
from callflow.core.interventions.firm import FirmMember
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.plans.task import TaskOutcome, TaskState
from callflow.core.sites.site import Role, Site
from callflow.core.watch import supervision
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import tell
from callflow.handling.callers import identity, station_state
from callflow.handling.interventions.guards import duress_by_phone
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.interventions import firms, measures
from callflow.storage.interventions.firms import TaskAt
from callflow.storage.sites import contacts, sites
from callflow.storage.watch import supervision as rows

#: What a guard reports, after which they only leave.
_REPORTED = frozenset({TaskOutcome.ALL_CLEAR.value, TaskOutcome.TRACES.value})


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Somebody of a firm at one of its sites. ``task``: what its guards are asked for there."""

    person: FirmMember
    firm: str
    site: Site
    part: str  # the menu's: technician or guard
    task: TaskAt | None = None
    measures: tuple[ProtectiveMeasure, ...] = ()  # those of the firm that nobody lifted yet

    @property
    def name(self) -> str:
        """As the logbook names them."""
        return f"{self.person.name} ({self.firm})"


def member_at(tx: Tx, person: str, site_id: str) -> Member | None:
    """Who they are at a site; None: they are of no firm, or it does not work there (any more)."""
    one = firms.member(tx, person)
    site = sites.load_site(tx, site_id) if one else None
    if one is None or site is None:
        return None
    task = next((t for t in _guard_tasks(tx, one.firm_id) if t.site_id == site_id), None)
    part = firms.part_at(tx, one.firm_id, site_id)
    kept = [m for m in measures.unlifted_of(tx, site_id) if m.firm_id == one.firm_id]
    if task is None and part is None and not kept:
        return None
    keeps = task is None and part is Role.MAINTENANCE
    return Member(
        person=one,
        firm=contacts.names_of(tx, [one.firm_id])[one.firm_id],
        site=site,
        part="technician" if keeps else "guard",
        task=task,
        measures=tuple(kept),
    )


def _guard_tasks(tx: Tx, firm_id: str) -> list[TaskAt]:
    """What the firm's guards have before them, or have not left yet."""
    return [
        task
        for task in firms.guard_tasks(tx, firm_id)
        if task.open or (task.outcome in _REPORTED and "left_at" not in task.data)
    ]


def identified(
    tx: Tx, call: Call, one: FirmMember, now: datetime, *, duress: bool, site: str | None = None
) -> Done:
    """Their code was right: at ``site``, else where they are expected, else they name one."""
    site = site or _expected_at(tx, one)
    member = member_at(tx, one.id, site) if site else None
    calls.change(tx, call.id, contact_id=one.id)
    tell(tx, "caller_known", now, site=site, who=one.name, to=call.to, call=call.id)
    if duress:
        _raise(tx, call, one, member, now)
    keep = {"person": one.id, "firm": one.firm_id}
    if member is None:
        on_duty = station_state.is_for(tx, one, now)
        return Done(
            result="on_duty" if on_duty else "member",
            say=tuple(station_state.read_out(tx, now, one.language)) if on_duty else (),
            keep=keep,
            language=one.language,
            duress=duress,
        )
    return at_site(tx, member, now, keep=keep, duress=duress)


def _expected_at(tx: Tx, one: FirmMember) -> str | None:
    """The site that they work on, or the only one where their firm's guard is awaited."""
    visit = firms.visit(tx, one.id)
    if visit is not None:
        return visit.site_id
    awaited = {str(task.site_id) for task in _guard_tasks(tx, one.firm_id)}
    return awaited.pop() if len(awaited) == 1 else None


def _raise(tx: Tx, call: Call, one: FirmMember, member: Member | None, now: datetime) -> None:
    """Somebody is threatened, silently (D7): at the site, or wherever they are."""
    if member is None:
        text = f"{one.name} {one.phone or call.to}"
        signal = supervision.station_signal("DURESS_CODE", "", call.id, now, text=text)
        store_signals(tx, [signal])
        return
    alarms = identity.open_alarms(tx, member.site.id)
    identity.raise_alarm(tx, member.site.id, alarms, call, now)
    for alarm in alarms:
        duress_by_phone(tx, alarm, one.id, now)


def at_site(
    tx: Tx, member: Member, now: datetime, *, keep: dict[str, str], duress: bool = False
) -> Done:
    """Where they are in the menu now, and what is offered there."""
    written = {"written": member.site.language}
    return Done(
        result=member.part,
        say=(Phrase("site", {"site": member.site.name, **written}),),
        keep={**keep, "site": member.site.id},
        may=may(tx, member, now),
        language=member.person.language,
        duress=duress,
    )


def may(tx: Tx, member: Member, now: datetime) -> frozenset[str]:
    """What is offered: the next word of a visit or an intervention, a walk test."""
    if member.part == "guard":
        return frozenset(_next_of(member.task) | _measures_of(member, now))
    visit = firms.visit(tx, member.person.id, member.site.id)
    stage = "accept" if visit is None else "leave" if visit.on_site_at else "on_site"
    tested = rows.running_tests(tx, [member.site.id], now).get(member.site.id)
    station = {"station"} if station_state.is_for(tx, member.person, now) else set()
    return frozenset({stage, "walk_on" if tested else "walk"} | station)


def _measures_of(member: Member, now: datetime) -> set[str]:
    """A round, or a report, of what the firm does there; keys taken, or brought back. Whoever is
    asked whether they go says that first."""
    if member.task is not None and "accepted_at" not in member.task.data:
        return set()
    kinds = {one.kind for one in member.measures if one.runs(now)}
    keys = "keys_away" if Measure.KEYS_MOVED in kinds else "keys_here"
    return {keys} | ({"round"} if kinds & {Measure.GUARD_ON_SITE, Measure.PATROL} else set())


def running(member: Member, now: datetime, *kinds: Measure) -> ProtectiveMeasure | None:
    """The firm's newest measure of these kinds that runs there; None: there is none."""
    found = [one for one in member.measures if one.kind in kinds and one.runs(now)]
    return found[-1] if found else None


def _next_of(task: TaskAt | None) -> set[str]:
    if task is None:
        return set()
    if task.state != TaskState.OPEN.value:
        return {"leave"}
    if "accepted_at" not in task.data:
        return {"accept"}
    return {"report" if "on_site_at" in task.data else "on_site"}
