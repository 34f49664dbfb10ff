"""Sound plans drawn from a seed, for simulations that must hold whatever is written."""

from __future__ import annotations

import random
from typing import Any

from callflow.core.interventions.law import Service
from callflow.core.plans.call_plan import (
    CALLING,
    CONTINUE,
    ENDS,
    EXHAUSTED,
    FIELDS,
    JUSTIFIED,
    NOBODY,
    OVERDUE,
    PanelCommand,
    StepKind,
    from_json,
    problems,
)

Row = dict[str, Any]

_MIDDLE = sorted(set(StepKind) - {StepKind.GO_TO, StepKind.CLOSE, StepKind.HAND_TO_OPERATOR})
_WHO = [{"role": "premises"}, {"role": "keyholder"}, {"role": "manager"}, {"authority": "cancel"}]


def random_plan(rng: random.Random, plan_id: str) -> Row:
    """The body of a plan as it is published, with any kinds of steps: ``call_plan.problems`` finds
    nothing in it. Its waits and limits last seconds or minutes, never hours."""
    kinds = rng.choices([*_MIDDLE, *sorted(CALLING)], k=rng.randint(1, 5))
    if rng.random() < 0.3:
        kinds.append(StepKind.GO_TO)
    kinds += [StepKind.HAND_TO_OPERATOR, StepKind.CLOSE]
    steps = [_step(rng, place, kinds) for place in range(len(kinds))]
    body: Row = {"id": plan_id, "name": plan_id, "steps": steps}
    _make_sound(body)
    return body


def _make_sound(body: Row) -> None:
    """Take out the outcomes that lead to a closure which they don't justify."""
    steps = {step["id"]: step for step in body["steps"]}
    while found := [one for one in problems(from_json(body)) if one.code == "unjustified"]:
        for finding in found:
            steps[finding.step]["outcomes"].pop(finding.args["outcome"], None)


def _step(rng: random.Random, place: int, kinds: list[StepKind]) -> Row:
    kind = kinds[place]
    step: Row = {"id": f"step{place}", "kind": kind.value, **_settings(rng, kind)}
    if kind is StepKind.GO_TO:
        step["to"] = f"step{rng.randrange(place)}"
    if kind is not StepKind.CLOSE:
        step["outcomes"] = _outcomes(rng, place, kinds)
    return step


def _settings(rng: random.Random, kind: StepKind) -> Row:
    if kind in CALLING:
        return _calling(rng, kind)
    limit = {"limit_s": float(rng.randint(10, 120))}
    settings: dict[StepKind, Row] = {
        StepKind.SEND_GUARD: {
            "accept_s": float(rng.randint(30, 90)),
            "arrive_s": float(rng.randint(60, 120)),
            "report_s": float(rng.randint(60, 120)),
            "limit_s": 600.0,
        },
        StepKind.EMERGENCY_SERVICE: {"service": rng.choice(list(Service)).value, **limit},
        StepKind.ACT_ON_PANEL: {"command": rng.choice(list(PanelCommand)).value, **limit},
        StepKind.NOTIFY: {"to": "garde@example.org", "confirm": rng.random() < 0.5, **limit},
        StepKind.WAIT: {"restore": rng.random() < 0.5, **limit},
        StepKind.SET_ON_TEST: {"minutes": 1.0},
        StepKind.PROTECTIVE_MEASURE: {"minutes": 30.0, "text": "zone hors service"},
        StepKind.GO_TO: {"times": rng.randint(1, 2)},
        StepKind.CLOSE: {"code": "false_alarm"},
    }
    return settings.get(kind, limit)


def _calling(rng: random.Random, kind: StepKind) -> Row:
    step: Row = {
        "attempts": rng.randint(1, 3),
        "delay_s": rng.choice([0.0, 5.0, 20.0, 45.0]),
        "ring_s": rng.choice([None, 10.0, 25.0]),
        "stop": rng.choice(["first_valid", "first_valid", "all", "n_valid"]),
        "mode": rng.choice(["in_order", "in_order", "all_at_once"]),
        "limit_s": rng.choice([None, 60.0, 300.0]),
    }
    if "call_back" in FIELDS[kind]:
        step["call_back"] = rng.random() < 0.5
    if step["stop"] == "n_valid":
        step["valid"] = 2
    if kind is not StepKind.VOICE_FIRST and rng.random() < 0.4:
        step["who"] = rng.sample(_WHO, rng.randint(1, 2))
    if kind in (StepKind.QUESTION, StepKind.MESSAGE):
        step |= {"text": "Êtes-vous sur place ?", "identify": rng.random() < 0.7}
    if kind is StepKind.QUESTION:
        step["answers"] = ["oui", "non", "bientôt"][: rng.randint(1, 3)]
    return step


def _outcomes(rng: random.Random, place: int, kinds: list[StepKind]) -> dict[str, str]:
    found: dict[str, str] = {}
    for outcome in sorted(ENDS[kinds[place]]):
        usual = (
            outcome in JUSTIFIED or outcome in (EXHAUSTED, OVERDUE) or kinds[place] not in CALLING
        )
        targets = _targets(outcome, place, kinds)
        if targets and rng.random() < (0.9 if usual else 0.3):
            found[outcome] = rng.choice(targets)
    return found


def _targets(outcome: str, place: int, kinds: list[StepKind]) -> list[str]:
    """Where ``outcome`` may lead: forward, or nowhere new."""
    targets = [f"step{later}" for later in range(place + 1, len(kinds))]
    stays = kinds[place] in CALLING and outcome not in (EXHAUSTED, NOBODY, OVERDUE)
    return [*targets, CONTINUE] if stays else targets
