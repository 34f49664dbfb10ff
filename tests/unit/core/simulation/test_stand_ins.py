"""Stand-ins: a call comes to what the list of calls says, then the rules; else nobody answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.calls.call import Dialogue, Outcome
from callflow.core.simulation.stand_ins import NOBODY, Asked, BadStandIns, read

AT = datetime(2026, 11, 30, 3, 12, 5, tzinfo=UTC)
NUMBER = "+33639981234"


def asked(**more: object) -> Asked:
    usual = Asked(
        number=NUMBER,
        contact="anne",
        at=AT,
        attempt=1,
        dialogue=Dialogue.VERIFICATION,
        ring_time=30.0,
        kind="intrusion",
        role="keyholder",
        rank=1,
    )
    return replace(usual, **more)  # type: ignore[arg-type]


def test_whom_nobody_names_does_not_answer_for_as_long_as_the_phone_rings() -> None:
    answer = NOBODY.answer(asked())
    assert (answer.outcome, answer.ring_s) == (Outcome.NO_ANSWER, 30.0)


def test_a_line_with_a_time_is_the_call_near_it_and_no_other() -> None:
    people = read(
        "number;at;outcome;ring_s;talk_s\n"
        f"{NUMBER};2026-11-30T03:12:00Z;verified_ok;4;18\n"
        f"{NUMBER};2026-11-30T04:13:00+01:00;busy;;\n"
    )
    first = people.answer(asked())
    assert (first.outcome, first.ring_s, first.talk_s) == (Outcome.VERIFIED_OK, 4.0, 18.0)
    assert people.answer(asked(at=AT + timedelta(seconds=50))).outcome is Outcome.BUSY
    assert people.answer(asked(at=AT + timedelta(hours=1))).outcome is Outcome.NO_ANSWER


def test_lines_without_a_time_are_a_persons_attempts_the_last_again_and_again() -> None:
    people = read("contact,outcome\nanne,no_answer\nanne,verified_ok\n")
    outcomes = [people.answer(asked(attempt=n)).outcome for n in (1, 2, 3)]
    assert outcomes == [Outcome.NO_ANSWER, Outcome.VERIFIED_OK, Outcome.VERIFIED_OK]
    assert people.answer(asked(contact="marc")).outcome is Outcome.NO_ANSWER


@pytest.mark.parametrize(
    ("dialogue", "keys", "outcome"),
    [
        (Dialogue.VERIFICATION, "2580#1", Outcome.VERIFIED_OK),
        (Dialogue.VERIFICATION, "2580#3", Outcome.GOING),
        (Dialogue.VERIFICATION, "0", Outcome.OPERATOR),
        (Dialogue.VERIFICATION, "2580#9", Outcome.NO_KEY),
        (Dialogue.QUESTION, "4", Outcome.ANSWER_4),
        (Dialogue.MESSAGE, "1", Outcome.ACKNOWLEDGED),
        (Dialogue.GUARD, "2", Outcome.DECLINED),
    ],
)
def test_keys_mean_what_they_mean_on_the_phone(
    dialogue: Dialogue, keys: str, outcome: Outcome
) -> None:
    people = read(f"contact,keys\nanne,{keys}\n")
    assert people.answer(asked(dialogue=dialogue)).outcome is outcome


def test_the_first_rule_that_fits_counts() -> None:
    people = read(
        rules="""
        [[rules]]
        role = "keyholder"
        rank = 1
        outcome = "verified_ok"
        ring_s = 5
        talk_s = 20

        [[rules]]
        outcome = "busy"
        """
    )
    first = people.answer(asked())
    assert (first.outcome, first.ring_s, first.talk_s) == (Outcome.VERIFIED_OK, 5.0, 20.0)
    assert people.answer(asked(rank=2)).outcome is Outcome.BUSY


def test_who_would_pick_up_after_our_patience_does_not_answer() -> None:
    people = read(rules='[[rules]]\noutcome = "verified_ok"\nring_s = 45')
    answer = people.answer(asked())
    assert (answer.outcome, answer.ring_s) == (Outcome.NO_ANSWER, 30.0)


def test_chance_is_by_weight_and_the_same_again_from_the_same_seed() -> None:
    text = "seed = {}\n[[rules]]\noutcomes = {{ no_answer = 3, verified_ok = 1 }}"
    calls = [asked(account=str(n)) for n in range(2000)]
    one, again = (read(rules=text.format(7)) for _ in range(2))
    found = [one.answer(call).outcome for call in calls]
    assert found == [again.answer(call).outcome for call in calls]
    assert found != [read(rules=text.format(8)).answer(call).outcome for call in calls]
    assert 400 < Counter(found)[Outcome.VERIFIED_OK] < 600


@pytest.mark.parametrize(
    ("calls", "rules", "said"),
    [
        ("name,outcome\n", "", "number or contact"),
        ("number,outcome,colour\n", "", "'colour' is none of"),
        ("number,outcome\n,busy\n", "", "line 2: says neither number nor contact"),
        ("number,outcome\n1,sleeps\n", "", "line 2: 'sleeps' is none of"),
        ("number,outcome\n1,error\n", "", "'error' is none of"),
        ("number,at,outcome\n1,yesterday,busy\n", "", "is no time"),
        ("number,outcome,ring_s\n1,busy,-3\n", "", "ring_s must be seconds"),
        ("", "seed = 'x'", "seed must be a whole number"),
        ("", "[[rules]]\nrole = 'keyholder'", "write outcome"),
        ("", "[[rules]]\nrank = 'one'\noutcome = 'busy'", "rank must be int"),
        ("", "[[rules]]\noutcomes = { busy = 0 }", "a weight is a number above 0"),
        ("", "[[rules", "no TOML"),
        ("", "rule = 1", "'rule' is none of"),
    ],
)
def test_a_file_that_is_no_use_says_where_and_what_to_write(
    calls: str, rules: str, said: str
) -> None:
    with pytest.raises(BadStandIns, match=said):
        read(calls, rules)
