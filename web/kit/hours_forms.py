"""A week of hours and its holidays, as forms ask for them: ``08:00-12:00, 13:30-18:30``."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from callflow.core.time.holidays import read_holidays
from callflow.core.time.hours import DAYS, CalendarError, read_hours
from web.kit import forms
from web.kit.problems import ProblemError

Body = dict[str, Any]

_FRENCH = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")


def week(form: forms.Form) -> dict[str, list[str]]:
    """The seven fields ``mon`` to ``sun``. Raises a problem that names the day."""
    found = {day: hours(form.get(day, ""), day) for day in DAYS}
    return {day: said for day, said in found.items() if said}


def hours(text: str, field: str) -> list[str]:
    """Intervals with commas between. Raises a problem."""
    said = [each.strip().replace("–", "-") for each in text.split(",") if each.strip()]
    try:
        read_hours(said, field)
    except CalendarError as error:
        raise ProblemError(422, error.said, field=field, about=error.about) from None
    return said


def holidays(form: forms.Form, rules: Collection[str]) -> Body | None:
    """Whose holidays count, and what they make of the day; None: no country is typed."""
    country, region = forms.line(form, "country").strip().upper(), forms.line(form, "region")
    if not country:
        return None
    body = {"country": country, "region": region.strip() or None, "open": form.get("on_holidays")}
    try:
        read_holidays(body, "holidays", rules)
    except CalendarError as error:
        field = error.field.split(".")[-1]
        raise ProblemError(422, error.said, field=field, about=error.about) from None
    return body


def exceptions(text: str) -> dict[str, list[str]]:
    """A day a line: ``2026-12-24 08:00-12:00``, or a day alone, which is closed. Raises a problem
    that names the field ``exceptions``."""
    found: dict[str, list[str]] = {}
    for each in text.replace("\r", "").split("\n"):
        day, _, said = each.strip().partition(" ")
        if not day:
            continue
        iso = _iso(day)
        if iso is None:
            wrong = "a line is a day and its hours, such as 2026-12-24 08:00-12:00"
            raise ProblemError(422, wrong, field="exceptions", about=each.strip()[:40])
        if iso in found:
            wrong = "this day is there twice: its hours stand on one line"
            raise ProblemError(422, wrong, field="exceptions", about=day)
        try:
            found[iso] = hours(said, "exceptions")
        except ProblemError as error:
            error.about = each.strip()[:40]
            raise
    return found


def _iso(day: str) -> str | None:
    """A day as it is kept; 24/12/2026 is one too. None: it is none."""
    french = _FRENCH.fullmatch(day)
    try:
        return date.fromisoformat("-".join(french.groups()[::-1]) if french else day).isoformat()
    except ValueError:
        return None


def typed_week(week: Mapping[str, list[str]] | None) -> dict[str, str]:
    """The seven fields as they stand in the form."""
    return {day: ", ".join((week or {}).get(day, [])) for day in DAYS}


def typed_exceptions(kept: Mapping[str, list[str]]) -> str:
    """The lines of the days that are not as usual."""
    return "\n".join(f"{day} {', '.join(said)}".strip() for day, said in sorted(kept.items()))
