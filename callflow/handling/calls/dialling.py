"""The one gate just before the trunk: which of the calls asked for may not be placed, and why.

Wherever a number came from (a contact, a plan, the directory, the API, a setting), it passes here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call
from callflow.core.calls.dial_policy import Destination, forbidden
from callflow.core.calls.phones import is_phone
from callflow.core.calls.purpose import Purpose, Rings
from callflow.core.messages.withholding import REFUSALS, Withheld
from callflow.handling.base.policy import Policy
from callflow.handling.desks.own_phones import own_numbers
from callflow.handling.sites.in_force import site_now
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls, phones
from callflow.storage.interventions import services
from callflow.storage.sites import contacts

#: A call is called back within this time; later its number is asked for anew.
CALLED_BACK_WITHIN = timedelta(hours=24)

Owners = set[tuple[str, str]]  # (contact, site)


def refused_calls(tx: Tx, asked: Sequence[Call], policy: Policy, now: datetime) -> dict[str, str]:
    """{call id: why} of those call rows that may not be placed."""
    if policy.withheld is not None:
        return dict.fromkeys((call.id for call in asked), REFUSALS[policy.withheld])
    stray = {call.id: REFUSALS[Withheld.SHADOW] for call in asked if _in_shadow(tx, call)}
    return against_policy(tx, [c for c in asked if c.id not in stray], policy, now) | stray


def against_policy(tx: Tx, asked: Sequence[Call], policy: Policy, now: datetime) -> dict[str, str]:
    """{call id: why} of those that the dial policy forbids, whoever acts."""
    numbers = {call.to for call in asked}
    owners = contacts.owners_of(tx, numbers)
    reserved = services.reserved(tx, numbers)
    ours_by_wire = {phone.name for phone in phones.live(tx)} if _to_phones(asked) else set()
    machines = {call.to for call in asked if call.purpose is Purpose.FAX}
    faxes = contacts.faxes_of(tx, machines) if machines else {}
    service_faxes = services.faxes(tx, machines) if machines else set()
    about = [_incident(tx, call) for call in asked]
    at = [_places(call, i, owners, faxes) for call, i in zip(asked, about, strict=True)]
    mute = incidents.mute_sites(tx, set().union(*at))
    of_no_site = any(incident is None or incident.site_id is None for incident in about)
    ours = own_numbers(tx, policy, now) if of_no_site else policy.own_numbers
    found = {}
    for call, incident, places in zip(asked, about, at, strict=True):
        destination = Destination(
            number=call.to,
            step=call.step,
            requester=call.requester,
            contact=_is_contact(tx, call, incident, owners.get(call.to, set()), now),
            ours=call.to in ours,
            service=call.to in reserved,
            phone=call.to in ours_by_wire,
            called_us=_called_us(tx, call, now),
            mute=(incident is not None and incident.mute) or bool(places & mute),
            fax=call.to in faxes or call.to in service_faxes,
            itself=call.to == policy.canary_number,
            service_fax=call.to in service_faxes,
        )
        why = forbidden(destination)
        if why is not None:
            found[call.id] = why
    return found


def _incident(tx: Tx, call: Call) -> Incident | None:
    """The incident whose people are called; None for the station's own calls."""
    if call.incident_id is None or call.meaning.rings is not Rings.SITE:
        return None
    return incidents.get(tx, call.incident_id)


def _in_shadow(tx: Tx, call: Call) -> bool:
    """Of an incident that is locked, as those of calls to be placed are, it is read already."""
    incident = incidents.get(tx, call.incident_id) if call.incident_id else None
    return incident is not None and incident.shadow


def _places(
    call: Call,
    incident: Incident | None,
    owners: Mapping[str, Owners],
    faxes: Mapping[str, set[str]],
) -> set[str]:
    """The sites where a call rings: its incident's; of one that is about none, its contact's; a fax
    rings where the machine's owner has a part."""
    if call.purpose is Purpose.FAX:
        return faxes.get(call.to, set())
    if incident is not None:
        return {incident.site_id} if incident.site_id else set()
    return {site for _, site in owners.get(call.to, set())}


def _to_phones(asked: Sequence[Call]) -> bool:
    return any(is_phone(call.to) for call in asked)


def _called_us(tx: Tx, call: Call, now: datetime) -> bool:
    """True where a person calls somebody back."""
    asked = call.purpose is Purpose.BY_HAND and call.requester and call.contact_id is None
    return bool(asked) and calls.has_called(tx, call.to, now - CALLED_BACK_WITHIN)


def _is_contact(
    tx: Tx, call: Call, incident: Incident | None, owners: Owners, now: datetime
) -> bool:
    """True where the number is the called contact's: of the incident's site, where it has one."""
    if call.purpose is Purpose.WELFARE:  # a guard, who is of a firm and of no site
        guard = contacts.get(tx, call.contact_id or "")
        return guard is not None and guard.phone == call.to
    contact, site = call.contact_id, incident.site_id if incident else None
    for owner, of_site in owners:
        if contact in (None, owner) and site in (None, of_site):
            return True
    if contact is None or site is None or incident is None:
        return False
    # Somebody who stands in for a contact, or a contact's other number, as agreed for a while.
    here = site_now(tx, site, incident.kind, now)
    person = here.person(contact) if here else None
    return person is not None and person.phone == call.to


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownAs:
    """What a number is to the station; whose it is by their ids."""

    contacts: Sequence[str]
    sites: Sequence[str]
    ours: bool
    service: bool
    called_us: bool


def tried(
    tx: Tx, number: str, policy: Policy, now: datetime, *, by_person: bool
) -> tuple[str | None, KnownAs]:
    """Why a call to ``number`` would not be placed now, for nobody's alarm (None: it would), and
    what the number is to the station. Nothing is dialled."""
    owners = contacts.owners_of(tx, [number]).get(number, set())
    mute = incidents.mute_sites(tx, {site for _, site in owners})
    service = bool(services.reserved(tx, [number]))
    known = KnownAs(
        contacts=sorted({contact for contact, _ in owners}),
        sites=sorted({site for _, site in owners}),
        ours=number in own_numbers(tx, policy, now),
        service=service,
        called_us=calls.has_called(tx, number, now - CALLED_BACK_WITHIN),
    )
    destination = Destination(
        number=number,
        step=Purpose.SERVICE if service else Purpose.BY_HAND if by_person else "",
        requester="somebody" if by_person else "",
        contact=bool(owners),
        ours=known.ours,
        service=service,
        called_us=known.called_us,
        mute=bool(mute),
    )
    why = REFUSALS[policy.withheld] if policy.withheld else forbidden(destination)
    return why, known


def fax_refused(tx: Tx, number: str, *, by: str) -> str | None:
    """Why no document of ``by``'s ("": the machine's) may be faxed to ``number`` now; None: it may.
    The gate just before the trunk asks again."""
    sites = contacts.faxes_of(tx, [number])
    of_service = bool(services.faxes(tx, [number]))
    destination = Destination(
        number=number,
        step=Purpose.FAX,
        requester=by,
        contact=False,
        ours=False,
        service=bool(services.reserved(tx, [number])),
        mute=bool(incidents.mute_sites(tx, sites.get(number, set()))),
        fax=number in sites or of_service,
        service_fax=of_service,
    )
    return forbidden(destination)
