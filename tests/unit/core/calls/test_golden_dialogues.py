"""The conversations of tests/data/dialogues come out word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.phones.dialogues import FOLDER, replayed

FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_conversation_goes_as_written(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert replayed(text) == text


def test_duress_hears_word_for_word_what_the_right_code_hears() -> None:
    def conversation(name: str) -> list[str]:
        lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line[:2] in ("< ", "? ")]

    assert conversation("duress") == conversation("right_code_false_alarm")
