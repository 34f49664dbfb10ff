"""What the tables of a site ask for, field by field, and how what was typed is read.

A table's row is a member of a list of the site's. Pure.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from callflow.core.signals.signal import OF_STATION, Kind
from callflow.core.sites import removed
from callflow.handling.sites.shape import Shape, Site
from web.kit import forms, i18n
from web.kit.problems import ProblemError
from web.kit.words import N_, SITE_FIELDS

NO_SITE = Site.model_construct(name="")


@dataclass(frozen=True, slots=True)
class Offered:
    """What a form's choices are taken of: the site, the plans in use ({id: name}), the lines of
    this machine; another of the station's may have others, hence those are no choice."""

    site: Site = NO_SITE
    plans: Mapping[str, str] = dataclasses.field(default_factory=dict)
    lines: Sequence[str] = ()


#: What a field is of: a row of a site's table, or another form's.
Item = Shape | Mapping[str, Any]
#: {value: what it is called} of a choice, in the page's language.
Choices = Callable[[Offered, str], Mapping[str, str]]

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
    choices: Choices = lambda offered, language: {}

    def read(self, form: forms.Form, offered: Offered) -> Any:
        """What was typed. Raises a problem that names the field."""
        said = form.get(self.name, "").replace("\0", "").strip()
        if self.ask is Ask.TICK:
            return bool(said)
        if self.ask is Ask.TICKS:
            return [each for each in self.choices(offered, "en") if form.get(f"{self.name}.{each}")]
        if not said and self.required:
            raise ProblemError(422, "is missing", field=self.name)
        if not said:
            return [] if self.ask is Ask.SEVERAL else self.empty
        if len(said) > self.longest:
            raise ProblemError(422, "is too long", field=self.name)
        return self._read(said, offered)

    def _read(self, said: str, offered: Offered) -> Any:
        if self.ask is Ask.NUMBER:
            return _number(said, self.name, whole=self.whole)
        if self.ask is Ask.CHOICE and self.checked and said not in self.choices(offered, "en"):
            raise ProblemError(422, "choose one of those in the list", field=self.name)
        if self.ask is Ask.SEVERAL:
            return [each.strip() for each in said.split(",") if each.strip()]
        return said

    def said(self, item: Item, offered: Offered, language: str) -> str:
        """What stands in the table."""
        value = _of(item, self.name)
        if self.told:
            named = self.choices(offered, language).items()
            told = [(called, _of(item, name)) for name, called in named]
            return ", ".join(f"{called} {said}" for called, said in told if said)
        if self.ask is Ask.KEPT:
            kept = _of(item, f"{self.name}_set")
            return i18n.catalogue(language).gettext(N_("set")) if kept else ""
        if self.ask is Ask.TICK:
            return i18n.catalogue(language).gettext(N_("yes")) if value else ""
        if self.ask is Ask.CHOICE:
            return self.choices(offered, language).get(_key(value), _text(value))
        if self.ask is Ask.TICKS:
            called = self.choices(offered, language)
            return ", ".join(called.get(each, each) for each in value or ())
        return self.typed(item)

    def typed(self, item: Item) -> str:
        """What stands in the form."""
        value = _of(item, self.name)
        if self.ask is Ask.SEVERAL:
            return ", ".join(str(each) for each in value or ())
        if self.name in ("phone", "fax"):
            return i18n.phone(value) if value else ""
        return _key(value) if self.ask is Ask.CHOICE else _text(value)

    def asked(self, item: Item | None, offered: Offered, language: str) -> Asked:
        """The field of a form: empty, or as ``item`` has it."""
        return Asked(
            field=self,
            label=label(self.name, language),
            brief=label(self.name, language, brief=True),
            fixed=self.fixed and item is not None,
            set=bool(item and _of(item, f"{self.name}_set")),
            value=self.typed(item) if item else "",
            ticked=_of(item, self.name) if item else None,
            choices=self.choices(offered, language),
        )


class Asked(NamedTuple):
    """A field as a form shows it; ``brief``: its label without what explains it."""

    field: Field
    label: str
    brief: str
    fixed: bool
    set: bool  # something is kept that never comes out
    value: str
    ticked: Any
    choices: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A table of a site. ``known_by`` tells its rows apart, however they are written."""

    name: str
    title: str
    adding: str
    fields: tuple[Field, ...]
    shape: type[Shape]
    known_by: Callable[[Any], tuple[str, ...]]
    #: Its rows, where they aren't the members of the site's list of this name as they are.
    listed: Callable[[Site], Sequence[Shape]] | None = None
    #: The site with just these rows.
    put: Callable[[Site, Sequence[Any]], Site] | None = None
    #: A row, of what is kept of one that was removed.
    row: Callable[[removed.Item], Shape] | None = None
    #: What a new row has beside its fields.
    fresh: Callable[[], dict[str, Any]] = dict
    #: What was typed as the row takes it.
    meant: Callable[[dict[str, Any]], dict[str, Any]] = lambda typed: typed
    #: What a field of the body is called here, where it is another one.
    called: tuple[tuple[str, str], ...] = ()
    hint: str = ""

    def key(self, item: Shape) -> str:
        """What a row's form calls it by."""
        return "/".join(self.known_by(item))

    def rows(self, site: Site) -> list[Shape]:
        """The rows of the table."""
        return list(self.listed(site) if self.listed else getattr(site, self.name))

    def _with(self, site: Site, shapes: Sequence[Shape]) -> Site:
        return self.put(site, shapes) if self.put else site.changed(**{self.name: shapes})

    def of_form(self, before: Shape | None, form: forms.Form, site: Site) -> Shape:
        """A row as the form has it. Raises a problem, or BadField, that names the field."""
        typed: dict[str, Any] = {}
        for field in self.fields:
            if field.told or (field.fixed and before is not None):
                continue
            value = field.read(form, Offered(site))
            if field.ask is not Ask.KEPT or value is not None:
                typed[field.name] = value
            elif form.get(f"{field.name}_gone"):
                typed[field.name] = None
        if before is not None:
            return before.changed(**self.meant(typed))
        return self.shape.read({**self.fresh(), **self.meant(typed)})

    def changed(self, site: Site, form: forms.Form, *, remove: bool) -> Site:
        """The site with one row written anew, added or taken away. Raises a problem."""
        shapes, known = self.rows(site), form.get("key", "")
        before = next((each for each in shapes if known and self.key(each) == known), None)
        if known and before is None:
            raise ProblemError(409, "this row is there no more: look again")
        if remove:
            return self._with(site, [each for each in shapes if each is not before])
        item = self.of_form(before, form, site)
        if any(each is not before and self.key(each) == self.key(item) for each in shapes):
            raise ProblemError(409, "is there already", field=self.fields[0].name)
        if before is None:
            return self._with(site, [*shapes, item])
        return self._with(site, [item if each is before else each for each in shapes])


def label(name: str, language: str, *, brief: bool = False) -> str:
    """What a field is called; ``brief``: without what explains it."""
    said = i18n.catalogue(language).gettext(SITE_FIELDS.get(name, name))
    return _EXPLAINED.split(said)[0] if brief else said


def _of(item: Item, name: str) -> Any:
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)


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
