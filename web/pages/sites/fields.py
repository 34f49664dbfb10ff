"""What the tables of a site ask for, field by field, and how what was typed is read.

A table's row is an item of a list in the site's body, as PUT takes it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callflow.core.signals.signal import OF_STATION, Kind
from web.kit import forms, i18n
from web.kit.problems import ProblemError
from web.kit.words import N_, SITE_FIELDS

Body = dict[str, Any]
#: {value: what it is called} of a choice, from the site and the page's language.
Choices = Callable[[Body, str], Mapping[str, str]]


#: What an alarm of a site may be about: neither the station's own, nor what opens none.
ALARMS = tuple(
    kind
    for kind in Kind
    if kind not in OF_STATION
    and kind not in (Kind.TEST, Kind.OPENING, Kind.CLOSING, Kind.BYPASS, Kind.CANCEL, Kind.RESTORE)
)


class Ask(StrEnum):
    """How a field is asked for."""

    LINE = "line"
    NUMBER = "number"
    CHOICE = "choice"
    TICK = "tick"
    SEVERAL = "several"  # texts with commas between
    TICKS = "ticks"  # some of the choices
    KEPT = "kept"  # goes in and never comes out: empty is unchanged, a tick removes it


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field. ``empty`` is what stands for nothing typed; ``fixed``: typed once, then kept."""

    name: str
    ask: Ask = Ask.LINE
    longest: int = 200
    required: bool = False
    fixed: bool = False
    whole: bool = False  # a number without a fraction
    column: bool = True  # of the table, too
    told: bool = False  # a column that no form asks for: each of its choices that the row has
    removable: bool = True  # what goes in and never comes out may be taken away
    checked: bool = True  # whether it must be one of the choices that the site alone tells
    empty: Any = None
    choices: Choices = lambda site, language: {}

    def read(self, form: forms.Form, site: Body) -> Any:
        """What was typed. Raises a problem that names the field."""
        said = form.get(self.name, "").replace("\0", "").strip()
        if self.ask is Ask.TICK:
            return bool(said)
        if self.ask is Ask.TICKS:
            return [each for each in self.choices(site, "en") if form.get(f"{self.name}.{each}")]
        if not said and self.required:
            raise ProblemError(422, "is missing", field=self.name)
        if not said:
            return [] if self.ask is Ask.SEVERAL else self.empty
        if len(said) > self.longest:
            raise ProblemError(422, "is too long", field=self.name)
        return self._read(said, site)

    def _read(self, said: str, site: Body) -> Any:
        if self.ask is Ask.NUMBER:
            return _number(said, self.name, whole=self.whole)
        if self.ask is Ask.CHOICE and self.checked and said not in self.choices(site, "en"):
            raise ProblemError(422, "choose one of those in the list", field=self.name)
        if self.ask is Ask.SEVERAL:
            return [each.strip() for each in said.split(",") if each.strip()]
        return said

    def said(self, item: Mapping[str, Any], site: Body, language: str) -> str:
        """What stands in the table."""
        value = item.get(self.name)
        if self.told:
            named = self.choices(site, language).items()
            return ", ".join(f"{called} {item[name]}" for name, called in named if item.get(name))
        if self.ask is Ask.KEPT:
            return i18n.catalogue(language).gettext(N_("set")) if item[f"{self.name}_set"] else ""
        if self.ask is Ask.TICK:
            return i18n.catalogue(language).gettext(N_("yes")) if value else ""
        if self.ask is Ask.CHOICE:
            return self.choices(site, language).get(_key(value), _text(value))
        if self.ask is Ask.TICKS:
            called = self.choices(site, language)
            return ", ".join(called.get(each, each) for each in value or ())
        return self.typed(item)

    def typed(self, item: Mapping[str, Any]) -> str:
        """What stands in the form."""
        value = item.get(self.name)
        if self.ask is Ask.SEVERAL:
            return ", ".join(str(each) for each in value or ())
        if self.name == "phone":
            return i18n.phone(value) if value else ""
        return _key(value) if self.ask is Ask.CHOICE else _text(value)

    def asked(self, item: Body | None, site: Body, language: str) -> Body:
        """The field of a form: empty, or as ``item`` has it."""
        return {
            "name": self.name,
            "label": label(self.name, language),
            "brief": label(self.name, language, brief=True),
            "ask": self.ask.value,
            "longest": self.longest,
            "required": self.required,
            "fixed": self.fixed and item is not None,
            "set": bool(item and item.get(f"{self.name}_set")),
            "removable": self.removable,
            "value": self.typed(item) if item else "",
            "ticked": item.get(self.name) if item else None,
            "choices": self.choices(site, language),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A table of a site. ``known_by`` tells its rows apart, however they are written."""

    name: str
    title: str
    adding: str
    fields: tuple[Field, ...]
    known_by: Callable[[Body], tuple[str, ...]]
    listed: Callable[[Body], list[Body]]
    put: Callable[[Body, list[Body]], Body]
    #: What a new row has beside its fields.
    fresh: Callable[[], Body] = dict
    #: What a field of the body is called here, where it is another one.
    called: tuple[tuple[str, str], ...] = ()
    hint: str = ""

    def key(self, item: Body) -> str:
        """What a row's form calls it by."""
        return "/".join(self.known_by(item))

    def of_form(self, before: Body | None, form: forms.Form, site: Body) -> Body:
        """A row as the form has it. Raises a problem that names the field."""
        item = dict(before) if before is not None else self.fresh()
        for field in self.fields:
            if field.told or (field.fixed and before is not None):
                continue
            value = field.read(form, site)
            if field.ask is not Ask.KEPT or value is not None:
                item[field.name] = value
            elif form.get(f"{field.name}_gone"):
                item[field.name] = None
        return item

    def changed(self, site: Body, form: forms.Form, *, remove: bool) -> Body:
        """The site with one row written anew, added or taken away. Raises a problem."""
        items, known = self.listed(site), form.get("key", "")
        before = next((each for each in items if known and self.key(each) == known), None)
        if known and before is None:
            raise ProblemError(409, "this row is there no more: look again")
        if remove:
            return self.put(site, [each for each in items if each is not before])
        item = self.of_form(before, form, site)
        if any(each is not before and self.known_by(each) == self.known_by(item) for each in items):
            raise ProblemError(409, "is there already", field=self.fields[0].name)
        if before is None:
            return self.put(site, [*items, item])
        return self.put(site, [item if each is before else each for each in items])


def label(name: str, language: str, *, brief: bool = False) -> str:
    """What a field is called; ``brief``: without what explains it."""
    said = i18n.catalogue(language).gettext(SITE_FIELDS.get(name, name))
    return _EXPLAINED.split(said)[0] if brief else said


#: Where a label begins to explain itself.
_EXPLAINED = re.compile(r" ?[(:,]")


def _number(said: str, field: str, *, whole: bool) -> float | int:
    try:
        number = float(said.replace(",", "."))
        if not abs(number) <= 1e9 or (whole and number != int(number)):
            raise ValueError
    except ValueError:
        raise ProblemError(422, "must be a number", field=field) from None
    return int(number) if whole else number


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def _key(value: Any) -> str:
    """A choice's value as a form has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _text(value)
