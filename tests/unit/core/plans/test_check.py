"""Each finding has a code, an example that has it and one that nearly has it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from callflow.core.interventions.directory import ServiceLine
from callflow.core.interventions.law import Service
from callflow.core.plans.call_plan import Level, Plan, from_json
from callflow.core.plans.call_plan.findings import ERRORS, WARNINGS
from callflow.core.plans.check import Finding, Use, check, errors
from callflow.core.plans.standard import STANDARD_PLANS
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import Authority, Contact, Role, Site
from callflow.core.time.availability import ALWAYS, Availability

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
EXAMPLES: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "data" / "plans" / "findings.yaml").read_text("utf-8")
)


def found(example: dict[str, Any]) -> list[Finding]:
    uses = [a_use(example["site"])] if "site" in example else []
    return check(a_plan(example), uses, now=NOW)


def a_plan(example: dict[str, Any]) -> Plan:
    steps = [dict(step) for step in example["steps"]]
    for step in steps:
        if isinstance(step.get("text"), list):  # so many times this character
            step["text"] = step["text"][0] * step["text"][1]
        if isinstance(step.get("checklist"), list):  # so many times this line
            step["checklist"] = [step["checklist"][1]] * step["checklist"][0]
    return from_json({"id": example.get("id", "p"), "steps": steps})


def a_use(body: dict[str, Any]) -> Use:
    alarms = body.get("alarms", [["intrusion", "security"]])
    return Use(
        site=Site(
            id="s",
            name="Shop",
            client="c",
            contacts=tuple(map(a_contact, body.get("contacts", []))),
        ),
        alarms=frozenset((Kind(kind), Category(category)) for kind, category in alarms),
        postcode="75011",
        lines=tuple(map(a_line, body.get("lines", []))),
        cameras=body.get("cameras", 0),
        own=body.get("own", {}),
    )


def a_contact(body: dict[str, Any]) -> Contact:
    authorities = body.get("authorities", {"*": [a.value for a in Authority]})
    return Contact(
        id=body["id"],
        name=body["id"],
        role=Role(body.get("role", "keyholder")),
        phone=body.get("phone", "+33639980101"),
        authorities={k: frozenset(map(Authority, v)) for k, v in authorities.items()},
        availability=Availability.from_json(body.get("availability", {})),
    )


def a_line(body: dict[str, Any]) -> ServiceLine:
    hours = Availability.from_json(body["hours"]) if "hours" in body else ALWAYS
    return ServiceLine(
        id=body["id"],
        service=Service(body["service"]),
        name=body["id"],
        number="+33144440017",
        place=body["place"],
        hours=hours,
    )


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_example_has_this_finding_and_no_other(code: str) -> None:
    example = EXAMPLES[code]["has"]
    assert {finding.code for finding in found(example)} == {code, *example.get("with", ())}


@pytest.mark.parametrize("code", EXAMPLES)
def test_what_nearly_has_it_has_not(code: str) -> None:
    assert code not in {finding.code for finding in found(EXAMPLES[code]["near"])}


def test_every_code_has_its_examples() -> None:
    assert set(EXAMPLES) == {*ERRORS, *WARNINGS}
    assert not ERRORS.keys() & WARNINGS.keys()


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_finding_says_where_and_what_in_both_languages(code: str) -> None:
    for finding in found(EXAMPLES[code]["has"]):
        if finding.code != code:
            continue
        assert finding.said("fr") != finding.said("en")
        assert finding.step in finding.said("fr")
        assert finding.level is (Level.ERROR if code in ERRORS else Level.WARNING)
        body = finding.to_json()
        assert body["code"] == code
        assert body["field"].startswith(("steps", "id"))
        assert "{" not in body["fr"] + body["en"]


@pytest.mark.parametrize("plan", STANDARD_PLANS, ids=lambda plan: plan.id)
def test_the_standard_plans_are_found_without_fault(plan: Plan) -> None:
    assert check(plan, now=NOW) == []


def test_a_calendar_says_how_long_and_when_first_by_the_sites_clock() -> None:
    (finding,) = found(EXAMPLES["nobody_there"]["has"])
    assert finding.args == {"hours": 52.0, "first": "2026-11-29 23:00"}
    assert finding.site == "s"


def test_one_site_of_many_at_fault_is_named() -> None:
    plan = a_plan(EXAMPLES["nobody_listed"]["has"])
    empty = a_use(EXAMPLES["nobody_listed"]["has"]["site"])
    full = a_use(
        {"contacts": [{"id": "shop", "role": "premises"}, {"id": "anne", "phone": "+33639980102"}]}
    )
    assert [f.site for f in check(plan, [full, empty, full], now=NOW)] == ["s"]
    assert errors(check(plan, [empty], now=NOW)) == []


def test_a_plan_that_can_reach_nobody_at_any_of_its_sites_is_refused() -> None:
    plan = a_plan(EXAMPLES["reaches_nobody"]["has"])
    empty, full = (a_use(EXAMPLES["reaches_nobody"][which]["site"]) for which in ("has", "near"))
    assert [f.code for f in errors(check(plan, [empty, empty], now=NOW))] == ["reaches_nobody"]
    assert errors(check(plan, [empty, full], now=NOW)) == []
    assert errors(check(plan, now=NOW)) == []  # nobody follows it yet
    operator = a_plan({"steps": [{"id": "hand", "kind": "hand_to_operator"}]})
    assert errors(check(operator, [empty], now=NOW)) == []
