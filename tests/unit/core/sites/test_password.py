"""A spoken password is the same however it was typed; another is not (D14)."""

from __future__ import annotations

import pytest

from callflow.core.sites.password import Heard, judge, plain


@pytest.mark.parametrize(
    "heard", ["Été 42", "ete42", "ÉTÉ, 42 !", "e\u0301te\u0301-4 2", " ete 42."]
)
def test_case_accents_spaces_and_punctuation_do_not_count(heard: str) -> None:
    assert plain(heard) == "ete42"
    assert judge(heard, "été 42", "hiver") is Heard.MATCHES


@pytest.mark.parametrize("heard", ["ete 43", "et 42", "ete 422", "hive", "", " !?"])
def test_another_word_differs(heard: str) -> None:
    assert judge(heard, "été 42", "hiver") is Heard.DIFFERS


def test_the_word_of_duress_is_told_from_the_password() -> None:
    assert judge("Hiver !", "été 42", "hiver") is Heard.DURESS
    assert judge("hiver", None, "hiver") is Heard.DURESS


@pytest.mark.parametrize("kept", [None, "", "!!"])
def test_what_is_not_agreed_is_said_by_nobody(kept: str | None) -> None:
    assert judge("", kept, kept) is Heard.DIFFERS
    assert judge("été", kept, kept) is Heard.DIFFERS
