"""What is overdue, whose act it was, and what a test silences: rows and times in, verdicts out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.signals.signal import Kind, StoredSignal
from callflow.core.sites.arming import Arming, PanelUser, Partition
from callflow.core.watch import supervision
from callflow.core.watch.supervision import Listening, OnTest, Watched
from tests.support.rows.values import example

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
Row = dict[str, Any]


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def receiver(since: float, beat: float) -> Listening:
    return Listening(since=NOW + seconds(since), until=NOW + seconds(beat))


def panel(heard: float | None, since: float = -1000, every: float = 90) -> Watched:
    at = None if heard is None else NOW + seconds(heard)
    polls = {"last_heard": at, "poll_since": NOW + seconds(since), "poll_every": every}
    return example(Watched, account="1002", timezone="Europe/Paris", **polls)


ALWAYS = Listening(since=NOW - timedelta(days=1), until=NOW)


# --- polls --------------------------------------------------------------------------------


@pytest.mark.parametrize(("ago", "silent"), [(139.9, False), (140, False), (140.1, True)])
def test_a_panel_is_silent_after_one_and_a_half_polls_and_five_seconds(
    ago: float, silent: bool
) -> None:
    assert supervision.is_silent(panel(-ago), ALWAYS) is silent
    assert supervision.is_silent(panel(None, since=-ago), ALWAYS) is silent
    assert supervision.is_silent(panel(-5000, since=-ago), ALWAYS) is silent


def test_nobody_is_silent_while_nobody_listened_long_enough() -> None:
    just_begun = Listening(since=NOW - seconds(100), until=NOW)
    assert not supervision.is_silent(panel(-5000), just_begun)


def test_the_receivers_own_clock_says_until_when_it_listened() -> None:
    first = supervision.listening(None, receiver(-500, -2))
    assert first == Listening(since=NOW - seconds(500), until=NOW - seconds(2))
    assert supervision.listening(first, receiver(-500, 0)) == Listening(
        since=NOW - seconds(500), until=NOW
    )
    assert supervision.listening(first, None) is None


def test_while_the_receiver_is_away_time_stands_still_and_after_it_begins_anew() -> None:
    before = supervision.listening(None, receiver(-500, 0))
    assert before is not None
    assert not supervision.is_silent(panel(-100), before)  # whatever the time is now
    begun_again = supervision.listening(before, receiver(200, 200))
    assert begun_again == Listening(since=NOW + seconds(200), until=NOW + seconds(200))
    gap = supervision.listening(before, receiver(-500, 60))  # the database took nothing
    assert gap == Listening(since=NOW + seconds(60), until=NOW + seconds(60))
    back = supervision.listening(before, receiver(-500, -60))  # its clock was set back
    assert back is not None
    assert back.since == NOW - seconds(60)


def test_what_is_missing_is_certain_only_while_somebody_listens() -> None:
    def certain(since: float, until: float) -> datetime | None:
        heard = Listening(since=NOW + seconds(since), until=NOW + seconds(until))
        return supervision.certain_until(heard, NOW)

    assert certain(-500, -1) == NOW - seconds(2)
    assert certain(-500, -4) == NOW - seconds(4)
    assert certain(-500, -16) is None
    assert certain(-29, -1) is None
    assert supervision.certain_until(None, NOW) is None


def test_one_silence_is_one_signal_whoever_finds_it_out() -> None:
    account = panel(-5000)
    one = supervision.poll_signal(account, silent=True, now=NOW)
    two = supervision.poll_signal(account, silent=True, now=NOW + seconds(1))
    assert one.deduplication == two.deduplication
    assert (one.code, one.format, one.line) == ("MISSING_POLL", "station", "station")
    assert "25/11/2026 à 02:36:40" in one.text


# --- tests --------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "late"), [(24, 900), (72, 900), (1, 72)])
def test_a_test_has_a_small_margin(hours: float, late: float) -> None:
    assert supervision.next_test(NOW, hours) == NOW + timedelta(hours=hours) + seconds(late)


# --- arming -------------------------------------------------------------------------------


def part(partition: str, *, armed: bool = False, since: float = -100) -> Partition:
    return Partition("1002", partition, armed, NOW + seconds(since), "")


def late(*partitions: Partition) -> bool:
    arming = Arming(("1002",), partitions)
    return supervision.late_to_close(arming, "Europe/Paris", NOW, NOW) is not None


def test_a_site_is_late_while_any_partition_is_open_or_nothing_was_ever_heard() -> None:
    assert late(part("1", armed=True), part("2"))
    assert not late(part("1", armed=True), part("2", armed=True))
    assert late()


def test_who_opened_after_the_closing_was_not_late() -> None:
    assert not late(part("1", since=1))


# --- panel users (D4) ---------------------------------------------------------------------

USERS = {
    "1": example(PanelUser, part="person"),
    "2": example(PanelUser, part="cleaner", revoked=True),
    "9": example(PanelUser, part="duress"),
}


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        ("1", Kind.OPENING, None),
        ("001", Kind.OPENING, None),
        ("02", Kind.OPENING, "REVOKED_USER"),
        ("2", Kind.CLOSING, None),
        ("3", Kind.OPENING, "UNKNOWN_USER"),
        ("3", Kind.CLOSING, None),
        ("", Kind.OPENING, None),
        ("9", Kind.OPENING, "DURESS_USER"),
        ("9", Kind.CLOSING, "DURESS_USER"),
        ("9", Kind.CANCEL, "DURESS_USER"),
    ],
)
def test_whose_act_it_was(number: str, kind: Kind, code: str | None) -> None:
    assert supervision.user_code(USERS, number, kind) == code


def test_an_account_without_users_knows_nobody_to_refuse() -> None:
    assert supervision.user_code({}, "3", Kind.OPENING) is None


# --- on test (D17) ------------------------------------------------------------------------


def on_test(*zones: str) -> OnTest:
    keys = zones or None
    return OnTest("t", "s", keys, "a walk", "Meyer", None, NOW, NOW)


@pytest.mark.parametrize(
    "kind", [Kind.HOLD_UP, Kind.PANIC, Kind.DURESS, Kind.MEDICAL, Kind.LIFT, Kind.UNKNOWN]
)
def test_what_is_for_lives_is_never_tested(kind: Kind) -> None:
    assert not supervision.is_tested(on_test(), "3", kind)
    assert not supervision.is_tested(on_test("3"), "3", kind)


def test_a_fire_is_tested_only_where_its_zone_is_named() -> None:
    assert not supervision.is_tested(on_test(), "3", Kind.FIRE)
    assert supervision.is_tested(on_test("3"), "003", Kind.FIRE)
    assert not supervision.is_tested(on_test("4"), "3", Kind.FIRE)


def test_a_test_silences_all_or_the_zones_that_it_names() -> None:
    assert supervision.is_tested(on_test(), "3", Kind.INTRUSION)
    assert supervision.is_tested(on_test("3"), "3", Kind.INTRUSION)
    assert not supervision.is_tested(on_test("4"), "3", Kind.INTRUSION)
    assert not supervision.is_tested(on_test("4"), "", Kind.POWER)


def sent(identifier: str, zone: str) -> StoredSignal:
    return example(StoredSignal, id=identifier, zone=zone)


def test_a_zone_that_alarmed_and_was_not_restored_still_alarms() -> None:
    story = [
        (sent("a", "3"), Kind.INTRUSION, None),
        (sent("b", "4"), Kind.INTRUSION, None),
        (sent("c", "003"), None, Kind.INTRUSION),
        (sent("d", "4"), Kind.INTRUSION, None),
        (sent("e", "4"), None, Kind.TAMPER),
        (sent("f", "5"), None, None),
    ]
    assert supervision.still_alarming(story) == ["d"]
