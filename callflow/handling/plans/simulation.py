"""A plan is looked at before it is published: run in virtual time against a real site."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core import simulation
from callflow.core.plans import call_plan, overrides
from callflow.core.plans.call_plan import Plan
from callflow.core.signals import events
from callflow.core.signals.signal import Kind
from callflow.core.simulation import (
    BehaviourError,
    Behaviours,
    Chance,
    RandomPeople,
    Script,
    Timeline,
    Worst,
    example_site,
)
from callflow.core.sites.site import Site
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound
from callflow.handling.plans import plans
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.sites import sites


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulated:
    """A run of a plan at a site, and how long it may last at worst until a human knows."""

    site: Site
    timeline: Timeline
    worst: Worst


def plan_of(tx: Tx, plan_id: str, *, version: int | None = None, draft: bool = False) -> Plan:
    """A version of a plan (None: the newest), or its draft, sound. Raises NotFound, PlanError."""
    if draft:
        return call_plan.read(plans.get_draft(tx, plan_id).body)
    return call_plan.sound(plans.get_version(tx, plan_id, version))


def site_of(tx: Tx, site_id: str, kind: Kind, at: datetime) -> Site:
    """The site as an alarm of ``kind`` finds it at ``at`` (UTC). Raises NotFound."""
    site = site_now(tx, site_id, kind, at)
    if site is None:
        raise NotFound(f"there is no site {site_id!r}")
    return site


def plan_at(tx: Tx, plan: Plan, site_id: str) -> Plan:
    """The plan with the settings that the site has of its own."""
    site = sites.get(tx, site_id)
    return overrides.applied(plan, site.plan_overrides.get(plan.id, {})) if site else plan


def simulate(
    tx: Tx,
    plan: Plan,
    site_id: str,
    kind: Kind,
    start: datetime,
    *,
    script: Any = None,
    chance: Chance | None = None,
) -> Simulated:
    """Run ``plan`` for an alarm of ``kind`` at a site from ``start`` (UTC); nothing is written.

    ``script`` says what people do (``simulation.Script.from_json``; None: nobody answers), unless
    ``chance`` decides. Raises NotFound, BehaviourError.
    """
    if not 1971 <= start.year <= 9000:  # room for hours and zones on both sides
        raise BehaviourError("the alarm must come between the years 1971 and 9000")
    site = site_of(tx, site_id, kind, start)
    plan = plan_at(tx, plan, site_id)
    people: Behaviours = Script.from_json(script or {}, load_policy(tx).ring_time)
    if chance is not None:
        people = RandomPeople(chance=chance)
    return _run(plan, site, kind, start, people)


def simulate_example(
    tx: Tx, plan: Plan, kind: Kind, start: datetime, *, script: Any = None, column: int = 1
) -> Simulated:
    """``simulate`` at a site that is nobody's, with somebody of each part (``column`` 0: named in
    French). Raises BehaviourError."""
    people = Script.from_json(script or {}, load_policy(tx).ring_time)
    return _run(plan, example_site(column), kind, start, people)


def _run(plan: Plan, site: Site, kind: Kind, start: datetime, people: Behaviours) -> Simulated:
    category, _ = events.usual(kind)
    timeline = simulation.simulate(plan, site, people, kind=kind, category=category, start=start)
    worst = simulation.worst_case(plan, site, kind=kind, category=category)
    return Simulated(site=site, timeline=timeline, worst=worst)
