"""Sites as rows of a file: what each cell says of the shape, and what the shape takes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from callflow.core.sites.files.columns import (
    AUTHORITIES,
    COLUMNS,
    GIVEN,
    IN_LANGUAGE,
    YES_NO,
    Column,
    Pair,
    authorities_of,
    authorities_text,
    of,
    value_of,
    word,
)
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.writing import Figure
from callflow.core.sites.site import ANY_KIND
from callflow.handling.base.fields import BadField
from callflow.handling.sites.shape import Contact, Shape, Site
from callflow.texts.plans.vocabulary import CONTRACTS, ROLES

#: {column: the field of a site}.
OF_SITE: Mapping[str, str] = {
    "site_name": "name",
    "client": "client",
    "address": "address",
    "postcode": "postcode",
    "latitude": "latitude",
    "longitude": "longitude",
    "timezone": "timezone",
    "site_language": "language",
    "state": "state",
    "plan": "plans",
}
#: Columns that are called as a contact's fields are.
OF_CONTACT = ("name", "role", "rank", "phone", "fax", "language", "authorities", "keys_held")
#: The rank of who has none yet.
NO_RANK = 0
#: Those whose empty cell leaves what is there; another one's empties it.
_KEPT = ("site_name", "timezone", "site_language", "state", "name", "rank", "language")
_WORDS: Mapping[str, Mapping[str, Pair]] = {
    "state": CONTRACTS,
    "role": ROLES,
    "site_language": IN_LANGUAGE,
    "language": IN_LANGUAGE,
    "keys_held": YES_NO,
}


# --- what is there, for a file --------------------------------------------------------------------


def head(language: str, columns: Sequence[Column] = GIVEN) -> list[str]:
    """The first row."""
    return [column.name(language) for column in columns]


def rows_of(site: Site, language: str) -> Iterator[list[str]]:
    """The rows of one site: one for each part that a contact plays, or one without a contact."""
    of_site = {"site": site.id, "accounts": " ".join(site.numbers)}
    of_site |= {key: said(key, getattr(site, name), language) for key, name in OF_SITE.items()}
    people: list[dict[str, str]] = [
        {key: said(key, getattr(contact, key), language) for key in OF_CONTACT}
        | {"contact": contact.id}
        for contact in site.contacts
    ]
    for cells in people or [{}]:
        yield [(of_site | cells).get(column.key, "") for column in GIVEN]


def said(key: str, value: Any, language: str) -> str:
    """A field's value as its column's cell says it."""
    if key == "plan":
        return str(value.get(ANY_KIND, ""))
    if key == "authorities":
        return authorities_text(value, language)
    if key == "keys_held":
        value = "yes" if value else "no"
    if isinstance(value, float):
        return Figure(value)
    return "" if value in (None, NO_RANK) else word(_WORDS.get(key, {}), str(value), language)


def template(language: str) -> tuple[list[str], list[list[str]]]:
    """Head and example rows of a file to fill in."""
    first = [of(column.example, language) for column in COLUMNS]
    keyholder = {
        "name": ("Premier dépositaire", "First keyholder"),
        "role": ("dépositaire", "keyholder"),
        "rank": ("1", "1"),
        "phone": ("06 39 98 00 17", "+33 6 39 98 00 17"),
        "authorities": ("annuler l’alarme, envoyer l’agent", "cancel the alarm, send a guard"),
        "keys_held": ("oui", "yes"),
        "accounts": ("0417", "0417"),
    }
    second = [of(keyholder.get(column.key, ("", "")), language) for column in COLUMNS]
    return head(language, COLUMNS), [first, second]


# --- what a file says, for the shape --------------------------------------------------------------


class BadCell(Exception):
    """A cell is wrong in a way that only files know: which fault, and what its words need."""

    def __init__(self, code: str, **args: Any) -> None:
        super().__init__(code)
        self.code, self.args_ = code, args


def value(key: str, cell: str, before: Any) -> Any:
    """What a cell says, as the shape checks it. ``before``: what is there. Raises BadCell, and
    BadField."""
    if key in _KEPT and not cell and before != "":
        return before
    if key == "plan":
        others = {kind: plan for kind, plan in before.items() if kind != ANY_KIND}
        return {**others, ANY_KIND: cell} if cell else others
    shape: type[Shape] = Site if key in OF_SITE else Contact
    return shape.value(OF_SITE.get(key, key), _MEANT.get(key, str)(cell))


def wrong(row: int, column: str, bad: BadField | BadCell, about: str = "") -> Fault:
    """What is wrong there, as the shape, or the file, says it; ``about``: what it names."""
    if isinstance(bad, BadCell):
        return Fault(row=row, code=bad.code, column=column, args=bad.args_)
    about = bad.about or bad.field or about
    return Fault(row=row, code=bad.message, column=column, args={"about": about} if about else {})


def _one_of(key: str) -> Callable[[str], str]:
    table = _WORDS[key]

    def meant(cell: str) -> str:
        value = value_of(table, cell)
        if value is None:
            raise BadCell("one_of", value=cell, choices=_choices(table))
        return value

    return meant


def _authorities(cell: str) -> dict[str, list[str]]:
    granted, unknown = authorities_of(cell)
    if unknown:
        raise BadCell("bad_authority", value=unknown[0], choices=_choices(AUTHORITIES))
    return granted


def _degrees(cell: str) -> float | None:
    try:
        return float(cell.replace(",", ".")) if cell else None
    except ValueError:
        raise BadCell("number", value=cell) from None


def _choices(table: Mapping[str, Pair]) -> Pair:
    french, english = zip(*table.values(), strict=True)
    return ", ".join(french), ", ".join(english)


_MEANT: Mapping[str, Callable[[str], Any]] = {
    "postcode": str.upper,
    "latitude": _degrees,
    "longitude": _degrees,
    "site_language": _one_of("site_language"),
    "language": _one_of("language"),
    "state": _one_of("state"),
    "role": _one_of("role"),
    "rank": lambda cell: int(cell) if cell.isascii() and cell.isdigit() else 0,
    "authorities": _authorities,
    "keys_held": lambda cell: bool(cell) and _one_of("keys_held")(cell) == "yes",
}
