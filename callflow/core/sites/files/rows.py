"""Sites as rows of a file. Pure.

A site has here ``id, name, client, address, postcode, timezone, language, state, plan, accounts``
([{account}]) and ``contacts`` ([{id, name, role, rank, phone, language, authorities, keys_held}]),
as ``GET sites/{id}`` shows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from callflow.core.sites.files.columns import (
    COLUMNS,
    GIVEN,
    ROLES,
    STATES,
    YES_NO,
    Column,
    authorities_text,
    of,
    word,
)

Row = dict[str, Any]

#: {column: what it is called in a site}.
OF_SITE: Mapping[str, str] = {
    "site_name": "name",
    "client": "client",
    "address": "address",
    "postcode": "postcode",
    "timezone": "timezone",
    "site_language": "language",
    "state": "state",
    "plan": "plan",
}
#: Columns that are called in a contact as they are here.
OF_CONTACT = ("name", "role", "rank", "phone", "language", "authorities", "keys_held")


def head(language: str, columns: Sequence[Column] = GIVEN) -> list[str]:
    """The first row."""
    return [column.name(language) for column in columns]


def rows_of(site: Row, language: str) -> Iterator[list[str]]:
    """The rows of one site: one for each part that a contact plays, or one without a contact."""
    of_site = {
        "site": site["id"],
        "accounts": " ".join(each["account"] for each in site["accounts"]),
        **{key: site_text(key, site[name], language) for key, name in OF_SITE.items()},
    }
    for contact in site["contacts"] or [None]:
        cells = dict(of_site)
        if contact is not None:
            cells["contact"] = contact["id"]
            for key in OF_CONTACT:
                cells[key] = contact_text(key, contact[key], language)
        yield [cells.get(column.key, "") for column in GIVEN]


def site_text(key: str, value: Any, language: str) -> str:
    """A site's value as a cell says it."""
    return word(STATES, value, language) if key == "state" else str(value)


def contact_text(key: str, value: Any, language: str) -> str:
    """A contact's value as a cell says it."""
    if key == "role":
        return word(ROLES, value, language)
    if key == "authorities":
        return authorities_text(value, language)
    if key == "keys_held":
        return word(YES_NO, "yes" if value else "no", language)
    return "" if value is None else str(value)


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
