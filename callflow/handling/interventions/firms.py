"""Firms of guards, and those that keep installations in order, as an administrator writes and reads
them (D22); shared between sites. One is closed with a reason, never erased."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from callflow.core.changes import changes
from callflow.core.interventions.firm import Firm, FirmAtSite
from callflow.core.sites.site import Role
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.sites import calendars, contracts
from callflow.handling.sites.contacts import check_codes, contact_code, in_part
from callflow.handling.sites.numbers import e164
from callflow.handling.sites.rules import one_of, required
from callflow.handling.sites.shape import Contact
from callflow.storage import Tx
from callflow.storage.interventions import firms, guards
from callflow.storage.sites import contacts
from callflow.vault import Vault

Row = dict[str, Any]

#: In which part a firm works for sites.
PARTS = (Role.GUARD, Role.MAINTENANCE)
_SECTOR = re.compile(r"[0-9A-Za-z]{1,8}")


def guard_firms(tx: Tx) -> list[Row]:
    """Every firm in calling order, without its codes."""
    return [_shown(tx, row) for row in guards.firms(tx)]


def _shown(tx: Tx, firm: Firm) -> Row:
    contact = contacts.get(tx, firm.contact_id)
    names = ("name", "phone", "language", "licence", "rank", "tariff")
    shown = {name: getattr(firm, name) for name in names}
    return {
        "id": firm.contact_id,
        **shown,
        "part": firm.part.value,
        "sectors": list(firm.sectors),
        "availability": contact.availability if contact else None,
        "code_set": bool(contact and contact.code),
    }


def _known(tx: Tx, firm_id: str) -> Firm:
    """A firm. One that only sites name has no licence yet. Raises NotFound."""
    contact = contacts.get(tx, firm_id)
    if contact is None or not firms.is_firm(tx, firm_id):
        raise NotFound("there is no such guard or maintenance firm", firm_id)
    named = {link.role for link in firms.links(tx, firm_id)}
    part = Role.MAINTENANCE if Role.MAINTENANCE in named else Role.GUARD
    of = contact.name, contact.phone, contact.language
    return guards.firm(tx, firm_id) or Firm(firm_id, "", (), 1, "", part, None, "", "", *of)


def get_firm(tx: Tx, firm_id: str) -> Row:
    """A firm as an administrator sees it, with what closed it. Raises NotFound."""
    firm, contact = _known(tx, firm_id), contacts.get(tx, firm_id)
    closed = {name: getattr(firm, name) for name in ("closed_at", "closed_by", "closed_because")}
    under_duress = bool(contact and contact.duress_code is not None)
    return {**_shown(tx, firm), "duress_code_set": under_duress, **closed}


def put_firm(tx: Tx, vault: Vault, firm_id: str, body: Row, who: str, now: datetime) -> Row:
    """Create or replace a firm; what GET gives. Raises BadField, naming the field.

    A code that is left out stays, null removes it.
    """
    before = guards.firm(tx, firm_id)
    was = _shown(tx, before) if before else {}
    part = one_of(Role, body.get("part", was.get("part", Role.GUARD)), "part")
    if part not in PARTS:
        raise BadField("part", f"must be one of {', '.join(PARTS)}")
    required(body, "name", "name")
    if part == Role.GUARD:
        required(body, "licence", "licence")
    sectors = [str(sector) for sector in body.get("sectors", [])]
    for place, sector in enumerate(sectors):
        if not _SECTOR.fullmatch(sector):
            raise BadField(f"sectors.{place}", "is no beginning of a postcode, such as 350")
    contact: Row = {
        "id": firm_id,
        "name": body["name"],
        "language": body.get("language", "fr"),
        "phone": e164(body.get("phone"), "phone"),
    }
    for name in ("code", "duress_code"):
        if name in body:
            contact[name] = contact_code(vault, firm_id, body[name], name)
    if "availability" in body:
        contact["availability"] = calendars.availability(body["availability"], "availability")
    firm: Row = {
        "contact_id": firm_id,
        "part": part,
        "licence": body.get("licence", ""),
        "sectors": sectors,
        "rank": body.get("rank", 1),
        "tariff": body.get("tariff", ""),
    }
    guards.put_firm(tx, contact, firm)
    check_codes(tx, firm_id, "duress_code")
    found = guards.firm(tx, firm_id)
    assert found is not None, "it was written just now"
    shown = _shown(tx, found)
    fields = changed_fields(was, shown, body)
    tell(tx, "guard_firm_changed", now, firm=body["name"], by=who, who_did=who, fields=fields)
    return shown


def changed_fields(was: Row, shown: Row, sent: Row) -> Row:
    """{field: [before, after]} of what differs; of a code that was ``sent`` only its name."""
    fields: Row = {each.path: [each.before, each.after] for each in changes(was, shown)}
    return fields | {name: None for name in ("code", "duress_code") if sent.get(name)}


def close_firm(tx: Tx, firm_id: str, reason: str, who: str, now: datetime) -> None:
    """It works for no site any more, and is asked for nothing; it stays known. Raises NotFound,
    Refused while a guard of its is away, BadField."""
    firm, said = _known(tx, firm_id), contracts.a_reason(reason)
    if firm.closed_at is not None:
        raise Refused("this firm is closed already")
    if any(task.open for task in firms.guard_tasks(tx, firm_id)):
        raise Refused("a guard of this firm is asked for: close it when that is over")
    if guards.firm(tx, firm_id) is None:
        names = ("contact_id", "licence", "rank", "tariff")
        bare = {name: getattr(firm, name) for name in names} | {"part": firm.part.value}
        guards.put_firm(tx, {"id": firm_id}, {**bare, "sectors": list(firm.sectors)})
    for link in firms.links(tx, firm_id):
        part = _in_part(tx, firm_id, link)
        contracts.closed(tx, link.site_id, [part], reason=said, who=who, now=now)
    firms.unlink(tx, firm_id, now)
    guards.close_firm(tx, firm_id, who, said, now)
    tell(tx, "firm_closed", now, firm=firm.name, by=who, who_did=who, because=said)


def _in_part(tx: Tx, firm_id: str, link: FirmAtSite) -> Contact:
    """The firm in its part at a site."""
    part = {name: getattr(link, name) for name in ("role", "rank", "authorities", "keys_held")}
    return in_part(tx, firm_id, **part)


def reopen_firm(tx: Tx, firm_id: str, who: str, now: datetime) -> None:
    """It may be asked again; at which sites is said there. Raises NotFound, Refused."""
    firm = _known(tx, firm_id)
    if firm.closed_at is None:
        raise Refused("this firm is not closed")
    guards.close_firm(tx, firm_id, "", "", None)
    tell(tx, "firm_reopened", now, firm=firm.name, by=who, who_did=who)
