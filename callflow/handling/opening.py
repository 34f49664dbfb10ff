"""The row of an incident that is opened, and the plan that is frozen into it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from callflow import call_plan, standard_plans
from callflow.incident import Machine, State
from callflow.signal import PERSONAL, Category, Kind
from callflow.signals.events import EventRow
from callflow.site import SiteState
from callflow.storage import Tx, sites

Row = dict[str, Any]


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
) -> Row:
    """The row of an incident that is opened; ``plan`` is frozen into it (invariant 7)."""
    kind = kind or meaning.kind
    category = Category.VITAL if kind in PERSONAL else meaning.category
    return {
        "id": uuid.uuid4().hex,
        "site_id": site,
        "account": account,
        "kind": kind.value,
        "category": category.value,
        "priority": meaning.priority,
        "state": State.OPEN.value,
        "confirmed": False,
        "duress": kind is Kind.DURESS,
        "zones": {key: "alarm"},
        "signal_count": 1,
        "plan": call_plan.to_json(plan),
        "rounds": {},
        "grounds": None,
        "exercise": False,
        "step": None,
        "step_since": None,
        "machine": Machine.RUNNING.value,
        "with_human": False,
        "human_reason": "",
        "human_since": None,
        "queue_due": None,
        "queue_level": 0,
        "holder": None,
        "held_since": None,
        "parked_until": None,
        "machine_due": None,
        "normal_due": None,
        "alarm_at": raised_at or now,
        "runaway_at": None,
        "storm_id": None,
        "opened_at": now,
        "closed_at": None,
        "resolution_code": None,
        "resolution_text": "",
        "version": 1,
    }


def plan_for(tx: Tx, site: str | None, kind: Kind, category: Category) -> call_plan.Plan:
    """The plan that is frozen into the incident; one that can't be read becomes a human's."""
    if site is None:
        return standard_plans.OPERATOR
    row = sites.site_row(tx, site)
    if row is None or SiteState(row["state"]) in (SiteState.SUSPENDED, SiteState.TERMINATED):
        return standard_plans.OPERATOR  # D2: a human reads the agreed text; nobody is called
    body = sites.plan_body(tx, standard_plans.plan_id(row["plans"], kind, category))
    try:
        return call_plan.read(body) if body else standard_plans.OPERATOR
    except call_plan.PlanError:
        return standard_plans.OPERATOR
