"""A plan is withdrawn once nobody follows it, and never one that alarms fall back on."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.plans import standard
from callflow.core.plans.standing import FOLLOWED, STANDARD, few, named, why_kept
from callflow.core.signals.signal import Category, Kind


@pytest.mark.parametrize(
    ("own", "rules", "ids"),
    [
        ({}, [], set()),
        ({"*": "night", "fire": "fires"}, [], {"night", "fires"}),
        ({}, [{"plan": "night", "kinds": ["intrusion"]}], {"night"}),
        (
            {"*": "day"},
            [{"plan": "night", "when": {"week": {"mon": ["20:00-06:00"]}}}],
            {"day", "night"},
        ),
        ({}, [{"plan": "cellar", "zones": [{"account": "1002", "zone": "3"}]}], {"cellar"}),
        ({}, [{"plan": "closed", "kinds": ["no kind any more"]}], {"closed"}),
    ],
)
def test_a_site_names_plans_for_whatever_alarm_hour_and_zone(
    own: dict[str, str], rules: list[dict[str, Any]], ids: set[str]
) -> None:
    assert named(own, rules) == ids


def test_a_plan_that_nobody_follows_may_go() -> None:
    assert why_kept("night", [], 0) is None


def test_one_that_sites_follow_stays_and_the_first_are_named() -> None:
    assert why_kept("night", ["Garage (1002)"], 1) == (FOLLOWED, "Garage (1002)")
    first = ["A (1)", "B (2)", "C (3)"]
    assert why_kept("night", first, 3) == (FOLLOWED, "A (1), B (2), C (3)")
    assert why_kept("night", first, 41) == (FOLLOWED, "A (1), B (2), C (3), … (41)")


def test_no_more_are_named_than_a_page_has_room_for() -> None:
    assert few(["A", "B", "C", "D"], 4) == "A, B, C, … (4)"


@pytest.mark.parametrize("plan", standard.STANDARD_PLANS, ids=lambda plan: plan.id)
def test_what_alarms_fall_back_on_stays_though_no_site_names_it(plan: Any) -> None:
    assert why_kept(plan.id, [], 0) == (STANDARD, plan.id)


def test_alarms_fall_back_on_nothing_else() -> None:
    found = {standard.plan_id({}, kind, category) for kind in Kind for category in Category}
    assert found == standard.FALLBACKS
