"""What is refused is said in the language of the page."""

from __future__ import annotations

import ast
from pathlib import Path

import callflow.handling.operating
import web
from web import i18n, words
from web.rendering import render

WEB = Path(web.__file__).parent
SOURCES = (
    Path(callflow.handling.operating.__file__),
    *sorted((WEB / "pages").glob("*.py")),
    WEB / "auth.py",
)
#: The place of the text among the arguments.
RAISED = {"Refused": 0, "ProblemError": 1}


def refusals() -> set[str]:
    """Every sentence that an operator's act may be refused with."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = RAISED.get(node.func.id)
                if place is not None and len(node.args) > place:
                    text = node.args[place]
                    if isinstance(text, ast.Constant):
                        found.add(str(text.value))
    return found


def test_every_refusal_is_said_in_french() -> None:
    assert "take the incident first" in refusals()
    assert refusals() <= set(words.REFUSALS)
    for text in words.REFUSALS:
        assert i18n.catalogue("fr").gettext(text) != text


def test_a_refusal_with_a_name_in_it_is_shown_as_it_is() -> None:
    values = {"status": 409, "detail": "100 % d'Anne <b>has no number", "visitor": None}
    shown = render("fr", "problem.html", values)
    assert "100 % d&#39;Anne &lt;b&gt;has no number" in shown
