"""A site's contacts as people write and read them: numbers, codes, authorities, keys held.

Codes go in and never come out: left out = unchanged, null = removed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from callflow.core.sites.declared import Called, Person
from callflow.core.sites.site import Authority
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.sites import calendars, passwords
from callflow.handling.sites.shape import Contact, Shape
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.engine.values import columns
from callflow.storage.sites import contacts
from callflow.storage.sites.sites import upsert
from callflow.vault import Vault

_CODE = re.compile(r"[0-9]{4,8}")


def shown_at(tx: Tx, site_ids: Iterable[str]) -> dict[str, list[Contact]]:
    """{site: its contacts}."""
    found = contacts.called_at(tx, site_ids)
    return {site_id: [_shown(row) for row in rows] for site_id, rows in found.items()}


def in_part(tx: Tx, contact_id: str, **part: Any) -> Contact:
    """A contact in a ``part`` (role, rank, authorities, keys_held) at a site."""
    person = contacts.get(tx, contact_id)
    assert person is not None, "contacts are never erased while a part of theirs is kept"
    return _shown(Called(**columns(person), site_id="", **part))


def _shown(person: Called) -> Contact:
    may = {kind: list(map(Authority, granted)) for kind, granted in person.authorities.items()}
    return Contact.of(person, authorities=may)


def know(tx: Tx, contact_id: str, person: Mapping[str, str]) -> None:
    """Somebody who is named before their own site is written; whoever is known stays as they are.
    Raises BadField."""
    if contacts.get(tx, contact_id) is None:
        sent = Contact.read({"id": contact_id, **person})
        own = sent.model_dump(mode="json", include={"id", "name", "phone", "language", "fax"})
        upsert(tx, t.contact, ["id"], own)


class SharedContact(Refused):
    """Other sites have a contact that one site would change for them all; ``sites``: {id: name}."""

    def __init__(self, field: str, contact: str, sites: Mapping[str, str]) -> None:
        named = ", ".join(f"{name} ({site_id})" for site_id, name in sites.items())
        super().__init__(
            "this contact is other sites' too, and would be changed there: say `shared`",
            f"{contact}: {named}",
        )
        self.field, self.sites = field, dict(sites)


#: What goes in and never comes out.
SECRETS = ("code", "duress_code", "password", "duress_password")


def write_contacts(
    tx: Tx, vault: Vault, site_id: str, sent: Sequence[Contact], *, shared: bool = True
) -> None:
    """The contacts of a site whose links were dropped. ``shared``: those that other sites have are
    changed there too. Raises BadField, naming the field; SharedContact."""
    for place, contact in enumerate(sent):
        before = contacts.get(tx, contact.id)
        _write_contact(tx, vault, site_id, place, contact, before)
        if before is not None and not shared:
            _stays(tx, site_id, f"contacts.{place}", before)
    calendars.check_replacements(tx, sent)


def _stays(tx: Tx, site_id: str, field: str, before: Person) -> None:
    """Raises SharedContact where a contact of other sites is not what it was."""
    if contacts.get(tx, before.id) != before:
        others = contacts.other_sites(tx, [before.id], site_id)
        if others:
            raise SharedContact(field, before.name, others[before.id])


def _write_contact(
    tx: Tx, vault: Vault, site_id: str, place: int, contact: Contact, before: Person | None
) -> None:
    field = f"contacts.{place}"
    own: dict[str, object] = {"id": contact.id, "name": contact.name, "language": contact.language}
    own |= {"phone": contact.phone, **passwords.written(vault, contact, before, f"{field}.")}
    own |= codes(vault, contact.id, contact)
    if contact.says("fax"):
        own["fax"] = contact.fax
    if contact.says("availability"):
        own["availability"] = calendars.availability(contact.availability, f"{field}.availability")
    upsert(tx, t.contact, ["id"], own)
    check_codes(tx, contact.id, f"{field}.duress_code")
    part: dict[str, object] = {"site_id": site_id, "contact_id": contact.id}
    part |= contact.model_dump(mode="json", include={"role", "authorities", "keys_held"})
    part["rank"] = contact.rank if contact.says("rank") else place + 1
    upsert(tx, t.site_contact, ["site_id", "contact_id", "role"], part)


def check_codes(tx: Tx, contact_id: str, field: str) -> None:
    """The two codes of a contact that was just written differ. Raises BadField."""
    kept = contacts.get(tx, contact_id)
    if kept and kept.code and kept.code == kept.duress_code:
        raise BadField(field, "must differ from the code")


def codes(vault: Vault, contact: str, sent: Shape) -> dict[str, str | None]:
    """The columns of the codes that were ``sent``, as they are kept; None removes one."""
    typed = {name: getattr(sent, name) for name in ("code", "duress_code") if sent.says(name)}
    return {name: said and vault.code(contact, said) for name, said in typed.items()}


def new_code(vault: Vault, contact: str, digits: str, field: str) -> str:
    """The code as it is kept. Raises BadField where it has not the length of one."""
    if not _CODE.fullmatch(digits):
        raise BadField(field, "must have 4 to 8 digits")
    return vault.code(contact, digits)
