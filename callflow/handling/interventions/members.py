"""The people of guard and maintenance firms, as an administrator writes and reads them (D22).

They call with codes of their own and see only the sites that their firm works for. Codes go in and
never come out: left out = unchanged, null = removed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from callflow.core.interventions.firm import FirmMember
from callflow.core.messages import outbox
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.handling.interventions.firms import changed_fields
from callflow.handling.sites.contacts import check_codes, contact_code
from callflow.handling.sites.numbers import e164
from callflow.handling.sites.rules import required
from callflow.storage import Tx
from callflow.storage.interventions import firms
from callflow.storage.sites import contacts
from callflow.vault import Vault

Row = dict[str, Any]

#: A firm's people open many sites: their codes have so many digits at least.
SHORTEST_CODE = 6


def firm_members(tx: Tx, firm_id: str) -> list[Row]:
    """The people of a firm, by name, without their codes. Raises NotFound."""
    _firm(tx, firm_id)
    return [_shown(row) for row in firms.members(tx, firm_id)]


def _firm(tx: Tx, firm_id: str) -> str:
    """The firm's name."""
    row = contacts.get(tx, firm_id)
    if row is None or not firms.is_firm(tx, firm_id):
        raise NotFound("there is no such guard or maintenance firm", firm_id)
    return str(row.name)


def _shown(one: FirmMember) -> Row:
    names = ("id", "name", "phone", "language", "mail")
    coded = {"code_set": one.code is not None, "duress_code_set": one.duress_code is not None}
    return {name: getattr(one, name) for name in names} | coded


def put_member(
    tx: Tx, vault: Vault, firm_id: str, member_id: str, body: Row, who: str, now: datetime
) -> Row:
    """Create or replace somebody of a firm; what GET gives. Raises NotFound, BadField."""
    firm = _firm(tx, firm_id)
    before = contacts.get(tx, member_id)
    of = firms.member(tx, member_id)
    if before is not None and (of is None or of.firm_id != firm_id):
        raise BadField("id", "is somebody else's already: choose another")
    required(body, "name", "name")
    contact: Row = {
        "id": member_id,
        "name": body["name"],
        "language": body.get("language", "fr"),
        "phone": e164(body.get("phone"), "phone"),
    }
    for name in ("code", "duress_code"):
        if name in body:
            contact[name] = _code(vault, member_id, body[name], name)
    mail = str(body.get("mail") or "").strip()
    wrong = outbox.wrong_address(outbox.Channel.MAIL, mail) if mail else ""
    if wrong:
        raise BadField("mail", wrong)
    firms.put_member(tx, contact, firm_id, mail)
    check_codes(tx, member_id, "duress_code")
    found = firms.member(tx, member_id)
    assert found is not None, "it was written just now"
    shown, was = _shown(found), _shown(of) if of else {}
    fields = changed_fields(was, shown, body)
    told: Row = dict(firm=firm, who=body["name"], fields=fields)
    tell(tx, "firm_member_changed", now, by=who, who_did=who, **told)
    return shown


def _code(vault: Vault, member_id: str, digits: str | None, field: str) -> str | None:
    if digits is not None and len(digits) < SHORTEST_CODE:
        raise BadField(field, f"opens every site of the firm: {SHORTEST_CODE} to 8 digits")
    return contact_code(vault, member_id, digits, field)


def remove_member(
    tx: Tx, firm_id: str, member_id: str, who: str, now: datetime, *, because: str = ""
) -> None:
    """They left the firm: their codes count no more. Raises NotFound."""
    firm = _firm(tx, firm_id)
    gone = firms.member(tx, member_id)
    if gone is None or not firms.remove_member(tx, firm_id, member_id):
        raise NotFound("there is nobody of this firm with that id", member_id)
    told = {"firm": firm, "who": gone.name, "by": who, "because": because or "–"}
    tell(tx, "firm_member_removed", now, who_did=who, **told)
