"""Both legs of a call are one card, and what it says is true of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from callflow.core.calls.call import CallState, Mode, Outcome
from web.pages.alarms.call_views import Card, conversations

T0 = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else T0 + timedelta(seconds=seconds)


def call(name: str, **values: Any) -> Card:
    answered, ended = at(values.pop("answered", None)), at(values.pop("ended", None))
    card = Card(
        id=name,
        step="keyholders",
        room="r",
        mode=Mode.TALK,
        attempt=1,
        state=CallState.ENDED,
        outcome=Outcome.OPERATOR,
        requested_at=T0,
        placed_at=None,
        answered_at=answered,
        ended_at=ended,
        live=ended is None,
        who=name,
        to="1",
        at_desk=False,
        desk=False,
        wanted="",
        talked=None,
    )
    return replace(card, **values)


def leg(name: str, **values: Any) -> Card:
    return call(name, desk=True, at_desk=True, **values)


def cards(*found: Card) -> list[tuple[str, list[str]]]:
    return [(card.who, [one.id for one in card.legs]) for card in conversations(found)]


def test_an_operator_s_leg_stands_with_whom_they_spoke() -> None:
    claire = leg("claire", answered=1, ended=60, wanted="Anne")
    assert cards(claire, call("Anne", answered=10, ended=60)) == [("Anne", ["claire"])]


def test_whoever_did_not_answer_spoke_with_nobody() -> None:
    claire = leg("claire", answered=1, ended=90, wanted="Anne")
    anne, paul = (
        call("Anne", outcome=Outcome.NO_ANSWER, ended=30),
        call("Paul", answered=40, ended=90),
    )
    assert cards(claire, anne, paul) == [("Anne", []), ("Paul", ["claire"])]
    assert cards(claire, anne) == [("Anne", ["claire"])]  # it is what Anne was called from


def test_a_conference_shows_each_of_its_people_who_was_there() -> None:
    claire, yves = leg("claire", answered=1, ended=40), leg("yves", answered=50, ended=90)
    anne, paul = call("Anne", answered=5, ended=90), call("Paul", answered=10, ended=30)
    found = cards(claire, yves, anne, paul)
    assert found == [("Anne", ["claire", "yves"]), ("Paul", ["claire"])]


def test_while_nobody_picks_up_at_the_desk_the_person_is_not_called() -> None:
    rings = leg("claire", wanted="Anne", state=CallState.RINGING, outcome=None)
    (card,) = conversations([rings])
    assert (card.who, card.state, card.desk) == ("Anne", "requested", False)
    (card,) = conversations(
        [replace(rings, state=CallState.ENDED, outcome=Outcome.NO_ANSWER, live=False)]
    )
    assert (card.state, card.outcome) == ("cancelled", None)
    assert [one.outcome for one in card.legs] == ["no_answer"]


def test_desks_that_ring_for_an_alarm_nobody_took_stay_what_they_are() -> None:
    assert cards(leg("desk", room=None)) == [("desk", [])]
    waits = call("caller", room=None, answered=0)
    assert cards(waits, leg("desk", room="caller", answered=9)) == [("caller", ["desk"])]
