"""The gate before the police (docs/explanation/law.md, D23), as a function of what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.interventions.law import (
    STRONG_MEANS,
    Finding,
    Gate,
    Means,
    Reason,
    Verification,
    Weight,
    police_gate,
    weigh,
)

#: A promise: as many examples in a fast run.
WHOLE = settings(max_examples=100)

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def call(outcome: Outcome | None, contact: str | None = "anne", step: str = "keyholders") -> Call:
    return Call(
        id="c",
        step=step,
        contact_id=contact,
        to="+33639980001",
        attempt=1,
        state=CallState.ENDED,
        outcome=outcome,
        requested_at=NOW,
    )


def verified(
    means: Means, result: Finding, *, minutes: float = 0, weight: Weight = Weight.STRONG
) -> Verification:
    at = NOW + timedelta(minutes=minutes)
    return Verification(means=means, result=result, by="Operator", at=at, weight=weight)


def gate(*recorded: Verification, calls: tuple[Call, ...] = (), agreement: str = "") -> Gate:
    return police_gate(personal=False, verifications=recorded, calls=calls, agreement=agreement)


SILENT = (call(Outcome.NO_ANSWER), call(Outcome.BUSY), call(Outcome.NO_KEY))
ANSWERED = (call(Outcome.NO_ANSWER), call(Outcome.GOING))


def test_without_a_verification_the_police_are_not_called_and_what_would_do_is_said() -> None:
    shut = gate()
    assert (shut.allowed, shut.reason) == (False, Reason.UNVERIFIED)
    assert shut.missing == STRONG_MEANS
    assert Means.OPINION not in shut.missing


def test_a_personal_alarm_is_its_own_proof() -> None:
    opened = police_gate(personal=True, verifications=(), calls=SILENT)
    assert (opened.allowed, opened.reason) == (True, Reason.PERSONAL_ALARM)


@pytest.mark.parametrize(
    "means", [Means.VIDEO, Means.IMAGES, Means.GUARD, Means.AUDIO, Means.CALL_WITH_CODE]
)
def test_an_offence_confirmed_by_an_accepted_means_opens_it(means: Means) -> None:
    opened = gate(verified(means, Finding.CONFIRMED))
    assert (opened.allowed, opened.reason, opened.missing) == (True, Reason.VERIFIED, ())


@pytest.mark.parametrize("means", [Means.VIDEO, Means.IMAGES, Means.GUARD, Means.AUDIO])
def test_doubt_alone_does_not(means: Means) -> None:
    assert gate(verified(means, Finding.DOUBT)).reason is Reason.WEAK_EVIDENCE


def test_equivocal_images_and_two_calls_do() -> None:
    images = verified(Means.IMAGES, Finding.DOUBT)
    calls = verified(Means.TWO_CALLS, Finding.DOUBT, minutes=3)
    assert gate(images, calls, calls=ANSWERED).allowed


@pytest.mark.parametrize("recorded", [(), (Finding.CONFIRMED,), (Finding.DOUBT,)])
def test_two_silent_calls_never_verify_however_they_are_recorded(
    recorded: tuple[Finding, ...],
) -> None:
    shut = gate(*(verified(Means.TWO_CALLS, result) for result in recorded), calls=SILENT)
    assert (shut.allowed, shut.reason) == (False, Reason.SILENT_CALLS)


def test_one_answered_call_is_not_two() -> None:
    assert not gate(
        verified(Means.TWO_CALLS, Finding.DOUBT), calls=(call(Outcome.NEXT_PERSON),)
    ).allowed


@pytest.mark.parametrize("step", ["queue", "bridge", "incoming"])
def test_calls_to_the_station_s_own_phones_are_none_to_designated_persons(step: str) -> None:
    ours = (call(Outcome.OPERATOR, step=step), call(Outcome.OPERATOR, step=step))
    assert weigh(Means.TWO_CALLS, Finding.DOUBT, ours) is Weight.NONE


@WHOLE
@given(st.sampled_from(Finding), st.integers(1, 5))
def test_an_opinion_from_off_site_never_suffices(result: Finding, times: int) -> None:
    opinions = [verified(Means.OPINION, result, minutes=n) for n in range(times)]
    assert not gate(*opinions).allowed


def test_the_last_word_counts() -> None:
    seen = verified(Means.IMAGES, Finding.CONFIRMED)
    cleared = verified(Means.GUARD, Finding.NOTHING, minutes=20)
    assert gate(cleared, seen).reason is Reason.NOTHING_FOUND  # in whatever order they come
    again = verified(Means.GUARD, Finding.CONFIRMED, minutes=25)
    assert gate(seen, cleared, again).allowed


def test_a_prefect_s_agreement_may_satisfy_it_but_not_against_what_was_found() -> None:
    assert gate(agreement="AP 2026-17").reason is Reason.LOCAL_AGREEMENT
    assert not gate(agreement="  ").allowed
    cleared = verified(Means.GUARD, Finding.NOTHING)
    assert gate(cleared, agreement="AP 2026-17").reason is Reason.NOTHING_FOUND


@WHOLE
@given(
    st.lists(st.tuples(st.sampled_from(Means), st.sampled_from(Finding)), max_size=6),
    st.lists(st.sampled_from([None, *Outcome]), max_size=4),
)
def test_a_weight_that_a_row_claims_changes_nothing(
    recorded: list[tuple[Means, Finding]], outcomes: list[Outcome | None]
) -> None:
    calls = tuple(call(outcome) for outcome in outcomes)
    answers = {
        gate(
            *(verified(m, f, minutes=n, weight=weight) for n, (m, f) in enumerate(recorded)),
            calls=calls,
        )
        for weight in Weight
    }
    assert len(answers) == 1


@WHOLE
@given(st.lists(st.sampled_from(Means), max_size=5), st.booleans())
def test_nothing_that_shows_no_offence_opens_it(means: list[Means], silent: bool) -> None:
    found = Finding.NO_ANSWER if silent else Finding.NOTHING
    recorded = [verified(m, found, minutes=n) for n, m in enumerate(means)]
    if Means.TWO_CALLS not in means:
        assert not gate(*recorded, calls=SILENT).allowed
