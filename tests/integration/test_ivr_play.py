"""``callflow ivr play``: every dialogue is walked in the terminal, and ends."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from callflow.commands.line import app
from callflow.core.calls.dialogue import SILENT, Dialogue


def played(*arguments: str, keys: list[str]) -> str:
    result = CliRunner().invoke(app, ["ivr", "play", *arguments], input="\n".join([*keys, ""]))
    assert result.exit_code == 0, result.output
    return result.output


def test_a_client_puts_a_zone_on_test_in_the_terminal() -> None:
    said = played(keys=["1001#", "2580#", "", "4", "2", "3#", "2", "", "3", "", "0"])
    for words in (
        "numéro d'abonné",
        "Merci, code reconnu",
        "la zone 3 est en essai jusqu'à 14 heures 32",
        "Le site est en service",
        "un opérateur va vous répondre",
        "= bridge",
    ):
        assert words in said


@pytest.mark.parametrize("name", [each.value for each in Dialogue if each not in SILENT])
def test_every_dialogue_ends_in_the_terminal(name: str) -> None:
    said = played(name, "--language", "en", keys=["2580#", "1", "0", "0", "0", *[""] * 12])
    assert "= finish" in said


def test_hanging_up_ends_it_and_what_no_phone_has_is_asked_again() -> None:
    said = played("verification", keys=["abc", "h"])
    assert "a phone has 0-9" in said
    assert "= hung_up" in said


def test_what_is_no_dialogue_is_said_to_be_none() -> None:
    result = CliRunner().invoke(app, ["ivr", "play", "nothing"])
    assert result.exit_code == 2
    assert "one of verification" in result.output
