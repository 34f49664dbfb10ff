"""What the station finds out by itself becomes incidents like any other (D4, D11, D18)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.handling.alarms import bank_openings, operating
from callflow.handling.watch import overdue
from tests.integration.handling.station import SHOP, Station, a_site
from tests.integration.handling.watched import Watch, paris
from tests.support.phones.menu_caller import MenuCaller

Row = dict[str, Any]

WEEK = {"week": {d: ["08:00-18:00"] for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}}
HOURS = {**WEEK, "early": 15, "late": 30}


@pytest.fixture
def watch(station: Station) -> Watch:
    return Watch(station)


def put(watch: Watch, account: Row | None = None, **changed: Any) -> None:
    zones = a_site()["zones"][:1]  # no lift: its tests are expected
    accounts = [{"account": "1002", **(account or {})}]
    watch.station.put("1002", **{"zones": zones, "accounts": accounts, **changed})


# --- polls --------------------------------------------------------------------------------


def test_a_silent_panel_is_an_incident_once_until_it_is_heard_again(watch: Watch) -> None:
    put(watch, {"poll_every_s": 90})
    watch.hears()
    assert watch.later(140) == []
    assert watch.later(1) == ["MISSING_POLL"]
    assert watch.later(1) == []
    row = watch.station.incidents()[0]
    assert (row.kind, row.category, row.with_human) == ("missing_poll", "technical", True)

    watch.hears()
    assert watch.later(1) == ["POLL_BACK"]
    assert watch.later(1) == []
    assert watch.station.incident(row.id).zones == {"1002": "restored"}
    assert watch.later(141) == ["MISSING_POLL"]


def test_a_panel_that_was_never_heard_has_its_time_from_its_declaration(watch: Watch) -> None:
    put(watch, {"poll_every_s": 90})
    assert watch.later(140) == []
    assert watch.later(1) == ["MISSING_POLL"]


def test_nobody_is_silent_while_the_receiver_is_away_nor_just_after(watch: Watch) -> None:
    put(watch, {"poll_every_s": 90})
    watch.hears()
    watch.beat()
    assert watch.look() == []
    for _ in range(10):  # the receiver is dead, or the database takes nothing from it
        watch.station.now += timedelta(seconds=60)
        assert watch.look() == []
    watch.begin_again()
    assert watch.look() == []
    assert watch.later(140) == []
    assert watch.later(1) == ["MISSING_POLL"]


def test_two_engines_find_one_silence_once(watch: Watch) -> None:
    put(watch, {"poll_every_s": 90})
    station = watch.station
    station.now += timedelta(seconds=1000)
    watch.beat()
    heard = station.read(lambda tx: overdue.listening(tx, None))
    both = [station.read(lambda tx: overdue.find(tx, heard, station.now)) for _ in range(2)]
    assert station.write(lambda tx: overdue.act(tx, both[0], station.now)) == 1
    assert station.write(lambda tx: overdue.act(tx, both[1], station.now)) == 0
    assert [row.code for row in watch.found()] == ["MISSING_POLL"]


def test_polls_that_are_no_longer_expected_end_the_silence(watch: Watch) -> None:
    put(watch, {"poll_every_s": 90})
    assert watch.later(1000) == ["MISSING_POLL"]
    watch.station.put("1002", zones=[], accounts=[{"account": "1002"}])
    assert watch.later(1) == ["POLL_BACK"]


def test_a_suspended_site_is_not_watched(watch: Watch) -> None:
    put(watch, {"poll_every_s": 90, "test_every_h": 1}, state="suspended", schedule=HOURS)
    assert watch.later(1000) == []
    assert watch.later(86400) == []


# --- tests --------------------------------------------------------------------------------


def test_a_test_that_does_not_come_is_an_incident_until_it_does(watch: Watch) -> None:
    put(watch, {"test_every_h": 24})
    assert watch.later(20 * 3600) == []
    assert watch.sends("RP") == []
    assert watch.later(24 * 3600 + 15 * 60) == []
    assert watch.later(3) == ["MISSING_TEST"]
    assert watch.later(3600) == []
    assert watch.open_kinds() == ["missing_test"]
    assert watch.sends("RP") == ["TEST_BACK"]
    row = watch.station.incidents()[0]
    assert list(row.zones.values()) == ["restored"]
    assert watch.later(24 * 3600 + 15 * 60 + 3) == ["MISSING_TEST"]


def test_a_lift_is_tested_every_three_days_whatever_was_said(watch: Watch) -> None:
    lift = [{"account": "1002", "zone": "9", "name": "Lift", "kind": "lift"}]
    put(watch, {"test_every_h": 720}, zones=lift)
    assert watch.later(72 * 3600) == []
    assert watch.later(15 * 60 + 3) == ["LIFT_UNTESTED"]
    row = watch.station.incidents()[0]
    assert (row.kind, row.category, row.with_human) == ("missing_test", "security", True)
    assert watch.station.wanted() == []


def test_a_test_that_waits_in_the_backlog_is_not_missing(watch: Watch) -> None:
    put(watch, {"test_every_h": 24})
    watch.station.now += timedelta(hours=24, minutes=14)
    watch.station.receives(watch.station.signal("RP", ""))
    station = watch.station
    station.now += timedelta(minutes=2)
    watch.beat()
    heard = station.read(lambda tx: overdue.listening(tx, None))
    assert not station.read(lambda tx: overdue.find(tx, heard, station.now))
    watch.correlate()
    assert watch.later(1) == []


# --- arming -------------------------------------------------------------------------------


def test_a_site_that_is_not_armed_at_closing_time_is_late_until_it_is(watch: Watch) -> None:
    watch.station.now = paris("2026-11-25T07:50")
    put(watch, schedule=HOURS)
    assert watch.sends("OP", "1", partition="1") == []
    assert watch.sends("OP", "1", partition="2") == []
    watch.station.now = paris("2026-11-25T17:50")
    assert watch.sends("CL", "1", partition="1") == []
    assert watch.at(paris("2026-11-25T18:30:01")) == []
    assert watch.at(paris("2026-11-25T18:30:03")) == ["LATE_TO_CLOSE"]
    assert watch.at(paris("2026-11-25T18:30:04")) == []
    assert watch.open_kinds() == ["late_to_close"]
    assert watch.sends("CL", "1", partition="2") == ["CLOSED_LATE"]
    row = watch.station.incidents()[0]
    assert row.zones == {"": "restored"}
    assert watch.sends("CL", "1", partition="2") == []
    assert watch.at(paris("2026-11-26T18:30:03")) == []  # armed all day


def test_a_site_that_closed_in_time_is_nobodys_business(watch: Watch) -> None:
    watch.station.now = paris("2026-11-25T07:50")
    put(watch, schedule=HOURS)
    watch.sends("OP", "1", partition="1")
    watch.station.now = paris("2026-11-25T18:29:59")
    assert watch.sends("CL", "1", partition="1") == []
    assert watch.at(paris("2026-11-25T18:31")) == []


@pytest.mark.parametrize(
    ("day", "fold"), [("2026-03-28", 0), ("2026-03-29", 0), ("2026-10-24", 0), ("2026-10-25", 0)]
)
def test_closings_are_the_walls_over_both_changes_of_the_clock(
    watch: Watch, day: str, fold: int
) -> None:
    watch.station.now = paris(f"{day}T07:50")
    put(watch, schedule=HOURS)
    watch.sends("OP", "1", partition="1")
    assert watch.at(paris(f"{day}T18:30:01")) == []
    assert watch.at(paris(f"{day}T18:30:03")) == ["LATE_TO_CLOSE"]


@pytest.mark.parametrize(
    ("before", "opening", "code"),
    [
        ("2026-03-28T19:00", "2026-03-29T07:44", "EARLY_OPENING"),
        ("2026-03-28T19:00", "2026-03-29T07:46", None),
        ("2026-10-24T19:00", "2026-10-25T07:44", "EARLY_OPENING"),
        ("2026-10-24T19:00", "2026-10-25T07:46", None),
        ("2026-11-25T19:00", "2026-11-26T03:00", "OUT_OF_HOURS"),
    ],
)
def test_an_opening_is_judged_by_the_walls_clock(
    watch: Watch, before: str, opening: str, code: str | None
) -> None:
    watch.station.now = paris(before)
    put(watch, schedule=HOURS)
    watch.station.now = paris(opening)
    assert watch.sends("OP", "1") == ([code] if code else [])
    assert watch.open_kinds() == (["off_hours"] if code else [])


def test_an_opening_that_was_delivered_late_is_judged_by_the_panels_time(watch: Watch) -> None:
    watch.station.now = paris("2026-11-25T07:00")
    put(watch, schedule=HOURS)
    watch.station.now = paris("2026-11-25T09:00")
    assert watch.sends("OP", "1", panel_time=paris("2026-11-25T03:00")) == ["OUT_OF_HOURS"]
    assert watch.sends("OP", "1", panel_time=paris("2026-11-25T08:10")) == []


# --- panel users (D4) ---------------------------------------------------------------------

USERS = [
    {"account": "1002", "number": "1", "contact": "1002-anne"},
    {"account": "1002", "number": "2", "contact": "1002-bruno", "part": "guard", "revoked": True},
    {"account": "1002", "number": "9", "part": "duress"},
]


@pytest.mark.parametrize(
    ("user", "code", "kind"),
    [
        ("001", None, None),
        ("02", "REVOKED_USER", "panel_user"),
        ("7", "UNKNOWN_USER", "panel_user"),
        ("9", "DURESS_USER", "duress"),
    ],
)
def test_who_opened_is_looked_up(
    watch: Watch, user: str, code: str | None, kind: str | None
) -> None:
    put(watch, panel_users=USERS)
    assert watch.sends("OP", user, user=user) == ([code] if code else [])
    assert watch.open_kinds() == ([kind] if kind else [])


def test_a_revoked_user_is_named_to_whoever_handles_it(watch: Watch) -> None:
    put(watch, panel_users=USERS)
    watch.sends("OP", "2", user="2")
    assert watch.found()[0].text == "utilisateur 2 : bruno (agent)"
    assert watch.found()[0].panel_user == "2"


def test_under_duress_nothing_rings_even_out_of_hours(watch: Watch) -> None:
    put(watch, panel_users=USERS, schedule=HOURS)
    assert watch.sends("OP", "9", user="9") == ["DURESS_USER"]
    assert watch.station.wanted() == []


def test_one_opening_may_break_two_rules(watch: Watch) -> None:
    put(watch, panel_users=USERS, schedule=HOURS)
    assert watch.sends("OP", "7", user="7") == ["UNKNOWN_USER", "OUT_OF_HOURS"]


# --- bank opening (D18) -------------------------------------------------------------------

BANK = {**HOURS, "arrived_within": 5, "arrived_user": "12"}


def opened(watch: Watch) -> None:
    watch.station.now = paris("2026-11-25T07:50")
    put(watch, schedule=BANK)
    assert watch.sends("OP", "11", user="11") == []


def test_a_bank_that_says_that_it_arrived_well_is_nobodys_business(watch: Watch) -> None:
    opened(watch)
    watch.later(240)
    assert watch.sends("OP", "12", user="012") == []
    assert watch.later(3600) == []
    assert len(watch.station.entries("arrived")) == 1
    assert watch.sends("OP", "11", user="11") == []  # open already: nothing is awaited
    assert watch.later(3600) == []


def test_a_bank_that_does_not_is_asked_once_and_a_right_code_ends_it(watch: Watch) -> None:
    opened(watch)
    assert watch.later(302) == ["NOT_ARRIVED"]
    row = watch.station.incidents()[0]
    assert (row.kind, row.plan["id"], row.with_human) == ("bank_opening", "bank", False)
    watch.station.replies(SHOP, "verified_ok")
    row = watch.station.incident(row.id)
    assert (row.state, row.resolution_code, row.duress) == (
        "filed",
        "nothing_found",
        False,
    )


@pytest.mark.parametrize("outcome", ["wrong_code", "no_key", "duress"])
def test_a_wrong_answer_takes_the_path_of_a_personal_alarm(watch: Watch, outcome: str) -> None:
    opened(watch)
    watch.later(302)
    watch.station.replies(SHOP, outcome)
    row = watch.station.incidents()[0]
    assert (row.category, row.priority, row.duress) == ("vital", 1, True)
    assert (row.with_human, row.machine, row.state) == (True, "done", "open")
    assert watch.station.wanted() == []
    other = watch.station.alarm("BA")  # the same site: nothing rings there any more (D7)
    assert watch.station.called(other.id) == []


QUESTION: Row = {
    "text": "Le facteur est-il passé ?",
    "answers": ["Oui", "Non", "Peut-être"],
    "right": 2,
}


def asked(watch: Watch) -> Incident:
    """A bank with a conventional question did not say that it arrived well; its incident."""
    watch.station.now = paris("2026-11-25T07:50")
    put(watch, schedule={**BANK, "question": QUESTION})
    assert watch.sends("OP", "11", user="11") == []
    assert watch.later(302) == ["NOT_ARRIVED"]
    return watch.station.incidents()[0]


def test_the_machine_asks_the_conventional_question_and_its_answer_is_well(watch: Watch) -> None:
    row = asked(watch)
    call = watch.station.picks_up(SHOP)
    caller = MenuCaller(watch.station.store, watch.station.vault, SHOP, call)
    caller.answers(watch.station.now).types("2580")
    heard = caller.heard[-1]
    assert QUESTION["text"] in heard
    assert all(answer in heard for answer in QUESTION["answers"])
    caller.types("2")
    watch.station.hangs_up(call)
    row = watch.station.incident(row.id)
    assert (row.state, row.resolution_code, row.duress) == (
        "filed",
        "nothing_found",
        False,
    )


@pytest.mark.parametrize("outcome", ["answer_1", "answer_3", "no_key", "no_answer", "hung_up"])
def test_any_answer_but_the_one_agreed_is_a_personal_alarm(watch: Watch, outcome: str) -> None:
    row = asked(watch)
    if outcome.startswith("answer"):
        watch.station.replies(SHOP, outcome)
    else:
        watch.station.ends(SHOP, outcome)
    row = watch.station.incident(row.id)
    assert (row.state, row.duress, row.with_human) == ("open", True, True)
    assert watch.station.wanted() == []


@pytest.mark.parametrize(("answer", "well"), [(2, True), (1, False), (3, False), (0, False)])
def test_an_operator_asks_it_too(watch: Watch, answer: int, well: bool) -> None:
    row, now = asked(watch), watch.station.now
    watch.station.write(lambda tx: operating.claim(tx, row.id, "claire", now))
    watch.station.write(lambda tx: bank_openings.answered(tx, row.id, "claire", answer, now))
    row = watch.station.incident(row.id)
    assert (row.state == "filed", row.duress) == (well, not well)
    assert row.holder == (None if well else "claire")
    assert watch.station.entries("opening_answer")


def test_no_answer_does_too(watch: Watch) -> None:
    opened(watch)
    watch.later(302)
    watch.station.ends(SHOP, "no_answer")
    row = watch.station.incidents()[0]
    assert (row.category, row.duress, row.with_human) == ("vital", True, True)
    assert watch.station.entries("personal_path") != []
