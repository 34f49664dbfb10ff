"""A site's alarms stand in one row of a list, and no vital one that nobody took is hidden."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from callflow.core.signals.signal import Kind
from web.kit.words import short_kind
from web.pages.alarms.folds import Folds, folds
from web.pages.alarms.views import Line

T0 = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


def line(name: str, site: str | None, priority: int = 2, **more: Any) -> Line:
    nothing: dict[str, Any] = {one.name: None for one in fields(Line)}
    known = {"id": name, "site": site, "priority": priority, "group": "queue"}
    return Line(**{**nothing, **known, **more})


def test_the_first_of_a_site_s_stands_for_the_others_of_its_list() -> None:
    shown = [
        line("a", "1"),
        line("b", "2"),
        line("c", "1"),
        line("d", "1", 4),
        line("e", "1", group="machine"),
        line("f", None),
        line("g", None),
    ]
    assert folds(shown) == Folds({"a": 2}, frozenset({"c", "d"}))


def test_a_vital_one_is_hidden_when_somebody_took_it_and_never_before() -> None:
    first, taken = line("a", "1", 1, target_at=T0), line("c", "1", 1)
    assert folds([first, line("b", "1", 1, target_at=T0)]) == Folds({}, frozenset())
    assert folds([first, taken]) == Folds({"a": 1}, frozenset({"c"}))


def test_a_row_says_what_an_alarm_is_about_and_not_that_it_is_one() -> None:
    for kind, french, english in (
        (Kind.INTRUSION, "Intrusion", "Intrusion"),
        (Kind.DURESS, "Sous contrainte", "Duress"),
        (Kind.UNKNOWN, "Alarme", "Alarm"),
        (Kind.PEER, "Alarme d'une autre station", "Alarm of another station"),
        (Kind.POWER, "Défaut secteur", "Mains failure"),
    ):
        assert (short_kind(kind, "fr"), short_kind(kind, "en")) == (french, english)
