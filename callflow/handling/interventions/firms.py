"""Firms of guards, and those that keep installations in order, as an administrator writes and reads
them (D22); shared between sites. One is closed with a reason, never erased."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from callflow.core.changes import changes
from callflow.core.interventions import firm as firm_values
from callflow.core.interventions.firm import FirmAtSite
from callflow.core.sites.site import Role
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.interventions.shape import Firm, Member
from callflow.handling.sites import calendars, contracts
from callflow.handling.sites.contacts import check_codes, codes, in_part
from callflow.handling.sites.shape import Contact
from callflow.storage import Tx
from callflow.storage.interventions import firms, guards
from callflow.storage.sites import contacts
from callflow.vault import Vault


def guard_firms(tx: Tx) -> list[Firm]:
    """Every firm in calling order, without its codes."""
    return [_shown(tx, firm) for firm in guards.firms(tx)]


def _shown(tx: Tx, firm: firm_values.Firm) -> Firm:
    contact = contacts.get(tx, firm.contact_id)
    return Firm.model_construct(
        id=firm.contact_id,
        name=firm.name,
        phone=firm.phone,
        fax=firm.fax,
        language=firm.language,
        licence=firm.licence,
        rank=firm.rank,
        tariff=firm.tariff,
        part=firm.part,
        sectors=list(firm.sectors),
        availability=contact.availability if contact else None,
        code_set=bool(contact and contact.code),
        duress_code_set=bool(contact and contact.duress_code),
        closed_at=firm.closed_at,
        closed_by=firm.closed_by,
        closed_because=firm.closed_because,
    )


def _known(tx: Tx, firm_id: str) -> firm_values.Firm:
    """A firm. One that only sites name has no licence yet. Raises NotFound."""
    contact = contacts.get(tx, firm_id)
    if contact is None or not firms.is_firm(tx, firm_id):
        raise NotFound("there is no such guard or maintenance firm", firm_id)
    named = {link.role for link in firms.links(tx, firm_id)}
    part = Role.MAINTENANCE if Role.MAINTENANCE in named else Role.GUARD
    of = contact.name, contact.phone, contact.language, contact.fax
    bare = firm_values.Firm(firm_id, "", (), 1, "", part, None, "", "", *of)
    return guards.firm(tx, firm_id) or bare


def get_firm(tx: Tx, firm_id: str) -> Firm:
    """A firm as an administrator sees it, with what closed it. Raises NotFound."""
    return _shown(tx, _known(tx, firm_id))


def put_firm(tx: Tx, vault: Vault, firm_id: str, body: object, who: str, now: datetime) -> Firm:
    """Create or replace a firm by what ``Firm`` reads of ``body``; what GET gives. Raises BadField,
    naming the field. A code that is left out stays, null removes it.
    """
    sent, before = Firm.read(body), guards.firm(tx, firm_id)
    part = before.part if before and not sent.says("part") else sent.part
    if part is Role.GUARD and not sent.licence.strip():
        raise BadField("licence", "is missing")
    contact = person_of(vault, firm_id, sent)
    if sent.says("fax"):
        contact["fax"] = sent.fax
    if sent.says("availability"):
        contact["availability"] = calendars.availability(sent.availability, "availability")
    was = _shown(tx, before).document() if before else {}
    firm = {
        "contact_id": firm_id,
        "part": part.value,
        "licence": sent.licence,
        "sectors": sent.sectors,
        "rank": sent.rank,
        "tariff": sent.tariff,
    }
    guards.put_firm(tx, contact, firm)
    check_codes(tx, firm_id, "duress_code")
    shown = get_firm(tx, firm_id)
    fields = changed_fields(was, shown, sent)
    tell(tx, "guard_firm_changed", now, firm=sent.name, by=who, who_did=who, fields=fields)
    return shown


def person_of(vault: Vault, contact: str, sent: Firm | Member) -> dict[str, Any]:
    """The columns of a contact as they were sent; of its codes those that were."""
    named = {"id": contact, "name": sent.name, "language": sent.language, "phone": sent.phone}
    return named | codes(vault, contact, sent)


def changed_fields(
    was: Mapping[str, Any], shown: Firm | Member, sent: Firm | Member
) -> dict[str, list[Any] | None]:
    """{field: [before, after]} of what differs; of a code that was ``sent`` only its name."""
    found = changes(was, shown.document())
    codes = [name for name in ("code", "duress_code") if getattr(sent, name)]
    return {each.path: [each.before, each.after] for each in found} | dict.fromkeys(codes)


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
