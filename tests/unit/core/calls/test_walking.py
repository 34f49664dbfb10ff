"""A dialogue walked step by step: what leads on, what is said to be found, what is no step."""

from __future__ import annotations

import pytest

from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import Conclude, Dialogue, walking
from callflow.core.calls.dialogue.walking import BadStep, Walk


def walked(which: Dialogue, *steps: str) -> Walk:
    return walking.walk(walking.sample(which, "fr"), steps)


def concluded(here: Walk) -> list[Outcome]:
    return [e.outcome for over in here.past for e in over.effects if isinstance(e, Conclude)]


def said(here: Walk) -> list[str]:
    assert here.turn is not None
    return [phrase.key for phrase in here.turn.say]


def test_a_false_alarm_is_walked_to_its_end() -> None:
    here = walked(Dialogue.VERIFICATION, "k2580#", "k1", "p")
    assert here.turn is None
    assert concluded(here) == [Outcome.VERIFIED_OK]
    assert [over.steps for over in here.past] == [("k2580#",), ("k1",), ("p",)]


def test_a_deed_waits_for_what_becomes_of_it() -> None:
    here = walked(Dialogue.INCOMING, "k1001#", "k2580#")
    assert here.wanted is not None
    assert "client" in here.results
    assert "wrong" not in here.results
    here = here.then("!client").then("k3")
    assert here.wanted is not None
    assert here.wanted.name == "state"
    here = here.then("!told")
    assert said(here)[:3] == ["state_armed", "state_events", "state_event"]
    assert concluded(here) == [Outcome.SERVED]


def test_a_wrong_code_is_one_and_so_is_duress() -> None:
    assert walked(Dialogue.INCOMING, "k1001#", "k9999#").results == ["wrong"]
    assert concluded(walked(Dialogue.VERIFICATION, "k2581#")) == [Outcome.DURESS]
    here = walked(Dialogue.VERIFICATION, "k9999#", "k9999#")
    assert concluded(here) == [Outcome.WRONG_CODE]


def test_hanging_up_ends_it_whatever_is_waited_for() -> None:
    assert walked(Dialogue.INCOMING, "k1001#", "k2580#", "h").turn is None


@pytest.mark.parametrize(
    "steps",
    [
        ("k",),
        ("k12a",),
        ("x",),
        ("",),
        ("p",),
        ("!client",),
        ("k2580#", "s", "h", "s"),
        ("k2580#", "k1", "s"),
    ],
)
def test_what_is_no_step_is_refused(steps: tuple[str, ...]) -> None:
    with pytest.raises(BadStep):
        walked(Dialogue.VERIFICATION, *steps)


def test_only_what_can_become_of_a_deed_is_taken() -> None:
    with pytest.raises(BadStep):
        walked(Dialogue.INCOMING, "k1001#", "k2580#", "!nothing")
