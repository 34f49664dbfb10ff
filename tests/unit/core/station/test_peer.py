"""When the backup station is told of an alarm, asked again, and called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.signals.signal import Category, Kind
from callflow.core.station.peer import (
    CALLED_AGAIN,
    CALLED_UNHEARD,
    CALLED_UNTAKEN,
    LONGEST_WAIT,
    Answer,
    Notice,
    Rules,
    Stage,
    Waiting,
    to_tell,
)

NOW = datetime(2026, 12, 5, 3, 0, tzinfo=UTC)
TARGET = timedelta(seconds=30)


def alarm(name: str, ago: float, category: Category = Category.VITAL, **more: Kind) -> Waiting:
    since = NOW - timedelta(seconds=ago)
    kind = more.get("kind", Kind.HOLD_UP)
    return Waiting(id=name, kind=kind, category=category, since=since, target=TARGET)


def test_a_vital_alarm_beyond_its_target_is_told() -> None:
    some = [alarm("late", 30), alarm("fresh", 29), alarm("burglary", 900, Category.SECURITY)]
    assert to_tell(some, Rules(), NOW) == ["late"]
    assert to_tell(some, Rules(vital_after=timedelta(seconds=1)), NOW) == []


def test_any_alarm_that_waits_too_long_is_told_where_that_is_set() -> None:
    some = [alarm("burglary", 300, Category.SECURITY), alarm("fresh", 1, Category.SECURITY)]
    assert to_tell(some, Rules(waiting_after=timedelta(seconds=300)), NOW) == ["burglary"]


def test_of_too_many_those_beyond_are_told_the_most_urgent_stay() -> None:
    some = [alarm(f"a{n}", 1) for n in range(5)]
    assert to_tell(some, Rules(most_waiting=3), NOW) == ["a3", "a4"]


def test_what_we_are_the_backup_of_is_told_to_nobody() -> None:
    """Two stations that are each other's would tell each other for ever."""
    some = [alarm("theirs", 900, kind=Kind.PEER)]
    assert to_tell(some, Rules(most_waiting=0), NOW) == []


NOTICE = Notice(id="n", incident_id="i", stage=Stage.ASKED, asked_at=NOW, due_at=NOW)


def test_it_is_asked_again_until_somebody_there_has_it() -> None:
    heard = NOTICE.answered(Answer(taken=False), NOW)
    assert (heard.stage, heard.ended_at, heard.due_at > NOW) == (Stage.HEARD, None, True)
    taken = heard.answered(Answer(taken=True, by="lea"), NOW)
    assert (taken.stage, taken.ended_at, taken.taken_by) == (Stage.TAKEN, NOW, "lea")


def test_where_it_does_not_answer_it_is_asked_ever_later_but_never_given_up() -> None:
    again = NOTICE
    for _ in range(40):
        again = again.unanswered("HTTP 503", NOW)
    assert again.due_at == NOW + LONGEST_WAIT
    assert again.stage is Stage.ASKED


ONE, TWO = "+33639980990", "+33639980991"
SECOND = timedelta(seconds=1)


def call(to: str, state: CallState = CallState.ENDED, result: Outcome | None = None) -> Call:
    return Call(id=to, step="queue", to=to, attempt=1, state=state, requested_at=NOW, result=result)


def test_it_is_called_where_it_does_not_answer_or_nobody_there_takes_it() -> None:
    assert NOTICE.to_call([ONE], [], NOW + CALLED_UNHEARD - SECOND) is None
    assert NOTICE.to_call([ONE], [], NOW + CALLED_UNHEARD) == ONE
    heard = NOTICE.answered(Answer(taken=False), NOW)
    assert heard.to_call([ONE], [], NOW + CALLED_UNHEARD) is None
    assert heard.to_call([ONE], [], NOW + CALLED_UNTAKEN) == ONE
    called = replace(heard, called_at=NOW)
    assert called.to_call([ONE], [call(ONE)], NOW + CALLED_AGAIN - SECOND) is None
    assert called.to_call([ONE], [call(ONE)], NOW + CALLED_AGAIN) == ONE
    taken = heard.answered(Answer(taken=True), NOW)
    assert taken.to_call([ONE], [], NOW + CALLED_AGAIN) is None
    assert NOTICE.to_call([], [], NOW + CALLED_AGAIN) is None


def test_who_has_not_the_code_leads_to_the_next_number_at_once() -> None:
    called, at = replace(NOTICE, called_at=NOW), NOW + CALLED_UNHEARD
    assert called.to_call([ONE, TWO], [call(ONE, CallState.ANSWERED)], at) is None
    wrong = call(ONE, result=Outcome.WRONG_CODE)
    assert called.to_call([ONE, TWO], [wrong], at) == TWO
    assert called.to_call([ONE, TWO], [wrong, call(TWO)], at) is None
    assert called.to_call([ONE, TWO], [wrong, call(TWO)], NOW + CALLED_AGAIN) == ONE


def test_only_who_has_the_code_takes_it_by_telephone() -> None:
    assert NOTICE.taken_by_phone([call(ONE, result=Outcome.WRONG_CODE), call(TWO)], NOW) is None
    took = NOTICE.taken_by_phone([call(TWO, result=Outcome.OPERATOR)], NOW)
    assert took is not None
    assert (took.stage, took.taken_by, took.ended_at) == (Stage.TAKEN, TWO, NOW)


def test_of_what_endangers_nobody_it_is_enough_that_it_heard() -> None:
    heard = NOTICE.answered(Answer(taken=False), NOW, enough=True)
    assert (heard.stage, heard.ended_at) == (Stage.HEARD, NOW)


@pytest.mark.parametrize("told", [None, [], {}, {"taken": "yes"}, {"taken": 1}])
def test_what_is_no_answer_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match="no answer"):
        Answer.from_json(told)


def test_who_has_it_is_text_from_outside() -> None:
    assert Answer.from_json({"taken": True, "by": "x" * 900}).by == "x" * 64
    assert Answer.from_json({"taken": True, "by": 7}).by == ""
