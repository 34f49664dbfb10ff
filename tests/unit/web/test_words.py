"""What is refused is said in the language of the page."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import callflow
import web
from callflow.core.calls import dial_policy
from callflow.core.messages import outbox
from callflow.core.records.logbook import Draft, Entry, chained
from callflow.core.sites.files.columns import COLUMNS
from callflow.core.sites.files.faults import WORDS
from callflow.demo import sites
from callflow.handling.sites import numbers, rules
from web.kit import i18n
from web.kit.rendering import dialogs, entry, render

WEB = Path(web.__file__).parent
CORE = Path(callflow.__file__).parent
#: Every module whose refusals a page may show.
SOURCES = (
    *sorted((CORE / "handling").rglob("*.py")),
    *(
        CORE / f"{name}.py"
        for name in (
            "core/time/hours",
            "core/time/availability",
            "core/sites/schedule",
            "core/plans/choice",
            "core/calls/sound",
        )
    ),
    CORE.parent / "ivr/speech/announcements.py",
    *sorted((WEB / "pages").rglob("*.py")),
    WEB / "access/sessions.py",
)
#: The place of the text among the arguments.
RAISED = {
    "Refused": 0,
    "NotFound": 0,
    "ProblemError": 1,
    "BadField": 1,
    "CalendarError": 1,
    "BadRecording": 0,
    "NoAnnouncement": 0,
    "BadAnnouncement": 0,
}


def refusals() -> set[str]:
    """Every sentence that an act or a form may be refused with."""
    found = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                place = RAISED.get(name)
                if place is not None and len(node.args) > place:
                    text = node.args[place]
                    if isinstance(text, ast.Constant):  # one with a name in it stays as it is
                        found.add(str(text.value))
                    elif isinstance(text, ast.Name) and text.id in constants:
                        found.add(str(constants[text.id]))
    return found


#: What refuses a number, and an address, in whatever form that asks for one; and refusals that are
#: put together, or raised by another name.
OF_FORMS = {
    *(Path(__file__).parents[2] / "data/refusals.txt").read_text("utf-8").splitlines(),
    dial_policy.EMERGENCY,
    dial_policy.NOT_FULL,
    dial_policy.PREMIUM,
    numbers.NO_NUMBER,
    numbers.WRONG_LENGTH,
    rules.NO_PLAN,
    *WORDS.values(),
    *(column.explained for column in COLUMNS),
    *(
        str(outbox.wrong_address(channel, "mail@"))
        for channel in (outbox.Channel.MAIL, outbox.Channel.WEBHOOK)
    ),
    str(outbox.wrong_camera_url("ftp://camera")),
    str(outbox.wrong_clip_url("http://camera.example")),
}


def test_every_refusal_is_said_in_french() -> None:
    assert {"take the incident first", "it holds samples that are no numbers"} <= refusals()
    french = i18n.catalogue("fr")
    assert [text for text in sorted(refusals() | OF_FORMS) if french.gettext(text) == text] == []


def spoken() -> set[str]:
    """Every text of the templates, and every word that is marked for translation."""
    found = set()
    for path in sorted((WEB / "templates").rglob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ["_", "gettext", "ngettext"], [], {}):
                found.add(str(message[0] if isinstance(message, tuple) else message))
    marking = (
        "kit/words.py",
        "kit/keys.py",
        *(f"pages/calls/dialogue_{kind}.py" for kind in ("words", "views")),
    )
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


def in_context() -> set[tuple[str, str]]:
    """Texts of the templates that stand in a context: without it they mean something else."""
    found = set()
    for path in sorted((WEB / "templates").rglob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ["pgettext"], [], {}):
                assert isinstance(message, tuple)
                found.add((str(message[0]), str(message[1])))
    return found


def test_a_word_of_two_meanings_has_two_words_in_french() -> None:
    french = i18n.catalogue("fr")
    assert ("a window", "Close") in in_context()
    for context, text in in_context():
        said = french.pgettext(context, text)
        assert said != text, f"{text!r} of {context!r} is not said in French"
        assert said != french.gettext(text), f"{text!r} of {context!r} is said as without it"
    shown = dialogs(frozenset(), language="fr")
    assert "<button>Fermer</button>" in shown
    assert "Acquitter</button>" not in shown


def test_what_the_demo_shows_is_said_in_french() -> None:
    french = i18n.catalogue("fr")
    assert [s.shows for s in sites.SITES if french.gettext(s.shows) == s.shows] == []


def test_a_refusal_with_a_name_in_it_is_shown_as_it_is() -> None:
    nobody = {"visitor": None, "scheme": ""}
    values = {"status": 409, "detail": "100 % d'Anne <b>has no number", **nobody}
    shown = render("fr", "kit/problem.html", values)
    assert "100 % d&#39;Anne &lt;b&gt;has no number" in shown


def test_an_instant_in_the_logbook_is_read_where_the_site_is() -> None:
    told = {"who": "Ouest Garde", "until": "2026-11-25T03:10:00+00:00"}
    draft = Draft(at=datetime(2026, 11, 25, tzinfo=UTC), kind="guard_accepted", text="", data=told)
    chain: dict[str, Any] = dict(number=1, id="", seq=1, previous="", mac=str, salt="")
    row = Entry(**chained(draft, **chain))
    assert "25 nov. 2026 04:10:00" in entry(row, zone="Europe/Paris", language="fr")
    assert "24 Nov 2026 23:10:00" in entry(row, zone="America/Martinique", language="en")
    unclear = replace(row, data={**told, "until": "demain"})
    assert "avant demain" in entry(unclear, language="fr")
