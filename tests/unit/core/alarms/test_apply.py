"""What is decided changes an incident alike, whoever decided it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.alarms import apply
from callflow.core.alarms.escalation import EnterStep
from callflow.core.alarms.incident import Incident, Machine, State
from callflow.core.signals.signal import Category
from tests.support.rows.incidents import an_incident

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
TARGET = timedelta(seconds=30)


def handed(incident: Incident, reason: str = "plan") -> Incident:
    changes = apply.hand_to_human(incident, reason, NOW, TARGET)
    assert changes is not None
    return incident.but(**changes)


def test_a_human_is_told_once_for_each_reason() -> None:
    once = handed(an_incident())
    assert (once.with_human, once.human_reason, once.human_since) == (True, "plan", NOW)
    assert once.queue_due == NOW + TARGET
    assert apply.hand_to_human(once, "plan", NOW, TARGET) is None
    assert handed(once, "help").human_reason == "help"


def test_a_graver_alarm_rings_by_its_own_target_and_a_later_reason_puts_nothing_off() -> None:
    waits = an_incident(queue_due=NOW + timedelta(minutes=3))
    assert handed(waits).queue_due == NOW + TARGET
    due = NOW + timedelta(seconds=5)
    assert handed(an_incident(queue_due=due)).queue_due == due


@pytest.mark.parametrize("kept", [{"holder": "anne"}, {"exercise": True}])
def test_what_somebody_holds_and_an_exercise_ring_nobody(kept: dict[str, object]) -> None:
    one = handed(an_incident(**kept))
    assert one.queue_due is None
    assert apply.hand_to_human(one, "plan", NOW, TARGET) is None


def test_no_storm_stands_for_what_a_human_has() -> None:
    assert handed(an_incident(storm_until=NOW + TARGET)).storm_until is None


def test_who_asks_for_a_human_opens_what_was_closed() -> None:
    shut = an_incident(with_human=True, human_reason="help")
    shut = shut.but(**apply.close(shut, "false_alarm", "", NOW))
    again = handed(shut, "help")
    assert (again.state, again.resolution_code) == (State.OPEN, None)
    assert again.queue_due == NOW + TARGET


def test_a_go_to_counts_and_a_plan_that_begins_again_counts_anew() -> None:
    there = EnterStep(step="b", why="no_answer", left="a")
    once = an_incident(step="a", rounds={"a": 1})
    assert apply.enter(once, there, NOW)["rounds"] == {"a": 2}
    assert apply.enter(once, EnterStep(step="a", why="opened"), NOW)["rounds"] == {}


def test_a_new_alarm_begins_the_plan_again_for_nobody_in_particular() -> None:
    shut = an_incident(step="a", holder="anne")
    shut = shut.but(**apply.close(shut, "false_alarm", "", NOW))
    again = shut.but(**apply.reopen(shut))
    assert (again.state, again.step, again.machine) == (State.OPEN, None, Machine.RUNNING)
    assert (again.with_human, again.holder, again.resolution_code) == (False, None, None)


def test_a_personal_alarm_is_vital_mute_and_no_machines() -> None:
    one = an_incident().but(**apply.become_personal())
    assert (one.category, one.machine, one.mute) == (Category.VITAL, Machine.DONE, True)


def test_an_order_never_goes_back_with_the_clock() -> None:
    later = NOW + timedelta(seconds=1)
    assert apply.not_before(an_incident(step_since=later), [], [], NOW) == later
    assert apply.not_before(an_incident(), [], [], NOW) == NOW
