"""The station's own phones as they are called now: the desks, and who is on the duty roster.

The station's ``duty_numbers`` are called behind whoever the roster names.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from callflow.core.alarms.escalation import Desk
from callflow.core.alarms.incident import Incident
from callflow.core.desks import roster
from callflow.core.desks.roster import Duty, Part
from callflow.core.plans.standard import OF_STATION
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Contact, Role, Site
from callflow.core.watch import care
from callflow.core.watch.failures import failed
from callflow.handling.base.policy import Policy, load_policy
from callflow.storage import Tx
from callflow.storage.calls import phones
from callflow.storage.desks import rosters, shifts
from callflow.storage.watch import organs, probes

#: A call asked for while somebody was on duty is still placed so long after the duty's end.
_LATE = timedelta(minutes=5)


def desk_now(tx: Tx, policy: Policy, now: datetime) -> Desk:
    """The phones that are rung for work and for people who wait."""
    duties = rosters.between(tx, now, now + timedelta(microseconds=1))
    technicians = roster.numbers(duties, Part.TECHNICIAN, now)
    numbers = dict.fromkeys((*technicians, *policy.desk.duty_numbers))
    return replace(policy.desk, duty_numbers=tuple(numbers))


def own_numbers(tx: Tx, policy: Policy, now: datetime) -> frozenset[str]:
    """Every number that is the station's or its backup station's, or of somebody on duty for it, or
    of who looks after a part of it."""
    duties = rosters.between(tx, now - _LATE, now + timedelta(microseconds=1))
    on_duty = (duty.phone for duty in duties if duty.phone)
    keepers = (care.phone for care in probes.cares(tx) if care.phone)
    return frozenset((*policy.own_numbers, *on_duty, *keepers))


def station_site(tx: Tx, incident: Incident, now: datetime) -> Site | None:
    """The station as the site of an alarm about its parts, or who works there; None for any other.

    Its desks, and the telephones of who is on shift, are the premises; who looks after what
    failed, then who is on duty, its maintenance; the supervisors its managers.
    """
    if incident.kind not in OF_STATION:
        return None
    desk = desk_now(tx, load_policy(tx), now)
    duties = rosters.between(tx, now, now + timedelta(microseconds=1))
    ours, keepers = _desks(tx), _keepers(tx, incident)
    known = {keeper.phone for keeper in keepers}
    duty = [number for number in desk.duty_numbers if number not in known]
    contacts = [
        *ours,
        *_contacts(Role.PREMISES, desk.desk_phones, (), first=len(ours) + 1),
        *keepers,
        *_contacts(Role.MAINTENANCE, duty, duties, first=len(keepers) + 1),
        *_contacts(Role.MANAGER, roster.numbers(duties, Part.SUPERVISOR, now), duties),
    ]
    return Site(id="", name="Station", client="", contacts=tuple(contacts))


def _keepers(tx: Tx, incident: Incident) -> list[Contact]:
    """Who looks after the parts that failed, and has a number of their own for it."""
    if incident.kind is Kind.DEAD_MAN:
        return []
    noted = organs.noted(tx)
    about = [one for name in incident.zones if (one := failed(incident.kind, name, noted))]
    found = care.numbers(probes.cares(tx), about)
    return [
        Contact(id=f"keeper:{number}", name=keeper, role=Role.MAINTENANCE, rank=rank, phone=number)
        for rank, (number, keeper) in enumerate(found.items(), start=1)
    ]


def _desks(tx: Tx) -> list[Contact]:
    """The registered telephones of who is on shift, in a browser or on a desk; the part after the
    colon of each id is whose (``callflow.core.calls.phones.owner_of``)."""
    there = {shift.user_id for shift in shifts.on_shift(tx)}
    mine = [p for p in phones.live(tx) if p.user_id in there and p.reachable]
    return [
        Contact(
            id=f"desk-{rank}:{phone.owner}",
            name=phone.owner,
            role=Role.PREMISES,
            rank=rank,
            phone=phone.name,
        )
        for rank, phone in enumerate(mine, start=1)
    ]


def _contacts(
    role: Role, numbers: Iterable[str], duties: Iterable[Duty], *, first: int = 1
) -> list[Contact]:
    names = {duty.phone: duty.name for duty in duties}
    return [
        Contact(
            id=f"{role.value}:{number}",
            name=names.get(number, number),
            role=role,
            rank=rank,
            phone=number,
        )
        for rank, number in enumerate(numbers, start=first)
    ]
