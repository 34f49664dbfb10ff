"""Sound plans of every kind of step, drawn from a source of chance, and people to go with them."""

from __future__ import annotations

import random
from dataclasses import replace

from callflow.core.calls.on_call import Who
from callflow.core.plans.call_plan import (
    BY_OPERATOR,
    CALLING,
    CONTINUE,
    ENDS,
    EXHAUSTED,
    NEUTRAL,
    NOBODY,
    OVERDUE,
    Mode,
    Plan,
    Step,
    StepKind,
    Stop,
    justifies,
    problems,
)
from callflow.core.sites.site import Authority, Contact, Role, Site

#: An operator's step ends what is interesting about a run: a human knows.
_WEIGHTS = {kind: 1 if kind in BY_OPERATOR else 4 for kind in StepKind}
_ROLES = (Role.PREMISES, Role.KEYHOLDER, Role.KEYHOLDER, Role.GUARD, Role.DEVICE, Role.MAINTENANCE)


def any_plan(rng: random.Random) -> Plan:
    """A plan of one to seven steps that is sound."""
    kinds = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=rng.randint(1, 8))
    if kinds[0] in (StepKind.CLOSE, StepKind.GO_TO):
        kinds[0] = StepKind.COUNTER_CALL
    steps = tuple(_step(rng, place, kinds) for place in range(len(kinds)))
    plan = Plan(id="any", version=1, name="any", steps=steps)
    if list(problems(plan)):  # a closure behind a neutral step that nothing justified
        plan = replace(plan, steps=tuple(_without_closure(plan, step) for step in plan.steps))
    assert list(problems(plan)) == []
    return plan


def any_site(rng: random.Random) -> Site:
    """Nobody to five people, some without a number."""
    people = tuple(_contact(rng, n) for n in range(rng.randint(0, 6)))
    return Site(id="s", name="Shop", client="c", contacts=people)


def _contact(rng: random.Random, number: int) -> Contact:
    phone = None if rng.random() < 0.15 else f"+3363998{number:04}"
    role = rng.choice(_ROLES)
    may = {"*": frozenset(Authority)}
    name = f"{role} {number}"
    return Contact(id=name, name=name, role=role, rank=number, phone=phone, authorities=may)


def _step(rng: random.Random, place: int, kinds: list[StepKind]) -> Step:
    kind = kinds[place]
    outcomes = {}
    for outcome in sorted(ENDS[kind]):
        targets = _targets(kind, outcome, place, kinds)
        if targets and rng.random() < 0.75:
            closing = [t for t in targets if t != CONTINUE and kinds[int(t)] is StepKind.CLOSE]
            outcomes[outcome] = rng.choice(closing if closing and rng.random() < 0.5 else targets)
    earlier = [n for n in range(max(1, place)) if kinds[n] is not StepKind.CLOSE]
    return Step(
        id=str(place),
        kind=kind,
        text="Text",
        limit_s=rng.choice([None, None, 1.0, 60.0, 600.0]),
        who=_who(rng, kind),
        mode=rng.choice(list(Mode)),
        attempts=rng.randint(1, 3),
        delay_s=rng.choice([0.0, 5.0, 120.0]),
        ring_s=rng.choice([None, 10.0]),
        stop=rng.choice(list(Stop)),
        valid=2,
        answers=("yes", "no"),
        accept_s=rng.choice([30.0, 300.0]),
        arrive_s=rng.choice([60.0, 1800.0]),
        report_s=rng.choice([60.0, 600.0]),
        to=str(rng.choice(earlier)) if kind is StepKind.GO_TO else "somebody@example.net",
        confirm=rng.random() < 0.5,
        until=rng.choice(["", "", "08:00"]),
        restore=rng.random() < 0.5,
        minutes=30.0,
        times=rng.randint(1, 3),
        code="done" if kind is StepKind.CLOSE else "",
        outcomes=outcomes,
    )


def _who(rng: random.Random, kind: StepKind) -> tuple[Who, ...]:
    if kind not in CALLING and kind is not StepKind.SEND_GUARD:
        return ()
    return rng.choice([(), (), (Who(role=Role.KEYHOLDER), Who(authority=Authority.CANCEL))])


def _targets(kind: StepKind, outcome: str, place: int, kinds: list[StepKind]) -> list[str]:
    targets = [
        str(n)
        for n in range(place + 1, len(kinds))
        if kinds[n] is not StepKind.CLOSE
        or kind in NEUTRAL
        or justifies(kind, outcome, technical=True)
    ]
    stays = kind in CALLING and outcome not in (EXHAUSTED, NOBODY, OVERDUE)
    return [*targets, CONTINUE] if stays else targets


def _without_closure(plan: Plan, step: Step) -> Step:
    if step.kind not in NEUTRAL:
        return step
    closes = {s.id for s in plan.steps if s.kind is StepKind.CLOSE}
    kept = {end: to for end, to in step.outcomes.items() if to not in closes}
    return replace(step, outcomes=kept)
