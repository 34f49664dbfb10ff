"""Statistics say what a count by hand says, wherever the follower is (tests/support)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from callflow.core.records.figures import EDGES, Step, number_of
from callflow.core.records.statistics import Asked, By, Group, Histogram, Place, Target, Targets
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records import figures
from callflow.storage import Store, Tx
from callflow.storage.records import statistics, trunk_figures
from callflow.storage.records.horizon import horizon
from tests.support.attacks.random_history import RandomHistory
from tests.support.rows import counted_by_hand

pytestmark = pytest.mark.both_databases

NOW = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=9)
TARGETS = Targets(
    (Target(30_000, 80), Target(60_000, 98.5)), (Target(90_000, 80), Target(180_000, 98.5))
)
YEAR = date(2026, 1, 1), date(2027, 1, 31)
#: A day of 23 hours, one of 25, a whole year.
PERIODS = (YEAR, (date(2026, 3, 29),) * 2, (date(2026, 10, 25),) * 2)
_KEYS = {By.SITE: "site", By.HOUR: "hour", By.CATEGORY: "category", By.OPERATOR: "operator"}
_KEYS |= {By.DAY: "day", By.KIND: "kind"}


def follow(store: Store, batches: int = 10_000, *, now: datetime = NOW) -> int:
    """As the engine does; how many batches there were."""
    for done in range(batches):
        batch = store.read_now(lambda tx: figures.next_batch(tx, now, horizon(tx).last))
        if batch is None:
            return done
        assert store.write_now(partial(figures.keep, batch=batch))
    return batches


def row_of(group: Group) -> tuple[int, ...]:
    """A group as the count by hand says it."""
    steps = (n for step in Step for n in _of(group.steps[step]))
    within = (n for each in (group.urgent, group.other) for n in _of(each))
    return (
        *(group.incidents, group.false, *steps, *within),
        *(group.machine_ms, group.human_ms),
    )


def _of(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, name) for name in value.__dataclass_fields__)


_NAMES = (
    *("incidents", "false"),
    *(f"{step}_{of}" for step in Step for of in ("count", "sum", "most")),
    *(f"{which}_{of}" for which in ("urgent", "other") for of in ("of", "first", "second")),
    *("machine", "human"),
)


def _each(rows: Mapping[str, tuple[int, ...]]) -> set[tuple[str, str, int]]:
    """(key, which count, count): of two that differ, only where they do."""
    return {(k, *each) for k, row in rows.items() for each in zip(_NAMES, row, strict=True)}


def check(store: Store, *, whole: bool = False, now: datetime = NOW) -> None:
    """Counts are what SQL finds in the rows: every one, or those where most may be wrong."""
    store.read_now(lambda tx: _check(tx, now, whole=whole))


def _check(tx: Tx, now: datetime, *, whole: bool) -> None:
    live = figures.live(tx, now)
    assert live.whole
    for first, last in PERIODS if whole else PERIODS[:1]:
        asked = Asked(first=first, last=last)
        days = number_of(first), number_of(last)
        for by, key in _KEYS.items() if whole else ((By.OPERATOR, "operator"),):
            found = statistics.groups(tx, live, asked, by, TARGETS)
            by_hand = counted_by_hand.groups(tx, key, *days)
            assert _each({g.key: row_of(g) for g in found}) == _each(by_hand)
        for step in Step if whole else (Step.ACTED,):
            shown = statistics.histograms(tx, live, asked, step)
            assert _bars(shown.categories) == counted_by_hand.bars(tx, step, "category", *days)
            name = "CASE WHEN urgent THEN 'urgent' ELSE 'other' END"
            assert _bars(shown.classes) == counted_by_hand.bars(tx, step, name, *days)
        _check_others(tx, live, asked, days)


def _bars(shown: Sequence[Histogram]) -> dict[tuple[str, int], int]:
    return {
        (each.key, edge): count
        for each in shown
        for edge, count in zip((*EDGES, 0, -1), (*each.bars, each.never), strict=True)
        if count
    }


def _check_others(tx: Tx, live: figures.Live, asked: Asked, days: tuple[int, int]) -> None:
    by = {
        Place.SITE: "c.site",
        Place.ZONE: "c.site, c.account, c.zone",
        Place.MAKER: "coalesce(a.maker, '')",
    }
    for place, key in by.items():
        found = statistics.false_alarms(tx, live, asked, place)
        names = {
            (f.key, f.account, f.zone) if place is Place.ZONE else (f.key,): (f.closed, f.false)
            for f in found
        }
        assert names == counted_by_hand.false_alarms(tx, key, *days)
        assert all(sum(f.codes.values()) == f.false for f in found)
        assert [f.false for f in found] == sorted((f.false for f in found), reverse=True)
    did = {
        o.operator: (o.incidents, o.held_ms, o.taken, o.closed)
        for o in statistics.operators(tx, live, asked)
    }
    assert did == counted_by_hand.operators(tx, *days)
    lately = trunk_figures.counted(tx, live.since_hour, None, STATION_ZONE)
    for by_day in (True, False):
        rates = statistics.trunk_rates(tx, lately, live.since_hour, asked, by_day=by_day)
        calls = {(r.trunk, r.when, r.outcome): (r.calls, r.answered, r.waited_ms) for r in rates}
        when = "day" if by_day else "hour"
        assert calls == counted_by_hand.trunks(tx, when, *days)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(1, 12))]
)
def test_they_are_the_count_by_hand_wherever_the_follower_is(store: Store, seed: int) -> None:
    history = RandomHistory(seed)
    store.write_now(history.world)
    ids = store.write_now(lambda tx: history.alarms(tx, 120))
    check(store)  # before it has begun
    follow(store, 1)
    check(store)  # in the middle
    assert follow(store) > 2
    check(store, whole=True)
    history.later(LATER - timedelta(days=2))
    more = store.write_now(lambda tx: history.alarms(tx, 20))
    for one in (*ids[:10], more[0]):
        store.write_now(partial(history.goes_on, incident_id=one))
    check(store, whole=seed == 0, now=LATER)  # what changed since is counted as it is read
    lost = store.read_now(
        lambda tx: figures.next_batch(tx, LATER, horizon(tx).last)
    )  # read, and never written
    assert lost is not None
    follow(store, now=LATER)
    assert not store.write_now(lambda tx: figures.keep(tx, lost))  # another was faster
    check(store, now=LATER)
    store.write_now(lambda tx: figures.begin_again(tx, LATER, horizon(tx).last))
    check(store, now=LATER)
    follow(store, now=LATER)
    check(store, now=LATER)


def test_a_question_may_be_narrowed(store: Store) -> None:
    history = RandomHistory(5)
    store.write_now(history.world)
    store.write_now(lambda tx: history.alarms(tx, 120))
    follow(store)
    store.write_now(lambda tx: history.alarms(tx, 30))

    def narrow(tx: Tx) -> None:
        live = figures.live(tx, NOW)
        days = number_of(YEAR[0]), number_of(YEAR[1])
        whole = Asked(first=YEAR[0], last=YEAR[1])
        for column, value, asked in (
            ("site", "s3", replace(whole, site="s3")),
            ("site", "s3", replace(whole, sites=frozenset({"s3"}))),
            ("site", "s3", replace(whole, beyond="s2", until="s3")),
            ("category", "vital", replace(whole, category="vital")),
            ("operator", "=SUM(A1)", replace(whole, operator="=SUM(A1)")),
        ):
            found = statistics.groups(tx, live, asked, By.HOUR, TARGETS)
            by_hand = counted_by_hand.groups(tx, "hour", *days, f"AND {column} = '{value}'")
            assert {g.key: row_of(g) for g in found} == by_hand
            assert by_hand

    store.read_now(narrow)
