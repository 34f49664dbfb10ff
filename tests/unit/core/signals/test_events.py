"""The table of events is data: its rows are checked, and a few meanings read out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callflow.core.signals import events
from callflow.core.signals.events import Override
from callflow.core.signals.signal import ALWAYS_OWN, PERSONAL, Category, Kind

#: Codes of SIA DC-03 that panels send every day.
NAMED = "BA BR BC PA HA FA GA MA TA AT AR YT YR RP RR OP CL OR NL LX LB UX".split()


def test_the_table_is_large_and_every_row_is_whole() -> None:
    table = events.table()
    assert len(table) >= 400
    for name, row in table.items():
        assert 1 <= row.priority <= 4, name
        assert all((row.en, row.fr)), name
        assert (row.restores is not None) == (row.kind is Kind.RESTORE), name


def test_every_code_of_the_specification_is_there() -> None:
    assert all(("SIA-DCS", code) in events.table() for code in NAMED)


def test_vital_kinds_are_vital_come_first_and_open() -> None:
    for name, row in events.table().items():
        if row.kind in ALWAYS_OWN and row.priority == 1:
            assert (row.category, row.opens) == (Category.VITAL, True), name
        if row.kind in PERSONAL | {Kind.FIRE}:
            assert (row.category, row.priority) == (Category.VITAL, 1), name


@pytest.mark.parametrize(
    ("code", "kind", "restores", "opens"),
    [
        ("1130", Kind.INTRUSION, None, True),
        ("6130", Kind.INTRUSION, None, True),
        ("3130", Kind.RESTORE, Kind.INTRUSION, False),
        ("3301", Kind.RESTORE, Kind.POWER, False),
        ("1401", Kind.OPENING, None, False),
        ("3401", Kind.CLOSING, None, False),
        ("3451", Kind.CLOSING, None, False),
        ("1406", Kind.CANCEL, None, False),
        ("1602", Kind.TEST, None, False),
        ("3602", Kind.TEST, None, False),
        ("1570", Kind.BYPASS, None, False),
        ("1121", Kind.DURESS, None, True),
        ("1999", Kind.UNKNOWN, None, True),
        ("2130", Kind.UNKNOWN, None, True),
        ("", Kind.UNKNOWN, None, True),
    ],
)
def test_contact_id(code: str, kind: Kind, restores: Kind | None, opens: bool) -> None:
    row = events.lookup("ADM-CID", code)
    assert (row.kind, row.restores, row.opens) == (kind, restores, opens)


@pytest.mark.parametrize(
    ("code", "kind", "restores"),
    [
        ("BA", Kind.INTRUSION, None),
        ("BR", Kind.RESTORE, Kind.INTRUSION),
        ("AR", Kind.RESTORE, Kind.POWER),
        ("YT", Kind.BATTERY, None),
        ("WA", Kind.FLOOD, None),
        ("CL", Kind.CLOSING, None),
        ("UX", Kind.UNKNOWN, None),
        ("??", Kind.UNKNOWN, None),
    ],
)
def test_sia(code: str, kind: Kind, restores: Kind | None) -> None:
    row = events.lookup("SIA-DCS", code)
    assert (row.kind, row.restores) == (kind, restores)


def test_the_webhook_understands_both_languages_of_codes() -> None:
    assert events.lookup("webhook", "FA").kind is Kind.FIRE
    assert events.lookup("webhook", "1110").kind is Kind.FIRE


def test_labels_tell_opening_from_closing_in_both_languages() -> None:
    assert events.lookup("ADM-CID", "3401").label("fr-FR") == "Mise en marche par usager"
    assert events.lookup("ADM-CID", "1451").label("en") == "Early opening"


def test_a_zone_bends_alarms_and_restores() -> None:
    alarm = events.classify("SIA-DCS", "BA", Kind.HOLD_UP)
    assert (alarm.kind, alarm.category, alarm.priority) == (Kind.HOLD_UP, Category.VITAL, 1)
    assert events.classify("SIA-DCS", "BR", Kind.HOLD_UP).restores is Kind.HOLD_UP


@pytest.mark.parametrize(("code", "format_name"), [("1150", "ADM-CID"), ("UA", "SIA-DCS")])
def test_a_lift_that_sends_a_technical_or_untyped_alarm_is_a_lift(
    code: str, format_name: str
) -> None:
    row = events.classify(format_name, code, Kind.LIFT)
    assert (row.kind, row.category, row.opens) == (Kind.LIFT, Category.VITAL, True)


@pytest.mark.parametrize("code", ["OP", "RP", "AT", "XY", "TA", "BT", "BJ", "BB"])
def test_a_zone_bends_neither_openings_nor_tests_faults_and_unknown_codes(code: str) -> None:
    row = events.classify("SIA-DCS", code, Kind.HOLD_UP)
    assert row == events.lookup("SIA-DCS", code)


@pytest.mark.parametrize("code", ["PA", "BA"])
@pytest.mark.parametrize(
    "said",
    [{"kind": Kind.TEST}, {"category": Category.TECHNICAL}, {"priority": 4}, {"opens": False}],
)
def test_nothing_makes_a_personal_alarm_less(code: str, said: dict[str, Any]) -> None:
    """Neither where its code says that it is one, nor where its zone does."""
    meaning = events.classify("SIA-DCS", code, Kind.HOLD_UP)
    nothing = Override(code, None, None, None, None)
    assert meaning.kind is Kind.HOLD_UP
    assert events.overridden(meaning, replace(nothing, **said)) == meaning
    as_panic = events.overridden(meaning, replace(nothing, kind=Kind.PANIC))
    assert (as_panic.kind, as_panic.priority) == (Kind.PANIC, meaning.priority)
