"""What each reader of a report may see; everything else is hidden."""

from __future__ import annotations

import string
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from callflow.core.records.reports import widths
from callflow.core.records.reports.report import report
from callflow.core.records.reports.widths import Width, masked, redacted, shown
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Role
from callflow.texts import ENTRIES
from callflow.texts.reports import SENTENCES
from tests.support.rows.alarm_facts import (
    KEYHOLDER,
    OPERATOR,
    SECRETS,
    fire,
    forty_calls,
    intrusion,
    technical,
)

ALARMS = (intrusion, fire, technical, forty_calls)


def said(value: Any) -> str:
    """Everything that is in a value."""
    if is_dataclass(value):
        return " ".join(said(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, dict):
        return " ".join(f"{key} {said(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return " ".join(map(said, value))
    return str(value)


@pytest.mark.parametrize("facts", ALARMS)
@pytest.mark.parametrize("width", [Width.CLIENT, Width.FIRM])
def test_nothing_leaves_that_is_the_stations_own(width: Width, facts: Any) -> None:
    of = facts()
    found = said(report(of, width, language="fr", timezone="Europe/Paris"))
    assert [secret for secret in SECRETS if secret in found] == []
    # The test itself can see them.
    assert OPERATOR in said(report(of, Width.FULL, language="fr", timezone="Europe/Paris"))


def test_the_full_report_has_the_shown_name_with_the_log_in_and_others_neither() -> None:
    of = replace(intrusion(), called={OPERATOR: "Inès Quéré"})
    full = said(report(of, Width.FULL, language="fr", timezone="Europe/Paris"))
    assert f"Inès Quéré ({OPERATOR})" in full
    for width in (Width.CLIENT, Width.FIRM):
        assert "Inès" not in said(report(of, width, language="fr", timezone="Europe/Paris"))


def test_a_firm_sees_its_installation_and_its_own_people() -> None:
    of = report(technical(), Width.FIRM, language="fr", timezone="Europe/Paris")
    assert [one.who for one in of.calls] == ["Alarmes de l’Ouest"]
    assert [one.role for one in of.calls] == [Role.MAINTENANCE]
    assert [one.text for one in of.signals] == ["BATTERIE BASSE 10,4V", "BATTERIE OK"]
    assert [one.who for one in of.sent] == ["Technicien"]
    of = report(intrusion(), Width.FIRM, language="fr", timezone="Europe/Paris")
    assert (of.calls, of.pictures, of.checks, of.told, of.sent) == ((), (), (), (), ())
    assert (of.measures, of.figures, of.resolution, of.resolution_text) == ((), (), "", "")
    assert {one.kind for one in of.moments if one.kind} == {
        *("incident_opened", "incident_confirmed", "closed", "filed"),
    }


def test_a_client_sees_their_people_and_which_number_it_was() -> None:
    of = report(intrusion(), Width.CLIENT, language="fr", timezone="Europe/Paris")
    assert [(one.who, one.number) for one in of.calls] == [
        ("Boulangerie", "+336••••••01"),
        ("Gérante", "+336••••••02"),
    ]
    assert KEYHOLDER in [
        one.number
        for one in report(intrusion(), Width.FULL, language="fr", timezone="Europe/Paris").calls
    ]
    assert [one.by.number for one in of.checks] == [1]
    assert [one.reference for one in of.told] == ["2026/4471"]
    assert {(one.line, one.person, one.note) for one in of.told} == {("", "", "")}


def test_what_is_new_is_hidden_until_somebody_thought_of_it() -> None:
    for kind in (*ENTRIES, "of_tomorrow"):
        for width in (Width.CLIENT, Width.FIRM):
            told = shown(width, kind, {"secret": "x", "by": OPERATOR})
            assert told is None or "secret" not in told, kind
    assert shown(Width.FULL, "of_tomorrow", {"a": "b"}) == {"a": "b"}


def test_each_sentence_says_only_what_may_be_seen() -> None:
    every = dict.fromkeys(("alarm", "who", "by", "to", "text", "note", "reference"), "x")
    for kind, words in SENTENCES.items():
        for said_so in words:
            blanks = {name for _, name, _, _ in string.Formatter().parse(said_so) if name}
            allowed = {
                name
                for width in (Width.CLIENT, Width.FIRM)
                for name in shown(width, kind, dict.fromkeys(blanks | set(every), "x")) or ()
            }
            assert blanks <= allowed, (kind, blanks - allowed)


def test_each_kind_that_is_told_has_its_sentence() -> None:
    told = {
        kind
        for kind in ENTRIES
        for width in (Width.CLIENT, Width.FIRM)
        if shown(width, kind, {}) is not None
    }
    assert told == set(SENTENCES)


def test_a_storm_is_many_clients() -> None:
    assert not widths.may_have(Width.CLIENT, Kind.STORM)
    assert not widths.may_have(Width.FIRM, Kind.STORM)
    assert widths.may_have(Width.FULL, Kind.STORM)


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("Joindre le 06 39 98 01 99.", "Joindre le •••."),
        ("+33639980199 ou 0033 6 39 98 01 99", "••• ou •••"),
        ("code 2580, code : A12B, Code d'accès 4711", "code •••, code : •••, Code d'accès •••"),
        ("mot de passe « hiver indien »", "mot de passe •••"),
        ("écrire à gerance@example.org", "écrire à •••"),
        ("facture 12 345,60 €, zone 12, le 30/11/2026 à 03:00:12", None),
        ("réf. 2026/4471, 35000 Rennes, IBAN", None),
        ("code postal, code de conclusion", None),
        ("2026-11-30T02:00:12Z", None),
    ],
)
def test_numbers_and_codes_that_people_typed_are_taken_out(typed: str, left: str | None) -> None:
    assert redacted(typed) == (typed if left is None else left)


@pytest.mark.parametrize(
    ("number", "seen"),
    [("+33639980102", "+336••••••02"), ("3639980102", "36••••••02"), ("", ""), ("12", "12")],
)
def test_a_number_is_masked(number: str, seen: str) -> None:
    assert masked(number) == seen
