"""What pages call the people who work here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from callflow.core.records.logbook import Draft, Entry, chained
from web.kit import people
from web.kit.rendering import entry, environment, render

NAMES = {"nadia": "Nadia Brémond", "<b>": "Zoé <i>", "cli": "Elle-même"}


def test_they_are_called_by_the_name_that_is_shown_with_their_log_in_as_its_title() -> None:
    with people.called(NAMES):
        assert people.person("nadia", "fr") == '<bdi title="nadia">Nadia Brémond</bdi>'
        assert people.name("nadia", "fr") == "Nadia Brémond"
        assert people.person("<b>", "fr") == '<bdi title="&lt;b&gt;">Zoé &lt;i&gt;</bdi>'
        assert people.person("omar", "fr") == "<bdi>omar</bdi>"
    assert people.person("nadia", "fr") == "<bdi>nadia</bdi>"
    assert people.name(None, "fr") == ""
    assert people.name("cli", "fr") == "console système"


def test_a_field_that_names_somebody_takes_both_names() -> None:
    assert people.log_in(" nadia bremond ", NAMES) == "nadia"
    assert people.log_in("nadia", NAMES) == "nadia"
    assert people.log_in("omar", NAMES) == "omar"
    assert people.log_in("", NAMES) == ""


def test_an_entry_is_told_with_them_and_keeps_what_was_written() -> None:
    data = {"by": "nadia", "to": "omar"}
    draft = Draft(at=datetime(2026, 12, 1, tzinfo=UTC), kind="transferred", text="", data=data)
    chain: dict[str, Any] = dict(number=1, id="", seq=1, previous="", mac=str, salt="")
    told = Entry(**chained(draft, **chain))
    with people.called({**NAMES, "omar": "Omar Haddad"}):
        said = entry(told, language="en")
    assert said == "Transferred from Nadia Brémond to Omar Haddad"
    assert told.data == data
    assert entry(told, language="en") == "Transferred from nadia to omar"


def test_a_page_names_them_by_its_visitor_and_the_stream_by_what_it_read() -> None:
    template = environment("fr").from_string("{{ 'nadia'|person }}")
    assert template.render({}) == "<bdi>nadia</bdi>"
    rows = {"lines": [], "gone": [], "all": True}
    assert render("fr", "alarms/_rows.html", rows, NAMES)
