"""Whatever the plan and the people: each run ends, with a human or a closure, within the bound."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.core.signals.signal import Category, Kind
from callflow.core.simulation import RandomPeople, Timeline, simulate, worst_case
from tests.support.attacks.any_plan import any_plan, any_site

NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
KINDS = [
    *[(Kind.INTRUSION, Category.SECURITY)] * 5,
    (Kind.POWER, Category.TECHNICAL),
    (Kind.FIRE, Category.VITAL),
    (Kind.HOLD_UP, Category.SECURITY),
    (Kind.BANK_OPENING, Category.SECURITY),
]


def run(seed: int) -> tuple[Timeline, float]:
    rng = random.Random(seed)
    plan, site = any_plan(rng), any_site(rng)
    kind, category = rng.choice(KINDS)
    people = RandomPeople(chance=rng)
    found = simulate(plan, site, people, kind=kind, category=category, start=NIGHT)
    return found, worst_case(plan, site, kind=kind, category=category).seconds


@settings(max_examples=400)
@given(seed=st.integers(0, 2**32))
def test_it_ends_with_a_human_or_a_closure_and_no_human_knows_later_than_the_worst_case(
    seed: int,
) -> None:
    timeline, worst = run(seed)
    assert not timeline.stuck
    knows = timeline.human_at or timeline.ended_at
    assert (knows - timeline.opened_at).total_seconds() <= worst + 0.001
    if timeline.human_at is None:
        assert timeline.closed


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_run(seed: int) -> None:
    assert run(seed) == run(seed)
