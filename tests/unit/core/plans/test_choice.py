"""Which plan an alarm gets, by time, arming, kind, zone and provisional instruction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callflow.core.plans.choice import (
    Alarm,
    followed,
    plan_id,
    rules_from_json,
    rules_to_json,
    serves,
)
from callflow.core.plans.standard import STANDARD_PLANS
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.instructions import Instruction, InstructionKind, Lowers
from callflow.core.time.hours import CalendarError

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # 03:00 in Paris, a Wednesday
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


def an_alarm(kind: Kind = Kind.INTRUSION, **values: Any) -> Alarm:
    usual: dict[str, Any] = {
        "category": Category.SECURITY,
        "account": "1002",
        "zone": "003",
        "armed": True,
        "at": NIGHT,
    }
    return Alarm(kind=kind, **{**usual, **values})


def chosen(
    *rules: dict[str, Any],
    alarm: Alarm | None = None,
    plans: dict[str, str] | None = None,
    instructions: tuple[Instruction, ...] = (),
) -> str:
    read = rules_from_json(list(rules))
    return plan_id(plans or {}, read, instructions, alarm or an_alarm(), PARIS, NIGHT)


def test_without_rules_it_is_as_usual() -> None:
    assert chosen() == "intrusion"
    assert chosen(plans={"*": "mine"}) == "mine"
    assert chosen(alarm=an_alarm(Kind.POWER, category=Category.TECHNICAL)) == "operator"


def test_the_first_rule_that_fits_counts_before_the_sites_plans() -> None:
    rules: list[dict[str, Any]] = [
        {"plan": "fires", "kinds": ["fire"]},
        {"plan": "first", "kinds": ["intrusion"]},
        {"plan": "second", "kinds": ["intrusion"]},
    ]
    assert chosen(*rules, plans={"intrusion": "permanent"}) == "first"


def test_another_plan_by_time_in_the_sites_zone() -> None:
    night = {"plan": "night", "kinds": ["intrusion"], "when": {"week": {"tue": ["20:00-06:00"]}}}
    assert chosen(night) == "night"
    assert chosen(night, alarm=an_alarm(at=NOON)) == "intrusion"
    holiday = {"plan": "h", "when": {"week": {}, "holidays": {"country": "FR", "open": "all_day"}}}
    christmas = datetime(2026, 12, 25, 12, 0, tzinfo=UTC)
    assert chosen(holiday, alarm=an_alarm(at=christmas)) == "h"
    assert chosen(holiday) == "intrusion"


def test_another_plan_while_it_is_not_armed() -> None:
    disarmed = {"plan": "by day", "armed": False}
    assert chosen(disarmed, alarm=an_alarm(armed=False)) == "by day"
    assert chosen(disarmed) == "intrusion"
    assert chosen({"plan": "armed", "armed": True}) == "armed"


def test_another_plan_for_one_zone_of_one_account() -> None:
    safe = {"plan": "safe", "zones": [{"account": "1002", "zone": "3"}]}
    assert chosen(safe) == "safe"
    assert chosen(safe, alarm=an_alarm(zone="4")) == "intrusion"
    assert chosen(safe, alarm=an_alarm(account="1003")) == "intrusion"


def test_another_plan_by_category() -> None:
    faults = {"plan": "faults", "categories": ["technical"]}
    assert chosen(faults, alarm=an_alarm(Kind.POWER, category=Category.TECHNICAL)) == "faults"
    assert chosen(faults) == "intrusion"


@pytest.mark.parametrize("kind", [*sorted(PERSONAL), Kind.BANK_OPENING])
def test_a_personal_alarm_and_a_banks_opening_are_meant_by_their_kind_only(kind: Kind) -> None:
    alarm = an_alarm(kind, category=Category.VITAL)
    wide = {"plan": "wide"}, {"plan": "vital", "categories": ["vital", "security"]}
    assert chosen(*wide, alarm=alarm) == ("bank" if kind is Kind.BANK_OPENING else "operator")
    assert chosen(*wide, {"plan": "own", "kinds": [kind.value]}, alarm=alarm) == "own"


@pytest.mark.parametrize("kind", [Kind.UNKNOWN, Kind.MISMATCH])
def test_a_rule_for_anything_does_not_take_what_is_a_humans(kind: Kind) -> None:
    assert chosen({"plan": "wide"}, alarm=an_alarm(kind)) == "operator"


def test_nor_a_technical_fault_at_night() -> None:
    fault = an_alarm(Kind.POWER, category=Category.TECHNICAL)
    assert chosen({"plan": "wide"}, alarm=fault) == "operator"


def an_instruction(**values: Any) -> Instruction:
    fields: dict[str, Any] = {"lowers": (Lowers.PLAN_REPLACED,), "signer": "yves", **values}
    return Instruction(
        id="i",
        site_id="s",
        kind=InstructionKind.PLAN,
        plan="meanwhile",
        kinds=frozenset({Kind.INTRUSION}),
        begins_at=NIGHT - timedelta(hours=1),
        ends_at=NIGHT + timedelta(hours=1),
        author="claire",
        made_at=NIGHT,
        **fields,
    )


def test_a_provisional_instruction_wins_over_rules_and_plans() -> None:
    rule = {"plan": "rule", "kinds": ["intrusion"]}
    assert chosen(rule, instructions=(an_instruction(),)) == "meanwhile"
    assert chosen(rule, instructions=(an_instruction(signer=None),)) == "rule"


def test_what_is_written_is_read_alike() -> None:
    rules = rules_from_json(
        [
            {"plan": "a"},
            {
                "plan": "b",
                "kinds": ["fire", "gas"],
                "categories": ["security"],
                "zones": [{"account": "1002", "zone": "03"}],
                "armed": False,
                "when": {"week": {"mon": ["22:00-06:00"]}, "holidays": {"country": "FR"}},
            },
        ]
    )
    assert rules_from_json(rules_to_json(rules)) == rules


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ([], "plan_rules.0"),
        ({}, "plan_rules.0.plan"),
        ({"plan": "p", "kinds": ["burglary"]}, "plan_rules.0.kinds.0"),
        ({"plan": "p", "categories": "vital"}, "plan_rules.0.categories"),
        ({"plan": "p", "zones": [{"zone": "3"}]}, "plan_rules.0.zones.0"),
        ({"plan": "p", "armed": "yes"}, "plan_rules.0.armed"),
        ({"plan": "p", "when": {"replacements": []}}, "plan_rules.0.when.replacements"),
        ({"plan": "p", "when": {"week": {"mon": ["8-9"]}}}, "plan_rules.0.when.week.mon.0"),
        ({"plan": "p", "whom": 1}, "plan_rules.0.whom"),
    ],
)
def test_what_is_wrong_is_named(rule: Any, field: str) -> None:
    with pytest.raises(CalendarError) as refused:
        rules_from_json([rule])
    assert refused.value.field == field


RULE = {"plan": "rule", "kinds": ["fire", "hold_up"], "when": {"week": {"sun": ["01:00-02:00"]}}}


@pytest.mark.parametrize("plans", [{}, {"*": "own", "lift": "cabin"}, {"technical": "own"}])
@pytest.mark.parametrize("rules", [[], [RULE], [{"plan": "rule"}]])
def test_every_alarm_is_among_those_that_its_plan_is_said_to_serve(
    plans: dict[str, str], rules: list[dict[str, Any]]
) -> None:
    read = rules_from_json(rules)
    served = {
        plan: serves(plans, read, plan)
        for plan in ("rule", *plans.values(), *(plan.id for plan in STANDARD_PLANS))
    }
    for kind, category in frozenset().union(*served.values()):
        alarm = an_alarm(kind, category=category)
        assert (kind, category) in served[plan_id(plans, read, (), alarm, PARIS, NIGHT)]
    assert (Kind.LIFT, Category.VITAL) in frozenset().union(*served.values())


def test_a_rule_that_counts_one_hour_a_week_serves_its_alarms() -> None:
    kinds = {kind for kind, _ in serves({}, rules_from_json([RULE]), "rule")}
    assert kinds == {Kind.FIRE, Kind.HOLD_UP}
    assert serves({}, (), "nothing") == frozenset()


def test_what_a_site_follows_is_what_serves_it() -> None:
    rules = rules_from_json(
        [
            {"plan": "night", "kinds": ["intrusion"]},
            {"plan": "faults", "categories": ["technical"]},
            {"plan": "any"},
        ]
    )
    own = {"*": "mine", "fire": "fires", "vital": "lives", "hold_up": "mute"}
    known = {plan.id for plan in STANDARD_PLANS} | {*own.values(), "night", "faults", "any", "x"}
    for plans, ruled in ((own, rules), ({}, ()), (own, ()), ({}, rules)):
        assert followed(plans, ruled) == {each for each in known if serves(plans, ruled, each)}
