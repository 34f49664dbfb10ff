"""Whoever guesses codes is let in at most with the agreed chance, whatever they try."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.callers.guessing import (
    AT_MOST,
    OF_ALL,
    OF_CALLER,
    Spent,
    Verdict,
    verdict,
    worth,
)


@given(st.integers(1, 40), st.lists(st.integers(4, 8), min_size=1, max_size=200))
def test_a_site_s_guesses_of_a_day_are_never_worth_more(codes: int, digits: list[int]) -> None:
    spent = 0.0
    for length in digits:
        guess = worth(codes, length)
        if verdict(Spent(worth=spent), guess, known=True) is Verdict.MAY:
            spent += guess
    assert spent <= AT_MOST + 1e-9


@pytest.mark.parametrize(("codes", "guesses"), [(1, 10), (2, 5), (4, 2), (10, 1), (11, 0)])
def test_how_often_a_code_of_four_digits_may_be_mistyped(codes: int, guesses: int) -> None:
    guess = worth(codes, 4)
    allowed = [verdict(Spent(worth=n * guess), guess, known=True) is Verdict.MAY for n in range(20)]
    assert allowed == [n < guesses for n in range(20)]


def test_one_number_guesses_so_often_and_in_an_attack_a_strange_one_never() -> None:
    guess = worth(1, 8)
    assert verdict(Spent(of_caller=OF_CALLER - 1), guess, known=False) is Verdict.MAY
    assert verdict(Spent(of_caller=OF_CALLER), guess, known=True) is Verdict.LOCKED
    assert verdict(Spent(of_all=OF_ALL - 1), guess, known=False) is Verdict.MAY
    assert verdict(Spent(of_all=OF_ALL), guess, known=False) is Verdict.UNWELCOME
    assert verdict(Spent(of_all=OF_ALL), guess, known=True) is Verdict.MAY
