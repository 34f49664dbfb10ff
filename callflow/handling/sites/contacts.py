"""A site's contacts as people write and read them: numbers, codes, authorities, keys held.

Codes go in and never come out: left out = unchanged, null = removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import phonenumbers

from callflow.core.calls.dial_policy import EMERGENCY, refusal
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import ANY_KIND, Authority, Role
from callflow.handling.base.refusals import Refused
from callflow.handling.sites import calendars, passwords, rules
from callflow.handling.sites.rules import BadSite
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.sites import contacts as contact_rows
from callflow.storage.sites.sites import upsert
from callflow.vault import Vault

Row = dict[str, Any]

_CODE = re.compile(r"[0-9]{4,8}")
_REGION = "FR"
NO_NUMBER = "is no phone number: write +33… or 06 …"
WRONG_LENGTH = "has too few or too many digits"


def shown_at(tx: Tx, site_ids: Iterable[str]) -> dict[str, list[Row]]:
    """{site: its contacts as PUT takes them, codes left out}."""
    found = contact_rows.rows_at(tx, site_ids)
    return {site_id: [_shown(row) for row in rows] for site_id, rows in found.items()}


def in_part(tx: Tx, contact_id: str, **part: Any) -> Row:
    """A contact as PUT takes it, in a ``part`` (role, rank, authorities, keys_held) at a site."""
    row = contact_rows.get(tx, contact_id)
    assert row is not None, "contacts are never erased while a part of theirs is kept"
    return _shown({**row, **part})


def _shown(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "role": row["role"],
        "rank": row["rank"],
        "language": row["language"],
        "phone": row["phone"],
        "code_set": row["code"] is not None,
        "duress_code_set": row["duress_code"] is not None,
        "password_set": row["password"] is not None,
        "duress_password_set": row["duress_password"] is not None,
        "authorities": row["authorities"],
        "keys_held": row["keys_held"],
        "availability": row["availability"],
    }


class SharedContact(Refused):
    """Other sites have a contact that one site would change for them all; ``sites``: {id: name}."""

    def __init__(self, field: str, contact: str, sites: Mapping[str, str]) -> None:
        named = ", ".join(f"{name} ({site_id})" for site_id, name in sites.items())
        super().__init__(
            "this contact is other sites' too, and would be changed there: say `shared`",
            f"{contact}: {named}",
        )
        self.field, self.sites = field, dict(sites)


#: What a contact is wherever they are one; the part that they play is a site's own.
_OWN = (
    *("name", "language", "phone", "availability"),
    *("code", "duress_code", "password", "duress_password"),
)


def write_contacts(
    tx: Tx, vault: Vault, site_id: str, sent: Sequence[Row], *, shared: bool = True
) -> None:
    """The contacts of a site whose links were dropped. ``shared``: those that other sites have are
    changed there too. Raises BadSite, naming the field; SharedContact."""
    for place, contact in enumerate(sent):
        before = contact_rows.get(tx, str(contact.get("id"))) if not shared else None
        _write_contact(tx, vault, site_id, place, contact)
        if before is not None:
            _stays(tx, site_id, f"contacts[{place}]", before)
    calendars.check_replacements(tx, sent)


def _stays(tx: Tx, site_id: str, field: str, before: Row) -> None:
    """Raises SharedContact where a contact of other sites is not what it was."""
    after = contact_rows.get(tx, before["id"])
    assert after is not None, "it was just written"
    if any(after[name] != before[name] for name in _OWN):
        others = contact_rows.other_sites(tx, [before["id"]], site_id)
        if others:
            raise SharedContact(field, before["name"], others[before["id"]])


def _write_contact(tx: Tx, vault: Vault, site_id: str, place: int, contact: Row) -> None:
    field = f"contacts[{place}]"
    contact_id = rules.required(contact, "id", f"{field}.id")
    values: Row = {
        "id": contact_id,
        "name": rules.required(contact, "name", f"{field}.name"),
        "language": contact.get("language", "fr"),
        "phone": e164(contact.get("phone"), f"{field}.phone"),
    }
    for name in ("code", "duress_code"):
        if name in contact:
            values[name] = contact_code(vault, contact_id, contact[name], f"{field}.{name}")
    before = contact_rows.get(tx, contact_id)
    values |= passwords.written(vault, contact, before, f"{field}.")
    if "availability" in contact:
        sent = contact["availability"]
        values["availability"] = calendars.availability(sent, f"{field}.availability")
    upsert(tx, t.contact, ["id"], values)
    check_codes(tx, contact_id, f"{field}.duress_code")
    upsert(
        tx,
        t.site_contact,
        ["site_id", "contact_id", "role"],
        {
            "site_id": site_id,
            "contact_id": contact_id,
            "role": rules.one_of(Role, contact.get("role"), f"{field}.role"),
            "rank": contact.get("rank", place + 1),
            "authorities": _authorities(contact.get("authorities", {}), f"{field}.authorities"),
            "keys_held": contact.get("keys_held", False),
        },
    )


def check_codes(tx: Tx, contact_id: str, field: str) -> None:
    """The two codes of a contact that was just written differ. Raises BadSite."""
    kept = contact_rows.get(tx, contact_id)
    if kept and kept["code"] and kept["code"] == kept["duress_code"]:
        raise BadSite(field, "must differ from the code")


def _authorities(granted: dict[str, list[str]], field: str) -> dict[str, list[str]]:
    known = {a.value for a in Authority}
    for kind, authorities in granted.items():
        if kind != ANY_KIND and kind not in {k.value for k in Kind}:
            raise BadSite(f"{field}.{kind}", "is no kind of alarm")
        for authority in authorities:
            if authority not in known:
                raise BadSite(f"{field}.{kind}", "there is no such authority", str(authority))
    return granted


def contact_code(vault: Vault, contact: str, digits: str | None, field: str) -> str | None:
    """The code as it is kept; None removes it. Raises BadSite."""
    return None if digits is None else new_code(vault, contact, digits, field)


def new_code(vault: Vault, contact: str, digits: str, field: str) -> str:
    """The code as it is kept. Raises BadSite where it has not the length of one."""
    if not _CODE.fullmatch(digits):
        raise BadSite(field, "must have 4 to 8 digits")
    return vault.code(contact, digits)


def e164(number: str | None, field: str) -> str | None:
    """A number as people write it, in E.164. Raises BadSite."""
    if number is None or not number.strip():
        return None
    if refusal(number) == EMERGENCY:  # as it was typed: 17 is no short French number by mistake
        raise BadSite(field, EMERGENCY)
    try:
        parsed = phonenumbers.parse(number, _REGION)
    except phonenumbers.NumberParseException:
        raise BadSite(field, NO_NUMBER) from None
    if not phonenumbers.is_possible_number(parsed):
        raise BadSite(field, WRONG_LENGTH)
    text = str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    why = refusal(text)
    if why is not None:  # said now, not when the alarm comes
        raise BadSite(field, why)
    return text
