"""A number agrees with the word that it counts, in each language."""

from __future__ import annotations

import re

import pytest

from callflow.texts import ENTRIES, entry_text
from callflow.texts.counts import agreed


@pytest.mark.parametrize(
    ("number", "language", "said"),
    [(0, "fr", "0 alarme"), (1, "fr", "1 alarme"), (2, "fr", "2 alarmes"), (0, "en", "0 alarmes")],
)
def test_a_word_agrees_with_its_number(number: int, language: str, said: str) -> None:
    values = {"open": number}
    assert agreed("{open:alarme|alarmes}", values, language).format_map(values) == said


def test_a_number_that_an_old_entry_wrote_as_text_agrees_too() -> None:
    assert "1 image de moins" in entry_text("images_bounded", {"cameras": "1"})
    assert "3 images de moins" in entry_text("images_bounded", {"cameras": "3"})


def test_an_entry_without_its_numbers_is_still_said() -> None:
    assert "Prise de poste de Claire" in entry_text("shift_begun", {"by": "Claire"})


def test_no_text_leaves_the_plural_to_the_reader() -> None:
    doubtful = re.compile(r"\w\((s|e|es|nt|x)\)")
    assert [text for pair in ENTRIES.values() for text in pair if doubtful.search(text)] == []
