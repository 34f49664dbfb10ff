""" "Call me back in ten minutes" in rows: offered once, kept once, never of a vital alarm."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.calls.dialogue import Facts
from callflow.handling.alarms import operating
from callflow.handling.calls import dialogues
from tests.integration.handling.station import FIRST, SECOND, Station

pytestmark = pytest.mark.both_databases

Row = dict[str, Any]

PEOPLE = {
    "id": "people",
    "kind": "call_list",
    "call_back": True,
    "outcomes": {"verified_ok": "end", "exhausted": "hand"},
}
STEPS = (
    PEOPLE,
    {"id": "hand", "kind": "hand_to_operator"},
    {"id": "end", "kind": "close", "code": "false_alarm"},
)


def a_site(station: Station, served: str = "intrusion", **of_step: Any) -> None:
    station.plan("later", PEOPLE | of_step, *STEPS[1:])
    station.put(plans={served: "later"})


def heard(station: Station, call_id: str) -> Facts:
    begun = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, call_id))
    assert begun is not None
    return begun[0]


def answers(station: Station, to: str, outcome: str) -> Facts:
    """Picks up, says so and hangs up; what could be said in the call."""
    call_id = station.picks_up(to)
    facts = heard(station, call_id)
    station.says(call_id, outcome)
    station.hangs_up(call_id)
    return facts


def test_the_list_goes_on_and_the_person_is_called_again_once_in_ten_minutes(
    station: Station,
) -> None:
    a_site(station)
    alarm = station.alarm("BA")
    assert answers(station, FIRST, "call_back").call_back
    assert station.place() == [SECOND]
    station.ends(SECOND, "no_answer")
    station.later(599)
    assert station.place() == []
    station.later(1)
    assert station.place() == [FIRST]
    call_id = station.picks_up_ringing(FIRST)
    assert not heard(station, call_id).call_back  # a second time it isn't offered
    station.says(call_id, "next_person")
    station.hangs_up(call_id)
    station.later(3600)
    made = station.called(alarm.id)
    assert made[:3] == [(FIRST, "call_back"), (SECOND, "no_answer"), (FIRST, "next_person")]
    assert [to for to, _ in made].count(FIRST) == 2
    row = station.incident(alarm.id)
    assert row.step == "hand"
    assert row.with_human


def test_who_asked_is_left_in_peace_once_another_settled_it(station: Station) -> None:
    a_site(station)
    alarm = station.alarm("BA")
    answers(station, FIRST, "call_back")
    answers(station, SECOND, "verified_ok")
    station.later(3600)
    assert station.called(alarm.id) == [(FIRST, "call_back"), (SECOND, "verified_ok")]
    assert station.incident(alarm.id).resolution_code == "false_alarm"


def test_an_operator_who_takes_the_alarm_takes_the_promise_over(station: Station) -> None:
    a_site(station)
    alarm = station.alarm("BA")
    answers(station, FIRST, "call_back")
    station.write(lambda tx: operating.claim(tx, alarm.id, "anna", station.now))
    station.later(3600)
    assert [to for to, _ in station.called(alarm.id)].count(FIRST) == 1


@pytest.mark.parametrize(
    ("code", "kind", "of_step"),
    [
        ("FA", "fire", {}),  # vital
        ("BA", "intrusion", {"call_back": False}),
        ("BA", "intrusion", {"limit_s": 600.0}),  # it could not be kept
    ],
)
def test_where_it_is_not_offered(
    station: Station, code: str, kind: str, of_step: dict[str, Any]
) -> None:
    a_site(station, kind, **of_step)
    station.alarm(code)
    assert not heard(station, station.picks_up(FIRST)).call_back


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "question", "text": "Fermé ?", "answers": ["Oui", "Non"]},
        {"kind": "message", "text": "Panne."},
    ],
)
def test_a_question_and_a_message_may_be_put_off_too(
    station: Station, asked: dict[str, Any]
) -> None:
    a_site(station, outcomes={"exhausted": "hand"}, **asked)
    station.alarm("BA")
    assert answers(station, FIRST, "call_back").call_back
    station.ends(SECOND, "no_answer")
    station.later(600)
    assert not answers(station, FIRST, "no_key").call_back


def test_one_call_for_two_alarms_puts_off_only_the_one_that_may_wait(station: Station) -> None:
    """The other alarm, whose plan doesn't allow it, goes on with its next person (D10)."""
    station.plan("now", PEOPLE | {"call_back": False}, *STEPS[1:])
    station.plan("later", *STEPS)
    for account, plan in (("2001", "later"), ("2002", "now")):
        anne = {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST, "code": "2580"}
        station.put(account, plans={"intrusion": plan}, contacts=[anne])
    first = station.alarm("BA", account="2001")
    station.later(1)
    second = station.alarm("BA", account="2002")
    assert station.place() == [FIRST]
    call_id = station.picks_up_ringing(FIRST)
    assert heard(station, call_id).call_back
    station.says(call_id, "call_back")
    station.hangs_up(call_id)
    assert station.called(first.id) == [(FIRST, "call_back")]
    assert station.called(second.id) == [(FIRST, "next_person")]
    assert station.incident(second.id).step == "hand"
    station.later(600)
    assert FIRST in station.place()
