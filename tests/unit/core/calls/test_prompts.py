"""What is said, and that text from outside is words and nothing else."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.calls import prompts
from callflow.core.calls.dialogue import (
    TABLE,
    Answer,
    Dialogue,
    Facts,
    Phrase,
    Progress,
    State,
    turn,
)
from callflow.core.calls.dialogue.menus import PAGES
from callflow.core.calls.prompts import KINDS, LANGUAGES, LONGEST, TEXTS, harmless, spoken
from callflow.core.signals.signal import Kind
from ivr.agi.runner import sentence


@pytest.mark.parametrize("key", TEXTS)
def test_every_prompt_exists_in_both_languages_with_the_same_values(key: str) -> None:
    fields = []
    for language in LANGUAGES:
        assert TEXTS[key][language].strip()
        fields.append({f for _, f, _, _ in string.Formatter().parse(TEXTS[key][language]) if f})
    assert fields[0] == fields[1]


def test_every_kind_and_every_prompt_of_the_table_has_words() -> None:
    assert set(KINDS) == set(Kind)
    assert {rule.say for rule in TABLE.values() if rule.say} <= set(TEXTS)
    assert {f"offer_{answer}" for answer in Answer} <= set(TEXTS)
    for dialogue in Dialogue:
        facts = Facts(dialogue=dialogue, zone="1", recognition_word="tulipe")
        for state in set(State) - {State.MENUS}:
            now = turn(facts, Progress(state=state))
            assert now is None or {phrase.key for phrase in now.say} <= set(TEXTS)


def test_every_prompt_of_the_menus_has_words() -> None:
    for page in PAGES.values():
        leads = [*page.leads.values(), *(offer.lead for offer in page.offers)]
        said = {*page.say, *page.again, *(offer.say for offer in page.offers)}
        assert said | {lead.say for lead in leads} <= {*TEXTS, ""}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("12 bd. de la République", "12 boulevard de la République"),
        ("3, av. du Gal de Gaulle", "3, avenue du général de Gaulle"),
        ("5bis r. St-Jacques, 75005 Paris", "5 bis rue saint-Jacques, 75005 Paris"),
        ("2 pl. Ste Anne, 01000 Bourg", "2 place sainte Anne, zéro 1000 Bourg"),
        ("ZA des Lilas, bât. B, 3e ét.", "zone d'activités des Lilas, bâtiment B, 3 ième étage"),
        ("rue du 1er Mai", "rue du premier Mai"),
        ("M. Petit", "monsieur Petit"),
        ("Mme Grand & Dr Long", "madame Grand et docteur Long"),
        ("BOULANGERIE DUVAL", "Boulangerie Duval"),
        ("M6 Boutique", "M6 Boutique"),
        ("", ""),
    ],
)
def test_french_names_and_addresses(written: str, said: str) -> None:
    assert prompts.address(written, "fr") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("10 Church St.", "10 Church street"),
        ("St Mary's, 4 Park Ave, London", "St Mary's, 4 Park avenue, London"),
        ("Mr Long Ltd", "mister Long limited"),
    ],
)
def test_english_names_and_addresses(written: str, said: str) -> None:
    assert prompts.address(written, "en") == said


@pytest.mark.parametrize(
    ("hour", "minute", "french", "english"),
    [
        (14, 32, "14 heures 32", "2 32 p m"),
        (1, 5, "1 heure 5", "1 oh 5 a m"),
        (0, 0, "minuit", "12 a m"),
        (0, 7, "0 heure 7", "12 oh 7 a m"),
        (12, 0, "midi", "12 p m"),
        (21, 0, "21 heures", "9 p m"),
    ],
)
def test_times(hour: int, minute: int, french: str, english: str) -> None:
    at = datetime(2026, 4, 1, hour, minute, tzinfo=UTC)
    assert prompts.time_of_day(at, "fr") == french
    assert prompts.time_of_day(at, "en") == english


def test_dates_numbers_and_zones() -> None:
    assert prompts.day(datetime(2026, 4, 1, tzinfo=UTC), "fr") == "mercredi premier avril"
    assert prompts.day(datetime(2026, 12, 24, tzinfo=UTC), "en") == "Thursday 24 December"
    assert prompts.digit_by_digit("+33639981204") == "0 6, 3 9, 9 8, 1 2, 0 4"
    assert prompts.zone_number("007") == "7"
    assert prompts.zone_number("A12") == "A12"
    assert prompts.count_of_alarms(1, "fr") == "une alarme"
    assert prompts.count_of_alarms(4, "en") == "4 alarms"


@pytest.mark.parametrize(
    ("wanted", "spoken_in"), [("fr-BE", "fr"), ("FR", "fr"), ("en_US", "en"), ("de", "en")]
)
def test_the_language_of_somebody_else(wanted: str, spoken_in: str) -> None:
    assert prompts.language(wanted) == spoken_in


HOSTILE = [
    "",
    " ",
    "\x00\x01\x1b[31m",
    "a\r\nAction: Originate",
    'x" 1\nEXEC System(reboot)',
    "${SHELL(reboot)}",
    "$[1+1]",
    "&Local/112@trunk",
    "../../etc/passwd",
    "/dev/zero",
    "<speak><audio src='x'/></speak>",
    '<volume level="500">',
    "<pitch level='200'>aaa",
    "<break time='600s'/>",
    "&lt;volume level=&quot;500&quot;&gt;",
    "\\e\\rate=9\\",
    "{0.__class__}",
    "{station}",
    "%s%n%x",
    "{{ 7*7 }}",
    "'; DROP TABLE call; --",
    "\u202egnirts",
    "a\u200bb\ufeffc",
    "e" + "\u0301" * 500,
    "😀🔥",
    "日本語の名前",
    "Ω≈ç√",
    "a" * 100_000,
    "mot " * 10_000,
    "!" * 5_000,
    "9" * 5_000,
    "é" * 160,
    "ab1" * 60,
    "----------",
    "#0#1*2#",
    "2580#1",
    "\ud800",
    "<" * 3_000,
    "http://example.com/?a=b&c=d",
    "tel:112",
    "HANGUP",
    "200 result=1",
    "511 result=-1",
    "CALLFLOW_DONE=1",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_is_a_few_words(text: str, language: str) -> None:
    for key, name in (("site", "site"), ("address", "address"), ("recognition", "word")):
        assert_words(spoken(key, {name: text}, language))
    assert_words(spoken("zone_named", {"zone": text, "name": text}, language))


@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_text_is_a_few_words(text: str, language: str) -> None:
    assert_words(spoken("address", {"address": text}, language))
    assert len(harmless(text)) <= LONGEST


def assert_words(sentence: str) -> None:
    assert sentence.isprintable()
    assert not re.search(r"[<>{}\[\]\\\"$#*|`~^_]", sentence)
    assert len(sentence) < 3 * LONGEST
    assert sentence.endswith((".", "?", "!"))
    sentence.encode()
    # What the voice was seen to fail on, or to take for ever over.
    assert not re.search(r"\d{10}|\w{32}", sentence)


def test_long_text_is_cut_at_a_word() -> None:
    cut = harmless("mot " * 100)
    assert cut.endswith("mot")
    assert LONGEST - 5 < len(cut) <= LONGEST


def test_what_is_equal_and_not_said_alike_is_a_sentence_of_its_own() -> None:
    """They are kept from call to call."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    here = noon.astimezone(ZoneInfo("Asia/Tokyo"))
    assert noon == here
    said = [sentence(Phrase("at", {"at": at}), "en").text for at in (noon, here)]
    assert said == ["At 12 p m.", "At 9 p m."]
    named, kind = Phrase("situation", {"kind": "fire"}), Phrase("situation", {"kind": Kind.FIRE})
    assert not sentence(named, "fr").shared
    assert sentence(kind, "fr").shared
