"""The cells of a file of sites as values, checked as a site's forms and the API check them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callflow.core.signals.signal import Kind
from callflow.core.sites.files.columns import (
    AUTHORITIES,
    BY_KEY,
    LANGUAGES,
    ROLES,
    STATES,
    YES_NO,
    Pair,
    authorities_of,
    value_of,
)
from callflow.core.sites.files.drafts import Person
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.known import Known
from callflow.core.sites.files.rows import contact_text, site_text
from callflow.core.sites.site import ANY_KIND, Role
from callflow.handling.base.fields import BadField
from callflow.handling.sites.numbers import NO_NUMBER, WRONG_LENGTH, e164
from callflow.vault import Vault

Row = dict[str, Any]

_POSTCODE = re.compile(r"([0-9A-Z][0-9A-Z -]{0,15})?")
_CODE = re.compile(r"[0-9]{4,8}")
_MOST_RANK = 1000
_KINDS = frozenset(kind.value for kind in Kind) | {ANY_KIND}


class _Bad(Exception):
    """A cell is wrong: which fault, and what its words need."""

    def __init__(self, code: str, **args: Any) -> None:
        super().__init__(code)
        self.code, self.args_ = code, args


class Values:
    """What cells say. What is wrong is added to ``faults``, and the value stays as it was."""

    def __init__(self, known: Known, vault: Vault) -> None:
        self._known, self._vault = known, vault
        self.faults: list[Fault] = []
        self._timezones: dict[str, bool] = {}
        self._phones: dict[str, str | None] = {}
        self._people: dict[str, tuple[int, Row]] = {}
        self._codes: dict[str, tuple[int, str]] = {}

    def wrong(self, row: int, code: str, column: str, **args: Any) -> None:
        """One more fault."""
        self.faults.append(Fault(row=row, code=code, column=column, args=args))

    def of_site(self, key: str, cell: str, before: Any, row: int, *, new: bool) -> Any:
        """A site's value; ``before``: what it is, or would be without the column."""
        if not new and cell in {site_text(key, before, each) for each in LANGUAGES}:
            return before
        value = self._read(_OF_SITE[key], key, cell.strip(), before, row)
        if key == "state" and not new and value != before:
            self.wrong(row, "contract", key)  # it takes a reason (D2)
            return before
        return value

    def of_contact(self, key: str, person: Person, before: Any) -> Any:
        """A contact's value."""
        cell = person.cells[key]
        if cell and cell in {contact_text(key, before, each) for each in LANGUAGES}:
            return before
        return self._read(_OF_CONTACT[key], key, cell.strip(), before, person.row)

    def role(self, person: Person, before: str | None) -> str:
        """The part that a contact plays; said nowhere: as before, or a keyholder."""
        cell = person.cells.get("role", "").strip()
        if not cell:
            return before or Role.KEYHOLDER.value
        known = before or Role.KEYHOLDER.value
        return str(self._read(Values.part, "role", cell, known, person.row))

    def _read(self, reader: _Reader, key: str, cell: str, before: Any, row: int) -> Any:
        try:
            if len(cell) > BY_KEY[key].most:
                raise _Bad("too_long", most=BY_KEY[key].most)
            return reader(self, cell, before)
        except _Bad as bad:
            self.wrong(row, bad.code, key, **bad.args_)
            return before

    # --- one a column -----------------------------------------------------------------------

    def text(self, cell: str, _before: Any) -> str:
        return cell

    def name(self, cell: str, before: Any) -> Any:
        if not cell and not before:
            raise _Bad("missing")
        return cell or before

    def postcode(self, cell: str, _before: Any) -> str:
        if not _POSTCODE.fullmatch(cell.upper()):
            raise _Bad("bad_postcode")
        return cell.upper()

    def timezone(self, cell: str, before: Any) -> Any:
        if cell and cell not in self._timezones:
            self._timezones[cell] = _is_timezone(cell)
        if cell and not self._timezones[cell]:
            raise _Bad("bad_timezone")
        return cell or before

    def language(self, cell: str, before: Any) -> Any:
        if cell and cell.lower() not in LANGUAGES:
            raise _Bad("bad_language")
        return cell.lower() or before

    def state(self, cell: str, before: Any) -> Any:
        return _one_of(STATES, cell) if cell else before

    def plan(self, cell: str, before: Any) -> str:
        if cell and cell not in self._known.plans:
            raise _Bad("no_plan", about=cell)
        if cell in self._known.withdrawn and cell != before:  # a terminated site keeps its own
            raise _Bad("plan_withdrawn", about=cell)
        return cell

    def part(self, cell: str, _before: Any) -> str:
        return _one_of(ROLES, cell)

    def rank(self, cell: str, before: Any) -> Any:
        if not cell:
            return before
        if not cell.isascii() or not cell.isdigit() or not 1 <= int(cell) <= _MOST_RANK:
            raise _Bad("bad_rank")
        return int(cell)

    def phone(self, cell: str, _before: Any) -> str | None:
        if cell not in self._phones:
            try:
                self._phones[cell] = e164(cell, "phone")
            except BadField as bad:
                raise _Bad(_PHONES.get(bad.message, "phone_refused")) from None
        return self._phones[cell]

    def authorities(self, cell: str, _before: Any) -> dict[str, list[str]]:
        granted, unknown = authorities_of(cell)
        if unknown:
            choices = _choices(AUTHORITIES)
            raise _Bad("bad_authority", value=unknown[0], choices=choices)
        for kind in granted:
            if kind not in _KINDS:
                raise _Bad("bad_kind", about=kind)
        return granted

    def keys_held(self, cell: str, _before: Any) -> bool:
        return bool(cell) and _one_of(YES_NO, cell) == "yes"

    # --- across rows ------------------------------------------------------------------------

    def same_everywhere(self, person: Person, contact: Row) -> None:
        """The same contact at several sites has one name, one number, one language."""
        first, said = self._people.setdefault(person.id, (person.row, contact))
        for key in ("name", "phone", "language"):
            if contact[key] != said[key] and key in person.cells:
                texts = [contact_text(key, each[key], "fr") for each in (contact, said)]
                self.wrong(person.row, "differs", key, value=texts[0], other=texts[1], first=first)

    def codes(self, person: Person) -> dict[str, str]:
        """{code or duress_code: as the vault keeps it} of those that are set anew."""
        kept = self._known.contacts.get(person.id) or {"code": None, "duress_code": None}
        found: dict[str, str] = {}
        for name in ("code", "duress_code"):
            digits = person.cells.get(name, "").strip()
            if not digits:
                continue
            if not _CODE.fullmatch(digits):
                self.wrong(person.row, "bad_code", name)
                continue
            value = self._vault.code(person.id, digits)
            first, said = self._codes.setdefault(f"{name} {person.id}", (person.row, value))
            if said != value:
                self.wrong(person.row, "code_differs", name, first=first)
            if value != kept[name]:
                found[name] = value
        both = {**kept, **found}
        if found and both["code"] == both["duress_code"]:
            self.wrong(person.row, "same_code", "duress_code")
        return found


def _choices(table: Mapping[str, Pair]) -> Pair:
    french, english = zip(*table.values(), strict=True)
    return ", ".join(french), ", ".join(english)


def _one_of(table: Mapping[str, Pair], cell: str) -> str:
    value = value_of(table, cell)
    if value is None:
        choices = _choices(table)
        raise _Bad("one_of", value=cell, choices=choices)
    return str(value)


def _is_timezone(name: str) -> bool:
    try:
        return ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


_Reader = Callable[[Values, str, Any], Any]
_OF_SITE: dict[str, _Reader] = {
    "site_name": Values.name,
    "client": Values.text,
    "address": Values.text,
    "postcode": Values.postcode,
    "timezone": Values.timezone,
    "site_language": Values.language,
    "state": Values.state,
    "plan": Values.plan,
}
_OF_CONTACT: dict[str, _Reader] = {
    "name": Values.name,
    "rank": Values.rank,
    "phone": Values.phone,
    "language": Values.language,
    "authorities": Values.authorities,
    "keys_held": Values.keys_held,
}
#: What a number that is none is told.
_PHONES = {NO_NUMBER: "no_phone", WRONG_LENGTH: "phone_digits"}
