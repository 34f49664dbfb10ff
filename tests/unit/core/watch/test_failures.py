"""Which failure of an organ is an alarm, how grave, and when: decided by values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callflow.core.signals.signal import Kind
from callflow.core.watch.failures import Alarm, Change, Noted, failed, follow, place
from callflow.core.watch.organs import Organ, Part, Reason, State

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LONG_AGO = NIGHT - timedelta(days=9)


def organ(state: State = State.FAILED, part: Part = Part.DISK, **more: Any) -> Organ:
    reason = Reason.NO_SPACE if state is not State.OK else None
    return Organ(part=part, state=state, reason=reason, **more)


def look(
    one: Organ, lasted: float = 0.0, at: datetime = NIGHT, watched: datetime = LONG_AGO
) -> Change:
    """What follows where it has been so for ``lasted`` seconds."""
    before = Noted(state=one.state, since=at - timedelta(seconds=lasted))
    return follow(one, before, at, watched_since=watched, zone=PARIS)


@pytest.mark.parametrize(
    ("one", "lasted", "at", "alarm"),
    [
        (organ(), 29, NIGHT, Alarm.NONE),
        (organ(), 30, NIGHT, Alarm.FAILED),
        (organ(vital=True), 30, NIGHT, Alarm.VITAL),
        (organ(part=Part.PROCESS, name="web"), 59, NIGHT, Alarm.NONE),
        (organ(part=Part.PROCESS, name="web"), 60, NIGHT, Alarm.FAILED),
        (organ(read=True), 0, NIGHT, Alarm.FAILED),
        (organ(State.DEGRADED), 86_400, NIGHT, Alarm.NONE),
        (organ(State.DEGRADED), 299, NOON, Alarm.NONE),
        (organ(State.DEGRADED), 300, NOON, Alarm.POOR),
        (organ(State.UNKNOWN), 86_400, NOON, Alarm.NONE),
        (organ(State.UNKNOWN, read=True), 86_400, NOON, Alarm.POOR),
        (organ(State.DEGRADED, part=Part.LATENCY), 86_400, NOON, Alarm.NONE),
        (organ(State.DEGRADED, part=Part.BACKLOG), 86_400, NOON, Alarm.NONE),
        (organ(elsewhere=True), 86_400, NOON, Alarm.NONE),
        (organ(counts=False), 86_400, NOON, Alarm.NONE),
        (organ(State.OK), 86_400, NOON, Alarm.NONE),
    ],
)
def test_what_is_an_alarm_and_after_how_long(
    one: Organ, lasted: float, at: datetime, alarm: Alarm
) -> None:
    assert look(one, lasted, at).raised is alarm


def test_what_lasted_in_nobody_s_sight_has_its_time_again() -> None:
    begun = NIGHT - timedelta(seconds=10)
    assert look(organ(), 86_400, watched=begun).raised is Alarm.NONE
    assert look(organ(read=True), 86_400, watched=begun).raised is Alarm.FAILED


def test_an_alarm_is_raised_once_and_again_only_where_it_is_graver() -> None:
    first = look(organ(read=True))
    again = follow(organ(read=True), first.noted, NIGHT, watched_since=LONG_AGO, zone=PARIS)
    assert (again.raised, again.noted) == (Alarm.NONE, first.noted)
    grave = follow(
        organ(read=True, vital=True), first.noted, NIGHT, watched_since=LONG_AGO, zone=PARIS
    )
    assert grave.raised is Alarm.VITAL
    poorer = follow(
        organ(State.DEGRADED, read=True), grave.noted, NIGHT, watched_since=LONG_AGO, zone=PARIS
    )
    assert (poorer.raised, poorer.ended, poorer.noted.alarm) == (Alarm.NONE, None, Alarm.VITAL)


def test_back_to_normal_ends_it_by_the_name_under_which_it_began() -> None:
    first = look(organ(read=True), 5)
    over = follow(
        organ(State.OK, read=True), first.noted, NIGHT, watched_since=LONG_AGO, zone=PARIS
    )
    assert (over.ended, over.noted.alarm, over.told) == (first.noted.since, Alarm.NONE, True)


def test_people_are_told_of_changes_and_of_nothing_else() -> None:
    def told(one: Organ, before: Noted | None) -> bool:
        return follow(one, before, NIGHT, watched_since=LONG_AGO, zone=PARIS).told

    well, unknown = Noted(state=State.OK, since=NIGHT), Noted(state=State.UNKNOWN, since=NIGHT)
    assert told(organ(), None)
    assert told(organ(), well)
    assert not told(organ(State.OK), None)
    assert not told(organ(State.OK), well)
    assert not told(organ(elsewhere=True), well)
    assert told(organ(State.OK, part=Part.CLOCK), unknown)
    assert not told(organ(State.OK, part=Part.LATENCY), unknown)


def test_a_place_is_short_enough_for_a_signal_and_leads_back_to_its_organ() -> None:
    keys = ["power:A@", "disk:@alpha", f"probe:{'x' * 99}@", f"probe:{'x' * 98}y@", "line:a@b@"]
    places = [place(key) for key in keys]
    assert len(set(places)) == len(keys)
    assert max(map(len, places)) <= 32
    found = [failed(Kind.ORGAN, each, keys) for each in places]
    assert found[0] == (Part.POWER, "A")
    assert found[1] == (Part.DISK, "")
    assert found[2] == (Part.PROBE, "x" * 99)
    assert failed(Kind.TRUNK, "alpha@node0", keys) == (Part.TRUNK, "alpha")
    assert failed(Kind.RECEIVER, "surgard/01", keys) == (Part.LINE, "surgard")
    assert failed(Kind.ORGAN, "nonsense", keys) is None
