"""When a check is due, late and done; what a figure must be; a year of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callflow.core.people.users import Role
from callflow.core.time.hours import Span
from callflow.core.watch.checks import (
    USUAL,
    Check,
    Done,
    Period,
    Proof,
    Source,
    Stands,
    fault,
    reading,
    span,
    standing,
    tally,
    to_tell,
)
from callflow.core.watch.organs import Part, Reason, State
from callflow.texts.station import checks as texts
from callflow.texts.station.organs import UNITS

PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    """A wall clock's time at the station, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def check(period: Period = Period.DAY, since: str = "2026-11-02 00:00", **more: Any) -> Check:
    fields: dict[str, Any] = dict(id="room", period=period, who=Role.OPERATOR, since=at(since))
    return Check(**fields | more)


def done(when: str, **more: Any) -> Done:
    fields: dict[str, Any] = dict(id=when, check_id="room", at=at(when), by="ines", ok=True)
    return Done(**fields | more)


@pytest.mark.parametrize(
    ("period", "begins", "ends"),
    [
        (Period.DAY, "2026-10-25 00:00", "2026-10-26 00:00"),  # of 25 hours
        (Period.WEEK, "2026-10-19 00:00", "2026-10-26 00:00"),
        (Period.MONTH, "2026-10-01 00:00", "2026-11-01 00:00"),
        (Period.YEAR, "2026-01-01 00:00", "2027-01-01 00:00"),
    ],
)
def test_periods_are_the_stations_calendars(period: Period, begins: str, ends: str) -> None:
    for when in (begins, "2026-10-25 02:30", "2026-10-25 23:59"):
        assert span(period, at(when), PARIS) == Span(at(begins), at(ends))


@pytest.mark.parametrize(
    ("last", "now", "stands"),
    [
        (None, "2026-11-02 08:00", Stands.DUE),
        (None, "2026-11-03 00:00", Stands.LATE),
        (done("2026-11-02 09:00"), "2026-11-02 23:59", Stands.DONE),
        (done("2026-11-02 09:00"), "2026-11-03 00:00", Stands.DUE),
        (done("2026-11-02 09:00"), "2026-11-03 23:59", Stands.DUE),
        (done("2026-11-02 09:00"), "2026-11-04 00:00", Stands.LATE),
        (done("2026-11-02 09:00", ok=False), "2026-11-02 09:01", Stands.FAILED),
        (done("2026-11-02 09:00", ok=False), "2026-12-02 09:01", Stands.FAILED),
        (done("2026-11-01 09:00"), "2026-11-02 08:00", Stands.DUE),  # before it was asked for
    ],
)
def test_a_check_is_due_once_a_period_and_late_after_a_whole_one(
    last: Done | None, now: str, stands: Stands
) -> None:
    assert standing(check(), last, at(now), PARIS).stands is stands


def test_one_that_is_asked_for_in_the_middle_of_a_period_has_the_next_whole_one_too() -> None:
    asked = check(Period.WEEK, "2026-11-04 15:00")  # a Wednesday
    one = standing(asked, None, at("2026-11-04 15:00"), PARIS)
    assert (one.stands, one.late_at) == (Stands.DUE, at("2026-11-16 00:00"))


def test_late_is_an_organ_not_well_and_failed_is_one_that_fails() -> None:
    found = {
        stands: reading(
            replace(standing(check(), None, at("2026-11-02 08:00"), PARIS), stands=stands),
            at("2026-11-02 08:00"),
        )
        for stands in Stands
    }
    assert {s: (r.part, r.name, r.state, r.reason) for s, r in found.items()} == {
        Stands.DONE: (Part.DRILL, "room", State.OK, None),
        Stands.DUE: (Part.DRILL, "room", State.OK, None),
        Stands.LATE: (Part.DRILL, "room", State.DEGRADED, Reason.NOT_DONE),
        Stands.FAILED: (Part.DRILL, "room", State.FAILED, Reason.DRILL_FAILED),
    }


def test_a_state_is_told_at_a_change_and_every_six_hours() -> None:
    now = at("2026-11-02 08:00")
    told = replace(check(), told=State.OK, told_at=now)
    assert to_tell(standing(check(), None, now, PARIS), now)
    assert not to_tell(standing(told, None, now, PARIS), now)
    later = now + timedelta(hours=6)
    assert to_tell(standing(told, None, later, PARIS), later)
    late = at("2026-11-03 00:00")
    assert to_tell(standing(replace(told, told_at=late), None, late, PARIS), late)


def test_a_failure_says_what_is_wrong_and_the_last_figure_is_shown() -> None:
    last = done("2026-11-02 09:00", ok=False, figure=4.0, unit="minutes", remark="démarre mal")
    one = standing(check(), last, at("2026-11-02 09:01"), PARIS)
    said = reading(one, at("2026-11-02 09:01"))
    assert (said.detail, said.figure, said.unit) == ("démarre mal", 4.0, "minutes")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " ", "id": "own"}, "title"),
        ({"lowest": 1.0}, "lowest"),
        ({"proof": Proof.FIGURE, "lowest": 2.0, "highest": 1.0}, "highest"),
        ({"source": Source.READING, "subject": "moon"}, "subject"),
        ({"source": Source.SIGNAL}, "subject"),
    ],
)
def test_what_is_asked_for_makes_sense(change: dict[str, Any], field: str) -> None:
    wrong = fault(check(**{"title": "Ronde", **change}), ours=False)
    assert wrong is not None
    assert wrong[0] == field


def test_the_usual_list_makes_sense_and_has_its_words() -> None:
    now = at("2026-11-02 08:00")
    assert [fault(one.since(now, "ines"), ours=True) for one in USUAL] == [None] * len(USUAL)
    assert {one.id for one in USUAL} == set(texts.USUAL)
    assert {one.period for one in USUAL} == set(Period)
    units = {one.unit for one in USUAL if one.unit}
    assert units <= set(UNITS)
    for language in ("fr", "en"):
        for one in USUAL:
            assert texts.title(one.id, "", language)
            assert texts.text(one.id, "", language)


def test_a_year_counts_whole_periods_and_what_was_done_of_them() -> None:
    year = span(Period.YEAR, at("2026-06-01 00:00"), PARIS)
    asked = check(Period.MONTH, "2026-02-10 12:00")
    times = [
        done("2026-02-12 09:00"),
        done("2026-03-12 09:00"),
        done("2026-05-01 09:00", late=True),
        done("2026-05-02 09:00", ok=False),
    ]
    found = tally(asked, times, year, at("2026-06-15 00:00"), PARIS)
    assert (found.wanted, found.done, found.missed, found.late, found.failed) == (3, 2, 1, 1, 1)
    gone = replace(asked, retired_at=at("2026-04-30 12:00"))
    assert tally(gone, [], year, at("2027-06-15 00:00"), PARIS).wanted == 1
    assert tally(asked, [], year, at("2027-06-15 00:00"), PARIS).wanted == 10
