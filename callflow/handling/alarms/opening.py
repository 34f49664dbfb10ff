"""The row of an incident that is opened, and the plan that is frozen into it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callflow import ids
from callflow.core.alarms.incident import Incident
from callflow.core.plans import call_plan, choice, overrides, standard
from callflow.core.signals.events import EventRow
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.schedule import Question
from callflow.core.sites.site import SiteState
from callflow.core.time.hours import CalendarError
from callflow.handling.base.policy import Policy
from callflow.handling.sites import testers
from callflow.handling.sites.in_force import Reading, read
from callflow.storage import Tx
from callflow.storage.sites import own_days, sites

#: A plan's, as it was published.
Body = Mapping[str, Any]


def opened(
    account: str,
    key: str,
    meaning: EventRow,
    plan: call_plan.Plan,
    now: datetime,
    *,
    kind: Kind | None = None,
    site: str | None = None,
    raised_at: datetime | None = None,
    shadow: bool = False,
) -> Incident:
    """An incident that is opened; ``plan`` is frozen into it (invariant 7).

    ``shadow``: another system acts on it. So it stays, until its site is moved over.
    """
    kind = kind or meaning.kind
    return Incident(
        id=ids.new(now),
        site_id=site,
        account=account,
        kind=kind,
        category=Category.VITAL if kind in PERSONAL else meaning.category,
        priority=meaning.priority,
        duress=kind is Kind.DURESS,
        shadow=shadow,
        zones={key: "alarm"},
        plan=call_plan.to_json(plan),
        alarm_at=raised_at or now,
        opened_at=now,
    )


def in_shadow(policy: Policy, site: DeclaredSite | None) -> bool:
    """True where another system acts on what happens now at ``site`` (None: at the station)."""
    return policy.shadow or (site is not None and site.shadow_since is not None)


def named(one: Incident) -> dict[str, Any]:
    """How an incident that is opened is told of."""
    return {"alarm": one.kind, "priority": one.priority, "plan": one.plan["name"]}


def plan_for(
    tx: Tx,
    site: str | None,
    alarm: choice.Alarm,
    now: datetime,
    reading: Reading | None = None,
) -> call_plan.Plan:
    """The plan that is frozen into the incident; one that can't be read becomes a human's.
    ``reading``: the site's at ``now``, where this transaction has it already."""
    if site is None:
        return _of_station(tx, alarm.kind)
    reading = reading or read(tx, site, now)
    if reading is None:
        return standard.OPERATOR
    declared = reading.site
    if declared.state in (SiteState.SUSPENDED, SiteState.TERMINATED):
        return standard.OPERATOR  # D2: a human reads the agreed text; nobody is called
    body = sites.plan_body(tx, _plan_id(tx, reading, alarm, now))
    try:
        plan = _sound(body) if body else standard.OPERATOR
    except call_plan.PlanError:
        return standard.OPERATOR
    if alarm.kind is Kind.ON_TEST and plan.id == standard.OPERATOR.id:
        tester = testers.last(tx, site)
        return plan if tester is None else standard.test_over(tester.id)
    if plan.id == standard.BANK.id and (question := _question(declared)) is not None:
        return standard.bank(question)
    return overrides.applied(plan, declared.plan_overrides.get(plan.id, {}))


#: {plan: (its body, the plan)}: whether it is sound takes a look at each step against each other.
_SOUND: dict[str, tuple[Body, call_plan.Plan]] = {}


def _sound(body: Body) -> call_plan.Plan:
    """As ``call_plan.read``; what was read of the same body is what it was."""
    known = _SOUND.get(str(body.get("id")))
    if known is not None and known[0] == body:
        return known[1]
    plan = call_plan.read(body)
    if len(_SOUND) >= _PLANS:
        _SOUND.clear()
    _SOUND[plan.id] = body, plan
    return plan


_PLANS = 256  # that are kept at most


def _question(site: DeclaredSite) -> Question | None:
    """The conventional question that was agreed with a bank (D18)."""
    kept = (site.schedule or {}).get("question")
    try:
        return Question.from_json(kept) if kept else None
    except CalendarError:  # not as this version knows it: the code alone is asked
        return None


def _of_station(tx: Tx, kind: Kind) -> call_plan.Plan:
    """The station's own: as it was published where administrators may change it."""
    plan = standard.OF_STATION.get(kind, standard.OPERATOR)
    if plan not in standard.EDITED:
        return plan
    body = sites.plan_body(tx, plan.id)
    try:
        return _sound(body) if body else plan
    except call_plan.PlanError:
        return plan


def _plan_id(tx: Tx, reading: Reading, alarm: choice.Alarm, now: datetime) -> str:
    site = reading.site
    try:
        own = own_days.for_rules(tx, site.plan_rules)
        rules = choice.rules_from_json(site.plan_rules, own=own)
    except CalendarError:  # not as they were checked: a human's
        return standard.OPERATOR.id
    zone = ZoneInfo(site.timezone)
    return choice.plan_id(site.plans, rules, reading.agreed, alarm, zone, now)
