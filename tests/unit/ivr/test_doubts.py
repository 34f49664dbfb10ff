"""When a call of which nobody knows is given up: *no such channel* twice, a second apart."""

from __future__ import annotations

from ivr.telephony.doubts import AGAIN, GRACE, Doubts

CALL = "7d4a2f0c-1b2e-4c3d-8e5f-000000000001"


def _asked(doubts: Doubts, at: float, took: float = 0.01) -> bool:
    """Whether Asterisk, asked now, settles it by saying that there is no such channel."""
    assert doubts.due(at) == [CALL]
    return doubts.denied(CALL, at, at + took) is not None


def test_not_found_counts_when_it_was_said_twice_a_second_apart_and_not_before_the_grace() -> None:
    doubts = Doubts()
    doubts.arise(CALL, 100.0, grace=GRACE)
    assert doubts.due(100.0 + GRACE - AGAIN - 0.1) == []
    assert not _asked(doubts, 100.0 + GRACE - AGAIN)
    assert doubts.due(100.0 + GRACE - 0.1) == []
    assert _asked(doubts, 100.0 + GRACE + 0.02)
    assert doubts.due(200.0) == []


def test_an_answer_that_was_held_up_counts_as_the_first() -> None:
    doubts = Doubts()
    doubts.denied_once(CALL, 100.0)
    assert not _asked(doubts, 101.0, took=6.0)
    assert doubts.due(107.5) == []
    assert _asked(doubts, 108.1)


def test_no_answer_begins_the_grace_anew() -> None:
    doubts = Doubts()
    doubts.denied_once(CALL, 100.0, "reason 0")
    doubts.unanswered(CALL, 103.0)
    assert doubts.due(103.0 + GRACE - AGAIN - 0.1) == []
    assert not _asked(doubts, 103.0 + GRACE - AGAIN)


def test_whatever_is_heard_of_it_settles_it() -> None:
    doubts = Doubts()
    doubts.denied_once(CALL, 100.0, "reason 0")
    doubts.settled(CALL)
    assert doubts.due(200.0) == []
    assert doubts.denied(CALL, 101.0, 101.0) is None
    doubts.unanswered(CALL, 101.0)
    assert doubts.due(200.0) == []


def test_a_failure_is_believed_after_a_second_in_which_no_channel_was_seen() -> None:
    doubts = Doubts()
    doubts.denied_once(CALL, 100.0, "reason 0")
    assert doubts.due(100.9) == []
    doubt = doubts.denied(CALL, 101.0, 101.01)
    assert doubt is not None
    assert doubt.failure == "reason 0"
