"""No identifier of the code in a prompt, in a sentence of the logbook or in a catalogue: what a
vocabulary calls a thing in rows is for programs (the pages: test_no_code_on_pages)."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import read_po

import callflow.handling
import web
from callflow import texts
from callflow.core.calls import prompts
from callflow.core.calls.dialogue import caller_menu, instruction_menu, member_menu
from callflow.core.calls.dialogue.pages import Page
from callflow.core.interventions.law import Service
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import Authority, Role, SiteState
from callflow.texts import ENTRIES, callers, entry_text, kinds, sites
from callflow.texts.plans import vocabulary
from tests.support.checks.code_words import code_words

LANGUAGES = ("fr", "en")
HANDLING = Path(callflow.handling.__file__).parent
CATALOGUES = sorted((Path(web.__file__).parent / "locale").glob("*/LC_MESSAGES/*.po"))
#: A field's value in a template: what stands there is looked at with the entry.
_FIELD = re.compile(r"\{[^{}]*\}")
#: Not said: who acted, as rows name the command line (its words are CONSOLE's).
UNSAID = {"BY_COMMAND"}


def faults(said: Iterable[tuple[str, str]]) -> list[tuple[str, str, list[str]]]:
    """Of (language, sentence), those with words of the code in them."""
    found = [(lang, text, code_words(_FIELD.sub(" ", text), lang)) for lang, text in said]
    return [fault for fault in found if fault[2]]


# --- what is said on the phone -------------------------------------------------------------------


def phrases() -> Iterator[tuple[str, str]]:
    at = datetime(2026, 11, 29, 3, 20, tzinfo=UTC)
    for language in LANGUAGES:
        for key in prompts.TEXTS:
            template = prompts.TEXTS[key][language]
            names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            plain = dict.fromkeys(names, "7") | ({"at": at} if "at" in names else {})
            yield language, prompts.spoken(key, plain, language)
            for kind in Kind if "kind" in names else ():
                yield language, prompts.spoken(key, {**plain, "kind": kind}, language)
            for service in Service if "service" in names else ():
                yield language, prompts.spoken(key, {**plain, "service": service}, language)


def test_no_prompt_says_a_word_of_the_code() -> None:
    said = list(phrases())
    assert len(said) > 2 * len(prompts.TEXTS)
    assert faults(said) == []


# --- words and sentences ---------------------------------------------------------------------


def modules() -> Iterator[ModuleType]:
    yield texts
    for found in pkgutil.iter_modules(texts.__path__, "callflow.texts."):
        yield importlib.import_module(found.name)


def pairs(value: object) -> Iterator[tuple[str, str]]:
    """Of tables of (French, English), however deep, what each says."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from pairs(inner)
    elif isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, str) for v in value):
        yield from zip(LANGUAGES, value, strict=True)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from pairs(inner)


def test_no_table_of_words_has_a_word_of_the_code() -> None:
    tables = {
        f"{module.__name__}.{name}": value
        for module in modules()
        for name, value in vars(module).items()
        if name.isupper() and name not in UNSAID
    }
    said = {name: list(pairs(value)) for name, value in tables.items()}
    assert sum(map(len, said.values())) > 1000
    assert {name: bad for name, found in said.items() if (bad := faults(found))} == {}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_no_catalogue_has_a_word_of_the_code(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parts[-3])
    said = []
    for message in catalogue:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        said += [("en", text) for text in ids] + [(path.parts[-3], text) for text in strings]
    assert len(said) > 1000
    placed = [(lang, re.sub(r"%\(\w+\)[sd]", " ", str(text))) for lang, text in said]
    assert faults(placed) == []


# --- the logbook ---------------------------------------------------------------------------------


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_member_of_a_vocabulary_has_words_in_the_sentence(kind: str) -> None:
    said = [
        (language, entry_text(kind, {field: member}, language))
        for field in fields(ENTRIES[kind][0]) & set(texts._WORDS)
        for member in texts._WORDS[field]
        for language in LANGUAGES
    ]
    assert faults(said) == []


def told() -> Iterator[tuple[str, str, str]]:
    """(file, field, source) of what handling tells that is a member of a vocabulary."""
    known = {name for pair in ENTRIES.values() for name in fields(pair[0])}
    for path in HANDLING.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for name, value in _given(node):
                member = isinstance(value, ast.Attribute) and value.attr == "value"
                if name in known and member:
                    yield path.name, name, ast.unparse(value)


def _given(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tell", "draft"):
        yield from ((word.arg, word.value) for word in node.keywords if word.arg)
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value


def test_what_handling_tells_of_a_vocabulary_has_words() -> None:
    found = set(told())
    assert len(found) > 20
    unsaid = {(where, name) for where, name, _ in found if name not in texts._WORDS}
    assert unsaid == set()


def test_what_somebody_asked_the_menu_for_under_duress_has_words() -> None:
    deeds = {
        page.deed
        for menu in (caller_menu, instruction_menu, member_menu)
        for table in vars(menu).values()
        if isinstance(table, Mapping)
        for page in table.values()
        if isinstance(page, Page) and page.deed
    }
    assert {"cancel", "instruct", "guard_report"} <= deeds <= set(callers.DEEDS)


def test_how_the_station_is_has_words() -> None:
    said = entry_text("shift_begun", {"by": "claire", "status": "degraded"})
    assert said.endswith("état : dégradé")


def test_the_values_of_a_change_are_words() -> None:
    changes = {
        "state": ["active", "suspended"],
        "contacts.anne.role": ["keyholder", "manager"],
        "contacts.anne.keys_held": [False, True],
        "contacts.anne.authorities.hold_up": [None, ["cancel", "send_guard"]],
        "contacts.anne.authorities.*": [["inform"], None],
    }
    french = entry_text("site_changed", {"by": "claire", "fields": changes})
    assert french == (
        "Site modifié par claire : contrat actif → suspendu"
        " ; rôle (anne) dépositaire → responsable d'astreinte"
        " ; clés détenues (anne) non → oui"
        " ; habilitations (agression) (anne) – → annuler, envoyer l'agent"
        " ; habilitations (toute alarme) (anne) être informé → –"
    )
    english = entry_text("site_changed", {"by": "claire", "fields": changes}, "en")
    assert "authorities (hold-up) (anne) – → cancel, send a guard" in english


def test_every_value_that_a_change_may_have_has_words() -> None:
    assert {kind.value for kind in Kind} == set(kinds.KINDS)
    assert {one.value for one in Category} == set(kinds.CATEGORIES)
    assert {one.value for one in Role} == set(vocabulary.ROLES)
    assert {one.value for one in Authority} == set(sites.AUTHORITIES)
    assert {one.value for one in SiteState} == set(vocabulary.CONTRACTS)
