"""A letter's text is text: its blanks come from a closed list and are filled once."""

from __future__ import annotations

import pytest

from callflow.core.records.letters import (
    BLANKS,
    LANGUAGES,
    STANDARD,
    Blank,
    LetterKind,
    fill,
    unknown_blanks,
)

VALUES = {Blank.SITE: "{client}{{7*7}}", Blank.CLIENT: "Pains et Cie"}


def test_what_is_filled_in_is_never_filled_again() -> None:
    assert fill("{site} / {client}", VALUES) == "{client}{{7*7}} / Pains et Cie"


@pytest.mark.parametrize(
    "text",
    [
        *("{{7*7}}", "{site.__class__}", "{site!r}", "{site:>99999}", "{0}", "{}", "%(site)s"),
        *("{% for x in y %}", "${site", "{ site }", "{SITE}", "{mot de passe}", "#{7*7}"),
    ],
)
def test_nothing_else_is_a_blank(text: str) -> None:
    assert fill(text, dict.fromkeys(Blank, "filled")) == text


def test_what_is_no_blank_is_named() -> None:
    text = "{site} {code} {site.__class__} {code} {{alarm}}"
    assert list(unknown_blanks(LetterKind.REPORT_CLIENT, text)) == ["{code}", "{site.__class__}"]
    assert list(unknown_blanks(LetterKind.LETTERHEAD, "{station}")) == ["{station}"]


def test_the_standard_letters_have_nothing_else() -> None:
    for kind in LetterKind:
        for language in LANGUAGES:
            for text in STANDARD[kind][language]:
                assert list(unknown_blanks(kind, text)) == []
    assert set(BLANKS) == set(LetterKind)
