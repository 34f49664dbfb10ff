"""A site that is to be written, and where each part of it stands in a file.

What is wrong with it is told by sheet, row and column.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from callflow.core.sites.files import meanings
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.sheets import BY_PART, Cell, Column, Part
from callflow.core.sites.site import Role
from callflow.core.sites.zones import zone_key
from callflow.core.watch.supervision import user_key
from callflow.handling.base import fields
from callflow.handling.base.fields import BadField
from callflow.handling.sites import shape
from callflow.handling.sites.shape import Shape, Site

Document = dict[str, Any]

#: {part: (list of a site, shape of its items, what tells them apart)}.
LISTS: Mapping[Part, tuple[str, type[Shape], Callable[[Mapping[str, Any]], Any]]] = {
    Part.ACCOUNT: ("accounts", shape.Account, lambda one: one["account"]),
    Part.ZONE: ("zones", shape.Zone, lambda one: (one["account"], zone_key(one.get("zone") or ""))),
    Part.CONTACT: (
        "contacts",
        shape.Contact,
        lambda one: (one["id"], one.get("role") or Role.KEYHOLDER),
    ),
    Part.USER: (
        "panel_users",
        shape.PanelUser,
        lambda one: (one["account"], user_key(one.get("number") or "")),
    ),
    Part.EVENT: (
        "event_overrides",
        shape.EventOverride,
        lambda one: (one.get("code"), zone_key(one.get("zone") or "")),
    ),
    Part.CAMERA: ("cameras", shape.Camera, lambda one: one.get("id")),
}
_OF_LIST = {name: part for part, (name, _, _) in LISTS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """How a file is taken. ``remove``: what it does not name at a site that it names goes, of parts
    that it has columns of (``parts``). ``because``: why contracts may be others, "": they may not.
    """

    parts: frozenset[Part] = frozenset()
    remove: bool = False
    because: str = ""


@dataclass(kw_only=True, slots=True)
class Draft:
    """A site to write. ``before``: as the station had it; ``where``: {path: (sheet, row)}."""

    id: str
    before: Document | None
    document: Document
    where: dict[str, tuple[str, int]] = field(default_factory=dict)
    site: Site | None = None  # None where ``faults`` has anything
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    spoilt: bool = False  # its rows can't all be read, which was told already

    def check(self) -> None:
        """Make it a site, or tell all that is wrong with it."""
        if self.faults:
            return
        try:
            self.site = Site.model_validate(self.document)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                self.faults.append(self.wrong(fields.bad_field(each)))

    def wrong(self, bad: BadField) -> Fault:
        """Where in the file that is."""
        place, rest = self._place(bad.field)
        tab, row = self.where.get(place) or self.where.get("") or ("", 0)
        column = _column(place, rest)
        secret = column is not None and column.cell is Cell.SECRET
        value = "" if secret or column is None else _value(self.document, bad.field, column)
        about = bad.about or ("" if column else bad.field)
        return Fault(
            row=row,
            code=bad.message,
            column=column.key if column else "",
            sheet=tab,
            site=self.id,
            value=value[:200],
            args={"about": about} if about else {},
        )

    def _place(self, path: str) -> tuple[str, str]:
        """The longest part of a path that stands somewhere, and the rest."""
        words = path.split(".")
        for many in range(len(words), 0, -1):
            place = ".".join(words[:many])
            if place in self.where:
                return place, ".".join(words[many:])
        return "", path


def _column(place: str, rest: str) -> Column | None:
    first, _, number = place.partition(".")
    part = _OF_LIST.get(first)
    if part is None or not number:
        part, rest = _LEADS.get(first, Part.SITE), f"{place}.{rest}".strip(".")
        if part is not Part.SITE:
            rest = _LEADS_TO.get(part, rest.partition(".")[2])
    columns = BY_PART[part].columns
    exact = [c for c in columns if c.field == rest and c.part is part]
    near = [
        c
        for c in columns
        if rest and c.part is part and (_within(c.field, rest) or _within(rest, c.field))
    ]
    return next(iter(exact or near), None)


#: {a site's field: the part whose rows make it}, and its column where the path has none.
_LEADS = {
    "schedule": Part.HOURS,
    "plans": Part.PLAN,
    "plan_rules": Part.RULE,
    "plan_overrides": Part.SETTING,
}
_LEADS_TO = {Part.PLAN: "plan", Part.RULE: "rule", Part.SETTING: "settings"}


def _within(path: str, other: str) -> bool:
    return path.startswith(f"{other}.")


def _value(document: Document, path: str, column: Column) -> str:
    found: Any = document
    for word in path.split("."):
        try:
            found = found[int(word)] if isinstance(found, list) else found[word]
        except (KeyError, IndexError, ValueError, TypeError):
            return ""
    return (
        found
        if isinstance(found, str)
        else meanings.said(column, found, "fr")
        if not isinstance(found, dict)
        else ""
    )
