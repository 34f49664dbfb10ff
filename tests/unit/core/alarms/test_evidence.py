"""The evidence score: a table of nights, and that more evidence never lowers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.core.alarms.evidence import Evidence, Facts, GuardReport, Sign, Trip, assess
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.interventions.law import Finding, Means, Verification, Weight
from callflow.texts.evidence import SIGNS

#: A promise: as many examples in a fast run.
WHOLE = settings(max_examples=100)

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def trip(zone: str, after: float = 0, **more: Any) -> Trip:
    return Trip(zone=zone, at=NOW + timedelta(seconds=after), **more)


def call(outcome: Outcome, contact: str = "anne", step: str = "list") -> Call:
    return Call(
        id=f"call-{outcome}-{contact}",
        step=step,
        contact_id=contact,
        to="+33639980101",
        attempt=1,
        state=CallState.ENDED,
        outcome=outcome,
        requested_at=NOW,
    )


def verified(means: Means, result: Finding = Finding.CONFIRMED) -> Verification:
    return Verification(means=means, result=result, by="Alice", at=NOW, weight=Weight.STRONG)


def points(evidence: Evidence) -> dict[Sign, int]:
    return {reason.sign: reason.points for reason in evidence.reasons}


SILENT = (call(Outcome.NO_ANSWER), call(Outcome.NO_KEY, "bruno"))
#: (what is known, its score)
NIGHTS: list[tuple[str, Facts, int]] = [
    ("nothing is known", Facts(), 0),
    ("one zone", Facts(trips=[trip("3")]), 10),
    ("one zone, armed", Facts(trips=[trip("3")], armed=True), 20),
    ("one zone, disarmed", Facts(trips=[trip("3")], armed=False), 0),
    ("the same zone twice without a restore", Facts(trips=[trip("3"), trip("3", 9)]), 10),
    ("the same zone again", Facts(trips=[trip("3"), trip("3", 9, again=True)]), 15),
    ("door, then hall", Facts(trips=[trip("1"), trip("2", 20)], armed=True), 50),
    ("door and hall at once: no way through", Facts(trips=[trip("1"), trip("2")]), 30),
    ("door, an hour later hall", Facts(trips=[trip("1"), trip("2", 3600)]), 30),
    ("four zones", Facts(trips=[trip(str(n), 30 * n) for n in range(4)]), 50),
    ("two silent calls add nothing", Facts(trips=[trip("3")], calls=SILENT), 10),
    ("help", Facts(trips=[trip("3")], calls=[call(Outcome.HELP)]), 70),
    ("duress", Facts(trips=[trip("3")], calls=[call(Outcome.DURESS)]), 70),
    ("a false alarm", Facts(trips=[trip("3")], calls=[call(Outcome.VERIFIED_OK)]), 0),
    ("images", Facts(trips=[trip("3")], verifications=[verified(Means.IMAGES)]), 80),
    ("two calls that nobody answered, recorded as a verification",
     Facts(trips=[trip("3")], calls=SILENT, verifications=[verified(Means.TWO_CALLS)]), 10),
    ("an opinion", Facts(trips=[trip("3")], verifications=[verified(Means.OPINION)]), 15),
    ("guard: traces",
     Facts(trips=[trip("3")], guards=[GuardReport(traces=True, inside=False)]), 70),
    ("guard: nothing, inside", Facts(trips=[trip("1"), trip("2", 20)], armed=True,
     guards=[GuardReport(traces=False, inside=True)]), 0),
    ("guard: nothing, from outside",
     Facts(trips=[trip("3")], guards=[GuardReport(traces=False, inside=False)]), 5),
    ("everything", Facts(trips=[trip(str(n), 30 * n) for n in range(4)], armed=True, confirmed=True,
     verifications=[verified(Means.IMAGES), verified(Means.AUDIO)]), 100),
]  # fmt: skip


@pytest.mark.parametrize(("night", "facts", "score"), NIGHTS, ids=[name for name, *_ in NIGHTS])
def test_the_score_of_a_night(night: str, facts: Facts, score: int) -> None:
    assert assess(facts).score == score


def test_each_reason_says_whence_it_is_and_stands_once() -> None:
    facts = Facts(
        trips=[trip("1"), trip("2", 20)],
        calls=SILENT,
        verifications=[verified(Means.AUDIO), verified(Means.GUARD), verified(Means.IMAGES)],
        images=3,
        judged=1,
    )
    found = assess(facts)
    sources = {reason.sign: reason.source for reason in found.reasons}
    assert sources == {
        Sign.SEEN: "guard",  # the strongest
        Sign.SECOND_ZONE: "2",
        Sign.SEQUENCE: "1 → 2",
        Sign.ALARM: "1",
        Sign.NOBODY: "2",
        Sign.UNSEEN_IMAGES: "2",
    }
    assert points(found)[Sign.SEEN] == 80


def test_a_silent_call_is_shown_and_proves_nothing() -> None:
    assert points(assess(Facts(calls=SILENT)))[Sign.NOBODY] == 0


def test_every_sign_has_its_words_in_both_languages() -> None:
    assert set(SIGNS) == set(Sign)
    assert all(fr and en and fr != en for fr, en in SIGNS.values())


# --- more evidence ------------------------------------------------------------------------

ZONES = st.sampled_from(["1", "2", "3", "4"])
TRIPS = st.lists(st.builds(trip, ZONES, st.floats(0, 7200), again=st.booleans()), max_size=6)
FOR = [Outcome.HELP, Outcome.DURESS, Outcome.WRONG_CODE]
AGAINST = [Outcome.VERIFIED_OK, Outcome.KNOWN_CAUSE]
NEITHER = [Outcome.NO_ANSWER, Outcome.NO_KEY, Outcome.BUSY, Outcome.GOING]
FACTS = st.builds(
    Facts,
    trips=TRIPS,
    confirmed=st.booleans(),
    armed=st.sampled_from([None, True, False]),
    calls=st.lists(st.builds(call, st.sampled_from(FOR + AGAINST + NEITHER), ZONES), max_size=4),
    verifications=st.lists(
        st.builds(verified, st.sampled_from(Means), st.sampled_from(Finding)), max_size=4
    ),
    guards=st.lists(st.builds(GuardReport, traces=st.booleans(), inside=st.booleans()), max_size=2),
    images=st.integers(0, 3),
)


def more(facts: Facts, **added: Sequence[Any]) -> int:
    """The score with more of it."""
    longer: dict[str, Any] = {
        name: [*getattr(facts, name), *given] for name, given in added.items()
    }
    return assess(replace(facts, **longer)).score


@WHOLE
@given(FACTS)
def test_the_score_is_between_0_and_100_and_the_sum_of_its_reasons(facts: Facts) -> None:
    found = assess(facts)
    assert found.score == min(100, max(0, sum(reason.points for reason in found.reasons)))


@WHOLE
@given(FACTS, st.permutations(range(4)))
def test_the_order_in_which_things_are_told_does_not_matter(facts: Facts, order: list[int]) -> None:
    shuffled = [facts.verifications[n] for n in order if n < len(facts.verifications)]
    trips = list(reversed(facts.trips))
    if len({one.at for one in trips}) == len(trips):
        assert (
            assess(replace(facts, verifications=shuffled, trips=trips)).score == assess(facts).score
        )


@WHOLE
@given(FACTS, st.sampled_from(FOR + NEITHER))
def test_a_call_that_does_not_deny_never_lowers_it(facts: Facts, outcome: Outcome) -> None:
    assert more(facts, calls=[call(outcome, "carl")]) >= assess(facts).score


@WHOLE
@given(FACTS, st.sampled_from(Means), st.sampled_from([Finding.CONFIRMED, Finding.DOUBT]))
def test_a_finding_never_lowers_it(facts: Facts, means: Means, result: Finding) -> None:
    assert more(facts, verifications=[verified(means, result)]) >= assess(facts).score


@WHOLE
@given(FACTS)
def test_a_guards_traces_never_lower_it(facts: Facts) -> None:
    """With the verification that each report is (D32)."""
    report, found = GuardReport(traces=True, inside=True), verified(Means.GUARD, Finding.CONFIRMED)
    assert more(facts, guards=[report], verifications=[found]) >= assess(facts).score


def test_what_a_guard_confirmed_before_stands_beside_the_report_of_traces() -> None:
    confirmed = verified(Means.GUARD, Finding.CONFIRMED)
    before = Facts(trips=[trip("3")], verifications=[confirmed])
    report = GuardReport(traces=True, inside=True)
    after = replace(before, guards=[report], verifications=[confirmed, confirmed])
    assert assess(after).score >= assess(before).score == 90


@WHOLE
@given(FACTS, st.floats(7201, 9000), st.booleans())
def test_another_zone_never_lowers_it(facts: Facts, after: float, again: bool) -> None:
    assert more(facts, trips=[trip("9", after, again=again)]) >= assess(facts).score


@WHOLE
@given(FACTS, st.sampled_from(Means), st.sampled_from(AGAINST))
def test_what_speaks_against_it_never_raises_it(
    facts: Facts, means: Means, outcome: Outcome
) -> None:
    assert more(facts, verifications=[verified(means, Finding.NOTHING)]) <= assess(facts).score
    assert more(facts, guards=[GuardReport(traces=False, inside=True)]) <= assess(facts).score
    before = assess(replace(facts, verifications=()))
    assert more(replace(facts, verifications=()), calls=[call(outcome, "carl")]) <= before.score
