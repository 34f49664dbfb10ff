"""The station's own phones as they are called now: the desks, and who is on the duty roster.

The station's ``duty_numbers`` are called behind whoever the roster names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from callflow.core.alarms.escalation import Desk
from callflow.core.desks import roster
from callflow.core.desks.roster import Duty, Part
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Contact, Role, Site
from callflow.handling.base.policy import Policy, load_policy
from callflow.storage import Tx
from callflow.storage.calls import phones
from callflow.storage.desks import rosters, shifts

#: A call asked for while somebody was on duty is still placed so long after the duty's end.
_LATE = timedelta(minutes=5)


def desk_now(tx: Tx, policy: Policy, now: datetime) -> Desk:
    """The phones that are rung for work and for people who wait."""
    duties = rosters.between(tx, now, now + timedelta(microseconds=1))
    technicians = roster.numbers(duties, Part.TECHNICIAN, now)
    numbers = dict.fromkeys((*technicians, *policy.desk.duty_numbers))
    return replace(policy.desk, duty_numbers=tuple(numbers))


def own_numbers(tx: Tx, policy: Policy, now: datetime) -> frozenset[str]:
    """Every number that is the station's, or of somebody on duty for it."""
    duties = rosters.between(tx, now - _LATE, now + timedelta(microseconds=1))
    return frozenset((*policy.desk.numbers, *(duty.phone for duty in duties if duty.phone)))


def station_site(tx: Tx, kind: Kind, now: datetime) -> Site | None:
    """The station as the site of an alarm about who works there; None for any other kind.

    Its desks, and the telephones of who is on shift, are the premises; who is on duty is its
    maintenance, the supervisors its managers.
    """
    if kind is not Kind.DEAD_MAN:
        return None
    desk = desk_now(tx, load_policy(tx), now)
    duties = rosters.between(tx, now, now + timedelta(microseconds=1))
    ours = _desks(tx)
    contacts = [
        *ours,
        *_contacts(Role.PREMISES, desk.desk_phones, (), first=len(ours) + 1),
        *_contacts(Role.MAINTENANCE, desk.duty_numbers, duties),
        *_contacts(Role.MANAGER, roster.numbers(duties, Part.SUPERVISOR, now), duties),
    ]
    return Site(id="", name="Station", client="", contacts=tuple(contacts))


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
