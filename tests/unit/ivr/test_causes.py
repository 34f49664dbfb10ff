"""Every ending has one outcome, and the person's own answer wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.call import Outcome
from ivr.causes import BY_CAUSE, BY_SIP, Ending, outcome

endings = st.builds(
    Ending,
    cause=st.integers(0, 200),
    tech_cause=st.none() | st.integers(100, 999),
    placed=st.booleans(),
    rang=st.booleans(),
    answered=st.booleans(),
    timed_out=st.booleans(),
    result=st.none() | st.sampled_from(Outcome),
)


@given(endings)
def test_every_ending_has_an_outcome_and_the_dialogue_wins(ending: Ending) -> None:
    said = outcome(ending)
    assert isinstance(said, Outcome)
    if ending.result is not None:
        assert said is ending.result
    elif ending.answered:
        assert said is Outcome.HUNG_UP
    else:
        assert said in {
            Outcome.NO_ANSWER,
            Outcome.BUSY,
            Outcome.REFUSED,
            Outcome.UNREACHABLE,
            Outcome.TRUNK_FAILURE,
        }


# What telephony.md saw on the wire: Cause / TechCause.
@pytest.mark.parametrize(
    ("cause", "sip", "expected"),
    [
        (17, 486, Outcome.BUSY),
        (1, 404, Outcome.UNREACHABLE),
        (34, 503, Outcome.UNREACHABLE),
        (19, 480, Outcome.NO_ANSWER),
        (21, 403, Outcome.REFUSED),
        (21, 603, Outcome.REFUSED),
    ],
)
def test_what_the_network_says(cause: int, sip: int, expected: Outcome) -> None:
    assert outcome(Ending(cause=cause, tech_cause=sip)) is expected
    assert outcome(Ending(cause=cause)) is expected


def test_our_own_ring_time_is_no_answer() -> None:
    assert outcome(Ending(cause=16, rang=True, timed_out=True)) is Outcome.NO_ANSWER
    assert outcome(Ending(cause=127, tech_cause=487, timed_out=True)) is Outcome.NO_ANSWER


@pytest.mark.parametrize(
    "ending",
    [
        Ending(placed=False),  # Originate refused: no such endpoint
        Ending(cause=20),  # our trunk isn't registered or qualified
        Ending(cause=20, tech_cause=480),
        Ending(cause=18),  # no INVITE was answered
        Ending(cause=18, tech_cause=408),
        Ending(cause=0, timed_out=True),
        Ending(cause=38),
        Ending(cause=21, tech_cause=401),
        Ending(cause=21, tech_cause=407),
    ],
)
def test_our_own_side_failed(ending: Ending) -> None:
    assert outcome(ending) is Outcome.TRUNK_FAILURE


def test_a_phone_that_rang_proves_the_trunk() -> None:
    assert outcome(Ending(cause=38, rang=True)) is Outcome.NO_ANSWER
    assert outcome(Ending(cause=18, tech_cause=408, rang=True)) is Outcome.NO_ANSWER


def test_the_tables_name_no_outcome_that_only_a_person_can_give() -> None:
    said = {*BY_SIP.values(), *BY_CAUSE.values()}
    assert said == {
        Outcome.NO_ANSWER,
        Outcome.BUSY,
        Outcome.REFUSED,
        Outcome.UNREACHABLE,
        Outcome.TRUNK_FAILURE,
    }
