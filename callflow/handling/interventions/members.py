"""The people of guard and maintenance firms, as an administrator writes and reads them (D22).

They call with codes of their own and see only the sites that their firm works for. Codes go in and
never come out: left out = unchanged, null = removed.
"""

from datetime import datetime

from callflow.core.interventions.firm import FirmMember
from callflow.core.messages import outbox
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.handling.interventions.firms import changed_fields, person_of
from callflow.handling.interventions.shape import Member
from callflow.handling.sites.contacts import check_codes
from callflow.storage import Tx
from callflow.storage.interventions import firms
from callflow.storage.sites import contacts
from callflow.vault import Vault

#: A firm's people open many sites: their codes have so many digits at least.
SHORTEST_CODE = 6


def firm_members(tx: Tx, firm_id: str) -> list[Member]:
    """The people of a firm, by name, without their codes. Raises NotFound."""
    _firm(tx, firm_id)
    return [_shown(one) for one in firms.members(tx, firm_id)]


def _firm(tx: Tx, firm_id: str) -> str:
    """The firm's name."""
    contact = contacts.get(tx, firm_id)
    if contact is None or not firms.is_firm(tx, firm_id):
        raise NotFound("there is no such guard or maintenance firm", firm_id)
    return str(contact.name)


def _shown(one: FirmMember) -> Member:
    return Member.model_construct(
        id=one.id,
        name=one.name,
        phone=one.phone,
        language=one.language,
        mail=one.mail,
        code_set=one.code is not None,
        duress_code_set=one.duress_code is not None,
    )


def put_member(
    tx: Tx, vault: Vault, firm_id: str, member_id: str, body: object, who: str, now: datetime
) -> Member:
    """Create or replace somebody of a firm by what ``Member`` reads of ``body``; what GET gives.
    Raises NotFound, BadField."""
    firm, sent = _firm(tx, firm_id), Member.read(body)
    before = firms.member(tx, member_id)
    known = contacts.get(tx, member_id) is not None
    if known and (before is None or before.firm_id != firm_id):
        raise BadField("id", "is somebody else's already: choose another")
    for name in ("code", "duress_code"):
        if 0 < len(getattr(sent, name) or "") < SHORTEST_CODE:
            raise BadField(name, f"opens every site of the firm: {SHORTEST_CODE} to 8 digits")
    mail = sent.mail.strip()
    wrong = outbox.wrong_address(outbox.Channel.MAIL, mail) if mail else ""
    if wrong:
        raise BadField("mail", wrong)
    firms.put_member(tx, person_of(vault, member_id, sent), firm_id, mail)
    check_codes(tx, member_id, "duress_code")
    found = firms.member(tx, member_id)
    assert found is not None, "it was written just now"
    shown, was = _shown(found), _shown(before).document() if before else {}
    fields = changed_fields(was, shown, sent)
    told = {"firm": firm, "who": sent.name, "by": who, "who_did": who}
    tell(tx, "firm_member_changed", now, fields=fields, **told)
    return shown


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
