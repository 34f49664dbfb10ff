"""Of random plans, as careless as an administrator at 3 a.m., none that validates gets stuck or
ends without a human or a closure that an answer justifies."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from callflow.core.plans.call_plan import (
    CONTINUE,
    ENDS,
    JUSTIFIED,
    JUSTIFIED_TECHNICAL,
    NEUTRAL,
    Plan,
    StepKind,
    from_json,
)
from callflow.core.plans.check import check, errors
from callflow.core.signals.signal import Category, Kind
from callflow.core.simulation import RandomPeople, Timeline, simulate
from tests.support.attacks.any_plan import any_site
from tests.support.attacks.random_plans import random_plan

NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ENOUGH = 1000
ALARMS = [
    (Kind.INTRUSION, Category.SECURITY),
    (Kind.FIRE, Category.VITAL),
    (Kind.POWER, Category.TECHNICAL),
    (Kind.HOLD_UP, Category.SECURITY),
]


def careless(rng: random.Random) -> Plan:
    """A plan that was changed by hand a few times, without looking: it may be anything."""
    body = random_plan(rng, "p")
    for _ in range(rng.randint(0, 3)):
        rng.choice([_retargeted, _unsaid, _retyped, _swapped, _dropped])(rng, body["steps"])
    return from_json(body)


def _retargeted(rng: random.Random, steps: list[dict[str, Any]]) -> None:
    step = rng.choice(steps)
    ends = sorted(ENDS[StepKind(step["kind"])])
    if ends:
        targets = [*(other["id"] for other in steps), CONTINUE]
        step.setdefault("outcomes", {})[rng.choice(ends)] = rng.choice(targets)


def _unsaid(rng: random.Random, steps: list[dict[str, Any]]) -> None:
    rng.choice(steps).pop("outcomes", None)


def _retyped(rng: random.Random, steps: list[dict[str, Any]]) -> None:
    """Another kind of step in its place, with its outcomes as far as it has them."""
    step = rng.choice(steps)
    kind = rng.choice([StepKind.WAIT, StepKind.LISTEN_IN, StepKind.CALL_LIST, StepKind.CLOSE])
    kept = {end: to for end, to in step.get("outcomes", {}).items() if end in ENDS[kind]}
    code = {"code": "other"} if kind is StepKind.CLOSE else {}
    place = steps.index(step)
    steps[place] = {"id": step["id"], "kind": kind.value, "outcomes": kept, **code}


def _swapped(rng: random.Random, steps: list[dict[str, Any]]) -> None:
    one, other = rng.randrange(len(steps)), rng.randrange(len(steps))
    steps[one], steps[other] = steps[other], steps[one]


def _dropped(rng: random.Random, steps: list[dict[str, Any]]) -> None:
    if len(steps) > 1:
        steps.remove(rng.choice(steps))


def justified(plan: Plan, timeline: Timeline, category: Category) -> bool:
    """Whether the answer that led to the closure, past steps that ask nobody, justifies one."""
    entered = [entry for entry in timeline.entries if entry.what == "step"]
    why = entered[-1].outcome
    for before, after in zip(reversed(entered[:-1]), reversed(entered), strict=False):
        why = after.outcome
        if plan.step(before.step).kind not in NEUTRAL:
            break
    technical = category in (Category.TECHNICAL, Category.INFORMATION)
    return why in JUSTIFIED or (technical and why in JUSTIFIED_TECHNICAL)


def test_no_plan_that_validates_gets_stuck_or_ends_without_a_human() -> None:
    rng = random.Random(4)
    refused: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    validated = 0
    while validated < ENOUGH:
        plan = careless(rng)
        found = errors(check(plan, now=NIGHT))
        if found:
            refused.update({finding.code for finding in found})
            continue
        validated += 1
        kind, category = rng.choice(ALARMS)
        people = RandomPeople(chance=rng)
        timeline = simulate(plan, any_site(rng), people, kind=kind, category=category, start=NIGHT)
        assert not timeline.stuck, (plan, timeline)
        if timeline.closed and not timeline.human_at:
            assert justified(plan, timeline, category), (plan, timeline)
        ends["closed" if timeline.closed else "human"] += 1
    assert {"loop", "unjustified", "unreachable", "leads_nowhere"} <= refused.keys()
    assert min(ends["closed"], ends["human"]) > ENOUGH / 50, ends
