"""The logbook's words: complete, in both languages, and deaf to what outside text contains."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import string
from collections import Counter
from pathlib import Path

import pytest

import callflow.handling
import callflow.texts
from callflow.core.calls.call import Outcome
from callflow.core.plans.call_plan import MEANINGS
from callflow.core.plans.call_plan.plan import ENUMS
from callflow.texts import ENTRIES, OUTCOMES, REASONS, entry_text
from callflow.texts.plans.plan_settings import CHOICES, SETTINGS

HANDLING = Path(callflow.handling.__file__).parent
#: Functions whose argument at this place is an entry's kind.
TELLERS = {"tell": 1, "draft": 0, "_tell": 0}
HANDERS = {"hand_to_human": 2, "_hand_to_human": 1}


def literals(places: dict[str, int]) -> set[str]:
    """Every string that handling's sources give at these places."""
    found: set[str] = set()
    for path in HANDLING.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                place = places.get(name)
                if place is not None and len(node.args) > place:
                    for part in ast.walk(node.args[place]):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str):
                            found.add(part.value)
    return found


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_kind_that_handling_tells_has_words() -> None:
    told = literals(TELLERS)
    assert {"signal", "incident_opened", "call_ended", "human", "closed"} <= told
    assert told <= set(ENTRIES)


def test_a_kind_has_its_words_in_one_place() -> None:
    """Of two that are merged, an alarm's restored zone was told as a restored backup."""
    folder = callflow.texts.__path__
    named = [one.name for one in pkgutil.walk_packages(folder, f"{callflow.texts.__name__}.")]
    tables = [getattr(importlib.import_module(name), "ENTRIES", {}) for name in named]
    kinds = Counter(kind for table in tables for kind in table)
    assert set(ENTRIES) == set(kinds)
    assert [kind for kind, times in kinds.items() if times > 1] == []


def test_no_words_are_left_over() -> None:
    sources = "".join(path.read_text("utf-8") for path in HANDLING.rglob("*.py"))
    assert [kind for kind in ENTRIES if f'"{kind}"' not in sources] == []


def test_every_reason_to_hand_over_has_words() -> None:
    assert literals(HANDERS) <= set(REASONS)
    assert {outcome.value for outcome in Outcome} == set(OUTCOMES)


@pytest.mark.parametrize("kind", ENTRIES)
def test_both_languages_tell_the_same(kind: str) -> None:
    french, english = ENTRIES[kind]
    assert fields(french) == fields(english)


PAYLOADS = [
    "{text}", "{0}", "{}", "{", "}", "{{zone}}", "{zone!r}", "{zone:>100000000}",
    "{code.__class__}", "%s", "%(zone)s", "${zone}", "\\n", "<b>", "$(id)", "{data[secret]}",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_from_outside_means_nothing_and_stays_as_it_is(payload: str) -> None:
    data = {"code": "BA", "zone": payload, "format": payload, "label": payload, "secret": "key"}
    expected = f"Message BA zone {payload} reçu ({payload}) : {payload}"
    assert entry_text("signal", data) == expected
    assert entry_text("note", {"note": payload}) == payload


def test_an_outcome_is_said_in_words_of_the_readers_language() -> None:
    data = {"to": "+33639980001", "outcome": "no_key"}
    assert entry_text("call_ended", data).endswith("décroché, aucune touche")
    assert entry_text("call_ended", data, "en").endswith("answered, no key")


def test_a_missing_value_a_kind_or_a_language_that_nobody_knows_never_fails() -> None:
    assert entry_text("signal", {}) == "Message  zone  reçu () :"
    assert entry_text("invented", {"text": "hello"}) == "hello"
    assert entry_text("filed", {}, "de") == entry_text("filed", {}, "fr")


def test_a_signal_without_a_zone_is_told_without_one() -> None:
    data = {"code": "YC", "zone": "", "format": "DC-09", "label": "Transmission"}
    assert entry_text("signal", data) == "Message YC reçu (DC-09) : Transmission"
    assert entry_text("signal", data, "en") == "Signal YC received (DC-09): Transmission"
    assert entry_text("signal", {**data, "zone": "0"}).startswith("Message YC zone 0 reçu")


def test_what_to_do_stands_apart_from_why_a_human_has_it() -> None:
    told = entry_text("human", {"reason": "plan", "text": "Appeler le gardien."})
    assert told == "Remis à un opérateur : selon la consigne — Appeler le gardien."
    assert entry_text("human", {"reason": "vital"}) == "Remis à un opérateur : alarme vitale"


def test_every_setting_of_a_step_and_each_of_its_values_has_words() -> None:
    assert set(SETTINGS) == set(MEANINGS)
    assert {name: set(words) for name, words in CHOICES.items()} == {
        name: {member.value for member in of} for name, of in ENUMS.items()
    }
    pairs = [*SETTINGS.values(), *(pair for words in CHOICES.values() for pair in words.values())]
    assert all(french and english for french, english in pairs)
