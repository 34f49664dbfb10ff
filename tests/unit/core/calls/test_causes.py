"""Every ending has one outcome, and the person's own answer wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.calls.call import Outcome
from callflow.core.calls.causes import BY_CAUSE, BY_SIP, Ending, not_carried, outcome

endings = st.builds(
    Ending,
    cause=st.integers(0, 200),
    tech_cause=st.none() | st.integers(100, 999),
    placed=st.booleans(),
    rang=st.booleans(),
    answered=st.booleans(),
    timed_out=st.booleans(),
    early_media=st.booleans(),
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


# What docs/explanation/telephony.md tells of on the wire: Cause / TechCause.
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


@pytest.mark.parametrize(
    ("ending", "elsewhere"),
    [
        (Ending(cause=34, tech_cause=503), True),  # the trunk, or what is behind it, is full
        (Ending(cause=34), True),
        (Ending(cause=38, tech_cause=500), True),
        (Ending(cause=102, tech_cause=504), True),
        (Ending(cause=18, tech_cause=408), True),  # no answer to our INVITE
        (Ending(cause=18), True),
        (Ending(cause=0, timed_out=True), True),  # the same for the whole ring time
        (Ending(cause=20), True),  # not registered, not reached
        (Ending(cause=38), True),
        (Ending(cause=21, tech_cause=401), True),  # our credentials
        (Ending(cause=21, tech_cause=402), True),  # our credit
        (Ending(placed=False), True),
        (Ending(cause=17, tech_cause=486), False),  # the phone spoke, or its network did
        (Ending(cause=17, tech_cause=600), False),
        (Ending(cause=1, tech_cause=404), False),
        (Ending(cause=3, tech_cause=404), False),  # no route: so it is for that number
        (Ending(cause=3), False),
        (Ending(cause=27, tech_cause=502), False),
        (Ending(cause=19, tech_cause=480), False),
        (Ending(cause=21, tech_cause=403), False),
        (Ending(cause=21, tech_cause=603), False),
        (Ending(cause=28, tech_cause=484), False),
        (Ending(cause=127, tech_cause=487, timed_out=True), False),
        (Ending(cause=34, tech_cause=503, rang=True), False),  # never a second ring
        (Ending(cause=34, tech_cause=503, early_media=True), False),
        (Ending(cause=38, answered=True), False),
        (Ending(cause=34, tech_cause=503, result=Outcome.GOING), False),
    ],
)
def test_what_another_trunk_may_carry(ending: Ending, elsewhere: bool) -> None:
    assert not_carried(ending) is elsewhere


@given(endings)
def test_nobody_who_was_asked_is_asked_over_another_trunk(ending: Ending) -> None:
    asked = ending.rang or ending.answered or ending.early_media or ending.result is not None
    if asked:
        assert not not_carried(ending)
    elif outcome(ending) is Outcome.TRUNK_FAILURE:
        assert not_carried(ending)
