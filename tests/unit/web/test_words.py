"""What is refused is said in the language of the page."""

from __future__ import annotations

import ast
from pathlib import Path

from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import callflow.handling.completing
import callflow.handling.guards
import callflow.handling.measures
import callflow.handling.operating
import callflow.handling.passwords
import callflow.handling.people
import callflow.handling.told
import callflow.handling.undoing
import web
from callflow import demo_sites
from web import i18n, words
from web.rendering import entry, render

WEB = Path(web.__file__).parent
SOURCES = (
    *(
        Path(room.__file__ or "")
        for room in (
            callflow.handling.operating,
            callflow.handling.completing,
            callflow.handling.guards,
            callflow.handling.measures,
            callflow.handling.people,
            callflow.handling.passwords,
            callflow.handling.told,
            callflow.handling.undoing,
        )
    ),
    *sorted((WEB / "pages").glob("*.py")),
    WEB / "auth.py",
)
#: The place of the text among the arguments.
RAISED = {"Refused": 0, "NotFound": 0, "ProblemError": 1}


def refusals() -> set[str]:
    """Every sentence that an operator's act may be refused with."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = RAISED.get(node.func.id)
                if place is not None and len(node.args) > place:
                    text = node.args[place]
                    if isinstance(text, ast.Constant):  # one with a name in it stays as it is
                        found.add(str(text.value))
    return found


def test_every_refusal_is_said_in_french() -> None:
    assert "take the incident first" in refusals()
    assert refusals() <= set(words.REFUSALS)
    for text in words.REFUSALS:
        assert i18n.catalogue("fr").gettext(text) != text


def spoken() -> set[str]:
    """Every text of the templates, and every word that is marked for translation."""
    found = set()
    for path in sorted((WEB / "templates").glob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ["_", "gettext", "ngettext"], [], {}):
                found.add(str(message[0] if isinstance(message, tuple) else message))
    marking = ("words.py", "keys.py", "dialogue_words.py", "dialogue_views.py")
    marked = [(WEB / name).read_text("utf-8") for name in marking]
    for node in (node for text in marked for node in ast.walk(ast.parse(text))):
        match node:
            case ast.Call(func=ast.Name(id="N_"), args=[ast.Constant(value=text)]):
                found.add(str(text))
    return found


def test_every_word_of_the_pages_is_said_in_french() -> None:
    with (WEB / "locale/fr/LC_MESSAGES/web.po").open("rb") as file:
        known = read_po(file, locale="fr")
    assert {"Lift", "Note", "Voice first"} <= spoken()
    assert [text for text in sorted(spoken()) if not (text in known and known[text].string)] == []


def test_what_the_demo_shows_is_said_in_french() -> None:
    assert {site.shows for site in demo_sites.SITES} == words.DEMO_SHOWS


def test_a_refusal_with_a_name_in_it_is_shown_as_it_is() -> None:
    values = {"status": 409, "detail": "100 % d'Anne <b>has no number", "visitor": None}
    shown = render("fr", "problem.html", values)
    assert "100 % d&#39;Anne &lt;b&gt;has no number" in shown


def test_an_instant_in_the_logbook_is_read_where_the_site_is() -> None:
    told = {"who": "Ouest Garde", "until": "2026-11-25T03:10:00+00:00"}
    row = {"kind": "guard_accepted", "data": told, "text": ""}
    assert "25 nov. 2026 04:10:00" in entry(row, "Europe/Paris", language="fr")
    assert "24 Nov 2026 23:10:00" in entry(row, "America/Martinique", language="en")
    unclear = {**row, "data": {**told, "until": "demain"}}
    assert "avant demain" in entry(unclear, language="fr")
