"""Who is at the desks: what people choose, what follows from their shift, telephones and calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callflow.core.calls.call import Call
from callflow.core.calls.phones import Phone
from callflow.core.calls.purpose import Purpose
from callflow.core.desks.distribution import Agent
from callflow.core.desks.presence import (
    KEPT,
    ON_DUTY,
    BreakReason,
    Kept,
    Now,
    Operator,
    Presence,
    presence_now,
)
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.desks import presence
from callflow.storage.desks.presence import AtDesk
from callflow.storage.people import users

#: Roles whose people are asked when those on shift did not answer.
SUPERVISING = frozenset({"supervisor", "administrator"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Person(Operator):
    """Somebody with a shift that runs, or a telephone. ``call``: the one that they are in."""

    now: Now
    call: Call | None = None
    phones: tuple[Phone, ...] = ()
    calls: tuple[Call, ...] = ()
    idle_since: datetime | None = None

    @property
    def is_registered(self) -> bool:
        """True where a telephone of theirs is there."""
        return any(phone.reachable for phone in self.phones)

    @property
    def free_phone(self) -> str:
        """What can ring now; "" where nothing can, or something of theirs is in use."""
        if self.calls:
            return ""
        there = [phone for phone in self.phones if phone.reachable]
        free = [phone.name for phone in there if phone.free]
        return free[0] if free and len(free) == len(there) else ""

    @property
    def work(self) -> str:
        """The call for unclaimed work that is all that rings or speaks at theirs; else ""."""
        purposes = [call.purpose for call in self.calls]
        return self.calls[0].id if purposes == [Purpose.QUEUE] else ""

    @property
    def rings(self) -> bool:
        """Something rings at theirs, and they are in no call."""
        return bool(self.calls) and self.call is None


def people(tx: Tx, now: datetime) -> list[Person]:
    """Everybody with a shift that runs or a telephone, by name."""
    phones = presence.phones(tx)
    names = {phone.name for phone in phones}
    live, ends = presence.live_calls(tx, names), presence.last_ends(tx, names)
    return [_person(row, phones, live, ends, now) for row in presence.people(tx)]


def _person(
    one: AtDesk,
    phones: list[Phone],
    live: list[Call],
    ends: dict[str, datetime],
    now: datetime,
) -> Person:
    own = tuple(phone for phone in phones if phone.user_id == one.id)
    names = {phone.name for phone in own}
    calls = tuple(call for call in live if call.to in names)
    call = next((call for call in calls if call.answered_at is not None), None)
    ended = [ends[name] for name in names if name in ends]
    return Person(
        id=one.id,
        name=one.name,
        role=one.role,
        languages=one.languages,
        skills=one.skills,
        shift_since=one.shift_since,
        phones=own,
        calls=calls,
        call=call,
        idle_since=max(ended, default=one.shift_since),
        now=presence_now(
            shift_since=one.shift_since,
            reachable=any(phone.reachable for phone in own),
            call_since=call.answered_at if call else None,
            kept=_kept(one),
            now=now,
        ),
    )


def _kept(one: AtDesk) -> Kept | None:
    if one.state not in KEPT or one.since is None:
        return None
    return Kept(
        user_id=one.id,
        state=one.state,
        since=one.since,
        until=one.until,
        reason=one.reason or "",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AtDesks:
    """Who answers callers, and the supervisors' phones of the overflow; ``busy`` ones of those."""

    agents: tuple[Agent, ...]
    supervisors: tuple[str, ...]
    busy: frozenset[str]


def at_desks(tx: Tx, now: datetime) -> AtDesks:
    """Operators on shift answer; supervisors when those did not, or where nobody else is there."""
    there = people(tx, now)
    on_shift = [person for person in there if person.shift_since is not None]
    operators = [person for person in on_shift if person.role not in SUPERVISING]
    answering = operators if any(p.now.state in ON_DUTY for p in operators) else on_shift
    others = [
        person
        for person in there
        if person.role in SUPERVISING
        and person not in answering
        and person.is_registered
        and person.now.state is not Presence.BREAK
    ]
    phones = {person.name: _reachable(person) for person in others}
    return AtDesks(
        agents=tuple(_agent(person) for person in answering),
        supervisors=tuple(phones.values()),
        busy=frozenset(phones[person.name] for person in others if not person.free_phone),
    )


def _reachable(person: Person) -> str:
    there = (phone.name for phone in person.phones if phone.reachable)
    return person.free_phone or next(there)


def _agent(person: Person) -> Agent:
    return Agent(
        name=person.name,
        presence=person.now.state,
        phone=person.free_phone,
        work=person.work,
        phones=frozenset(phone.name for phone in person.phones),
        languages=person.languages,
        skills=person.skills,
        idle_since=person.idle_since,
    )


def first_available(tx: Tx, now: datetime) -> str | None:
    """The phone of whoever is available and has been idle longest: the first desk phone (D21)."""
    free = [a for a in at_desks(tx, now).agents if a.presence is Presence.AVAILABLE and a.phone]
    chosen = min(free, key=lambda a: (a.idle_since or now, a.name), default=None)
    return chosen.phone if chosen else None


def choose(tx: Tx, who: str, state: Presence, reason: BreakReason | None, now: datetime) -> None:
    """``who`` is available, or on a break with its reason, which ends by itself. Raises Refused."""
    person = next((person for person in people(tx, now) if person.name == who), None)
    if person is None or person.shift_since is None:
        raise Refused("start your shift first")
    if state is Presence.AVAILABLE:
        _keep(tx, person.id, state, now)
        tell(tx, "available", now, by=who, who_did=who)
    elif state is Presence.BREAK and reason is not None:
        lasts = timedelta(seconds=load_policy(tx).longest_break)
        _keep(tx, person.id, state, now, until=now + lasts, reason=reason.value)
        told: dict[str, Any] = {
            "by": who,
            "break": reason.value,
            "until": (now + lasts).isoformat(),
        }
        tell(tx, "on_break", now, who_did=who, **told)
    else:
        raise Refused("choose to be available, or on a break with a reason")


def call_over(tx: Tx, policy: Policy, phone: str, now: datetime) -> None:
    """Somebody's call ended: a while to write it up, unless they are on a break."""
    owner = presence.owner(tx, phone)
    person = next((p for p in people(tx, now) if owner and p.id == owner.id), None)
    if person is None or person.shift_since is None or policy.wrap_up <= 0:
        return
    if person.now.state in (Presence.BREAK, Presence.IN_CALL):
        return
    until = now + timedelta(seconds=policy.wrap_up)
    _keep(tx, person.id, Presence.WRAP_UP, now, until=until)


def _keep(
    tx: Tx,
    user_id: str,
    state: Presence,
    now: datetime,
    *,
    until: datetime | None = None,
    reason: str = "",
) -> None:
    kept = Kept(user_id=user_id, state=state, since=now, until=until, reason=reason)
    presence.keep(tx, kept)


def exists(tx: Tx, name: str) -> bool:
    """True where there is a user of this name who may log in."""
    user = users.user_by_name(tx, name)
    return user is not None and user.disabled_at is None
