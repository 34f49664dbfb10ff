"""A guard is called for their own safety, and whoever does not answer is a human's (D22)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.calls.purpose import Purpose
from callflow.core.interventions.welfare import (
    MISSED,
    OVERDUE_WITHIN,
    RETRY,
    Guard,
    Welfare,
    welfare,
)

THERE = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
EVERY = timedelta(minutes=15)
RING = timedelta(seconds=30)


def made(after: timedelta, outcome: Outcome | None = None) -> Call:
    """A call asked for ``after`` the guard came; without an outcome it still rings."""
    at = THERE + after
    return Call(
        id=str(at),
        step=Purpose.WELFARE,
        contact_id="gil",
        to="+33639980402",
        attempt=1,
        state=CallState.ENDED if outcome else CallState.RINGING,
        outcome=outcome,
        requested_at=at,
        ended_at=at + RING if outcome else None,
    )


def on_site(*calls: Call, silent: bool = False) -> Guard:
    return Guard(on_site_at=THERE, calls=calls, silent=silent)


def test_a_guard_on_site_is_called_every_so_often_until_the_report() -> None:
    assert welfare(on_site(), THERE + EVERY - RING, EVERY) is Welfare.NOTHING
    assert welfare(on_site(), THERE + EVERY, EVERY) is Welfare.CALL
    assert welfare(on_site(made(EVERY)), THERE + 2 * EVERY, EVERY) is Welfare.NOTHING  # it rings
    well = on_site(made(EVERY, Outcome.ACKNOWLEDGED))
    assert welfare(well, THERE + 2 * EVERY, EVERY) is Welfare.NOTHING
    assert welfare(well, THERE + 2 * EVERY + RING, EVERY) is Welfare.CALL
    assert welfare(Guard(), THERE + EVERY, EVERY) is Welfare.NOTHING  # reported


def test_a_guard_who_does_not_answer_twice_is_silent_once() -> None:
    once = on_site(made(EVERY, Outcome.NO_ANSWER))
    assert welfare(once, THERE + EVERY + RING, EVERY) is Welfare.NOTHING
    assert welfare(once, THERE + EVERY + RING + RETRY, EVERY) is Welfare.CALL
    twice = (made(EVERY, Outcome.NO_ANSWER), made(EVERY + RETRY, Outcome.NO_KEY))
    assert welfare(on_site(*twice), THERE + EVERY + 2 * RETRY, EVERY) is Welfare.SILENT
    assert welfare(on_site(*twice, silent=True), THERE + 9 * EVERY, EVERY) is Welfare.NOTHING


def test_an_answer_counts_those_before_it_as_nothing() -> None:
    calls = (made(EVERY, Outcome.NO_ANSWER), made(EVERY + RETRY, Outcome.ACKNOWLEDGED))
    later = THERE + 3 * EVERY
    assert welfare(on_site(*calls, made(2 * EVERY, Outcome.BUSY)), later, EVERY) is Welfare.CALL


def test_who_is_overdue_is_called_once_and_once_more_where_nobody_answers() -> None:
    def overdue(*calls: Call) -> Guard:
        return Guard(overdue_since=THERE, calls=calls)

    missed, well = (made(timedelta(), outcome) for outcome in (Outcome.NO_ANSWER, Outcome.OPERATOR))
    assert welfare(overdue(), THERE, timedelta()) is Welfare.CALL
    assert welfare(overdue(well), THERE + 2 * RETRY, EVERY) is Welfare.NOTHING
    assert welfare(overdue(missed), THERE + RING, EVERY) is Welfare.NOTHING
    assert welfare(overdue(missed), THERE + 2 * RETRY, EVERY) is Welfare.CALL
    again = made(2 * RETRY, Outcome.NO_ANSWER)
    assert welfare(overdue(missed, again), THERE + 4 * RETRY, EVERY) is Welfare.NOTHING
    late = THERE + OVERDUE_WITHIN + RING
    assert welfare(overdue(), late, EVERY) is Welfare.NOTHING


def test_nobody_is_called_where_the_station_does_not_want_it() -> None:
    assert welfare(on_site(), THERE + 9 * EVERY, timedelta()) is Welfare.NOTHING


@given(
    st.lists(st.sampled_from([Outcome.NO_ANSWER, Outcome.ACKNOWLEDGED, Outcome.BUSY]), max_size=6)
)
def test_a_guard_on_site_is_never_left_alone(outcomes: list[Outcome]) -> None:
    """Sooner or later they are called again, or a human is told."""
    calls = [made((n + 1) * EVERY, outcome) for n, outcome in enumerate(outcomes)]
    latest = THERE + (len(calls) + 2) * EVERY
    what = welfare(on_site(*calls), latest, EVERY)
    assert what is not Welfare.NOTHING
    last = outcomes[-MISSED:]
    assert (what is Welfare.SILENT) == (len(last) == MISSED and Outcome.ACKNOWLEDGED not in last)
