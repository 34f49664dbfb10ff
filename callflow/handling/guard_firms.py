"""Guard firms as an administrator writes and reads them (D22); shared between sites."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from callflow.handling.contacts import check_codes, contact_code, e164
from callflow.handling.site_rules import BadSite, required
from callflow.handling.telling import tell
from callflow.storage import Tx, contacts, guards
from callflow.vault import Vault

Row = dict[str, Any]

_SECTOR = re.compile(r"[0-9A-Za-z]{1,8}")


def guard_firms(tx: Tx) -> list[Row]:
    """Every firm in calling order, without its codes."""
    return [_shown(tx, row) for row in guards.firms(tx)]


def _shown(tx: Tx, row: Row) -> Row:
    contact = contacts.get(tx, row["contact_id"])
    names = ("name", "phone", "language", "licence", "sectors", "rank", "tariff")
    shown = {name: row[name] for name in names}
    return {"id": row["contact_id"], **shown, "code_set": bool(contact and contact["code"])}


def put_firm(tx: Tx, vault: Vault, firm_id: str, body: Row, who: str, now: datetime) -> Row:
    """Create or replace a firm; what GET gives. Raises BadSite, naming the field.

    A code that is left out stays, null removes it.
    """
    for name in ("name", "licence"):
        required(body, name, name)
    sectors = [str(sector) for sector in body.get("sectors", [])]
    for place, sector in enumerate(sectors):
        if not _SECTOR.fullmatch(sector):
            raise BadSite(f"sectors.{place}", "is no beginning of a postcode, such as 350")
    contact: Row = {
        "id": firm_id,
        "name": body["name"],
        "language": body.get("language", "fr"),
        "phone": e164(body.get("phone"), "phone"),
    }
    for name in ("code", "duress_code"):
        if name in body:
            contact[name] = contact_code(vault, firm_id, body[name], name)
    firm: Row = {
        "contact_id": firm_id,
        "licence": body["licence"],
        "sectors": sectors,
        "rank": body.get("rank", 1),
        "tariff": body.get("tariff", ""),
    }
    guards.put_firm(tx, contact, firm)
    check_codes(tx, firm_id, "duress_code")
    tell(tx, "guard_firm_changed", now, firm=body["name"], by=who, who_did=who)
    found = guards.firm(tx, firm_id)
    assert found is not None, "it was written just now"
    return _shown(tx, found)
