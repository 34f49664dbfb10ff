"""The words to say: identity before anything, voice before identity, and nothing under duress."""

from __future__ import annotations

import pytest

from callflow.core.signals.signal import PERSONAL, Kind
from web.pages.alarms.phrases import to_caller, words_to_say


def said(kind: Kind, step: str | None = "call_list", language: str = "fr") -> str | None:
    return words_to_say(
        kind, language, step, name="Claire", alarm="alarme", zone="Hall", site="Garage"
    )


@pytest.mark.parametrize("language", ["fr", "en", "de"])
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_or_none_at_all(kind: Kind, language: str) -> None:
    words = said(kind, language=language)
    assert (words is None) == (kind in PERSONAL)
    assert words is None or ("Claire" in words and "{" not in words)


def test_a_password_is_asked_for_and_voice_comes_first() -> None:
    assert "mot de passe" in (said(Kind.INTRUSION) or "")
    assert "password" in (said(Kind.INTRUSION, language="en") or "")
    for words in (said(Kind.MEDICAL), said(Kind.LIFT), said(Kind.INTRUSION, "voice_first")):
        assert words
        assert "mot de passe" not in words
        assert "blessé" in words


def test_a_bank_is_asked_its_question_without_a_word_of_the_alarm() -> None:
    asked = {"name": "Claire", "alarm": "alarme", "zone": "Hall", "site": "Agence"}
    kind, question = Kind.BANK_OPENING, "Le facteur est-il passé ?"
    words = words_to_say(kind, "fr", None, **asked, question=question) or ""
    assert question in words
    assert "alarme" not in words
    assert "alarme" not in (words_to_say(kind, "fr", None, **asked) or "")


def test_a_guard_and_a_service_are_told_the_site_and_asked_for_no_password() -> None:
    for step in ("send_guard", "emergency_service"):
        words = said(Kind.INTRUSION, step) or ""
        assert "Garage" in words
        assert "mot de passe" not in words


def test_a_cabin_that_calls_is_asked_what_it_needs_and_others_who_they_are() -> None:
    cabin = to_caller("fr", name="Claire", device=True)
    assert "blessé" in cabin["text"]
    assert "mot de passe" not in cabin["text"]
    anybody = to_caller("en-GB", name="Claire", device=False)
    assert "your password" in anybody["text"]
    assert anybody["language"] == "en-GB"
