"""Provisional instructions: what is agreed for a site until a given time, over what is permanent.

Pure. Each has an end, at most 31 days after its beginning, and none needs a timer: whether one
counts is asked of ``now``. One that lowers protection is inactive until a second person
countersigned it, and none touches personal alarms (D19).
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.signals.signal import PERSONAL, Kind
from callflow.core.sites.site import Contact, Role, Site
from callflow.core.time.availability import Replacement
from callflow.core.time.hours import Span

#: The longest one, and how far ahead one may begin.
LONGEST, FURTHEST = timedelta(days=31), timedelta(days=366)
#: So long before its end an instruction is about to expire.
EXPIRES_SOON = timedelta(hours=24)


class InstructionKind(StrEnum):
    """What is agreed."""

    NOTE = "note"  # what operators must know
    PLAN = "plan"  # another plan, for some kinds of alarm
    ABSENT = "absent"  # a contact is not called, or another stands in
    NUMBER = "number"  # a contact is reached at another number


class InstructionState(StrEnum):
    """Where an instruction is at some moment."""

    AWAITING_SIGNATURE = "awaiting_signature"  # inactive
    PLANNED = "planned"  # it begins later
    ACTIVE = "active"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Lowers(StrEnum):
    """Why an instruction lowers protection."""

    SAID = "said"  # whoever wrote it says so
    PLAN_REPLACED = "plan_replaced"
    NOBODY_INSTEAD = "nobody_instead"  # a contact is absent and nobody stands in
    ONE_FEWER = "one_fewer"  # who stands in has a place in the same list already
    NO_NUMBER = "no_number"  # who stands in can't be called
    SPOKEN = "spoken"  # said on the phone, and nobody has listened to it yet
    TRANSCRIBED = "transcribed"  # said on the phone, and one person alone says what
    AWAY_FROM_SITE = "away_from_site"  # what is asked at the premises is answered elsewhere


class InstructionError(ValueError):
    """``field`` of an instruction is wrong; the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruction:
    """One provisional instruction. Times in UTC.

    ``kinds`` are those of the alarms that ``plan`` is for. ``contact_id`` is who is absent, or
    whose ``phone`` (E.164) it is; ``replacement_id`` whoever stands in; ``asked_by`` the contact
    who asked its author for it. ``voice`` is the recording of a note that was spoken,
    ``transcriber`` who listened to it and wrote it down.
    """

    id: str
    site_id: str
    kind: InstructionKind
    text: str = ""
    plan: str | None = None
    kinds: frozenset[Kind] = frozenset()
    contact_id: str | None = None
    replacement_id: str | None = None
    phone: str | None = None
    voice: str | None = None
    lowers: tuple[Lowers, ...] = ()
    begins_at: datetime
    ends_at: datetime
    author: str
    asked_by: str | None = None
    made_at: datetime
    transcriber: str | None = None
    transcribed_at: datetime | None = None
    signer: str | None = None
    signed_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None

    def state(self, now: datetime) -> InstructionState:
        """Where it is at ``now``."""
        if self.withdrawn_at is not None:
            return InstructionState.WITHDRAWN
        if now >= self.ends_at:
            return InstructionState.ENDED
        if self.lowers and self.signer is None:
            return InstructionState.AWAITING_SIGNATURE
        if now < self.begins_at:
            return InstructionState.PLANNED
        return InstructionState.ACTIVE

    def counts(self, now: datetime, kind: Kind) -> bool:
        """True where it counts for an alarm of ``kind``: for a personal one none does (D19)."""
        return kind not in PERSONAL and self.state(now) is InstructionState.ACTIVE

    def expires_soon(self, now: datetime) -> bool:
        """True where it counts and is about to end."""
        return self.state(now) is InstructionState.ACTIVE and self.ends_at - now <= EXPIRES_SOON


#: Which of its fields count, beside its times and text.
_FIELDS: dict[InstructionKind, frozenset[str]] = {
    InstructionKind.NOTE: frozenset(),
    InstructionKind.PLAN: frozenset({"plan", "kinds"}),
    InstructionKind.ABSENT: frozenset({"contact_id", "replacement_id"}),
    InstructionKind.NUMBER: frozenset({"contact_id", "phone"}),
}

# --- made ---------------------------------------------------------------------------------


def check(instruction: Instruction, site: Site, people: Sequence[Contact], now: datetime) -> None:
    """Raises InstructionError where it can't be. ``people`` are others that the station knows."""
    _check_times(instruction, now)
    _check_fields(instruction)
    match instruction.kind:
        case InstructionKind.NOTE:
            if not instruction.text.strip() and instruction.voice is None:
                raise InstructionError("text", "says what operators must know")
        case InstructionKind.PLAN:
            if instruction.plan is None:
                raise InstructionError("plan", "names the plan that is followed meanwhile")
            _check_kinds(instruction.kinds)
        case InstructionKind.ABSENT:
            _of_site(instruction, site)
            _check_replacement(instruction, site, people)
        case InstructionKind.NUMBER:
            _of_site(instruction, site)
            if instruction.phone is None:
                raise InstructionError("phone", "is the number that is called meanwhile")


def _check_times(instruction: Instruction, now: datetime) -> None:
    begins, ends = instruction.begins_at, instruction.ends_at
    if begins >= ends:
        raise InstructionError("ends_at", "the end must lie after the beginning")
    if ends <= now:
        raise InstructionError("ends_at", "lies in the past")
    if ends - begins > LONGEST:
        days = f"{LONGEST.days} days after the beginning at most"
        raise InstructionError("ends_at", f"{days}: what lasts longer belongs to the site")
    if begins - now > FURTHEST:
        raise InstructionError("begins_at", f"lies more than {FURTHEST.days} days ahead")


def _check_fields(instruction: Instruction) -> None:
    """What means nothing for its kind is not kept: it would look as if it counted."""
    for name in sorted(set().union(*_FIELDS.values()) - _FIELDS[instruction.kind]):
        if getattr(instruction, name):
            raise InstructionError(
                name.removesuffix("_id"), f"means nothing for {instruction.kind.value!r}"
            )


def _check_kinds(kinds: frozenset[Kind]) -> None:
    if not kinds:
        raise InstructionError("kinds", "names the kinds of alarm that the plan is for")
    personal = sorted(PERSONAL.intersection(kinds))
    if personal:
        named = ", ".join(personal)
        raise InstructionError("kinds", f"no instruction touches personal alarms ({named})")


def _of_site(instruction: Instruction, site: Site) -> None:
    if instruction.contact_id is None:
        raise InstructionError("contact", "names the contact whom it is about")
    if all(contact.id != instruction.contact_id for contact in site.contacts):
        raise InstructionError("contact", "is no contact of this site")


def _check_replacement(instruction: Instruction, site: Site, people: Sequence[Contact]) -> None:
    if instruction.replacement_id is None:
        return
    if instruction.replacement_id == instruction.contact_id:
        raise InstructionError("replacement", "is the absent contact")
    if _person(instruction.replacement_id, site, people) is None:
        raise InstructionError("replacement", "is no contact that the station knows")


def lowers(
    instruction: Instruction, site: Site, people: Sequence[Contact], *, said: bool = False
) -> tuple[Lowers, ...]:
    """Why it lowers protection; () where it does not. ``said``: its author says that it does. What
    nobody listened to may."""
    found = [Lowers.SAID] if said else []
    found += [Lowers.SPOKEN] if instruction.voice and not instruction.text else []
    roles = {contact.role for contact in site.contacts if contact.id == instruction.contact_id}
    if instruction.kind is InstructionKind.PLAN:
        found.append(Lowers.PLAN_REPLACED)
    if instruction.kind is InstructionKind.ABSENT:
        found += _lowers_absence(instruction, site, people, roles)
    moved = instruction.kind is InstructionKind.NUMBER or instruction.replacement_id is not None
    if moved and roles & _AT_SITE:
        found.append(Lowers.AWAY_FROM_SITE)
    return tuple(found)


#: What answers at the premises: what it says is worth more than what is said from afar (D3).
_AT_SITE = {Role.PREMISES, Role.DEVICE, Role.LISTEN_IN}


def _lowers_absence(
    instruction: Instruction, site: Site, people: Sequence[Contact], roles: set[Role]
) -> list[Lowers]:
    if instruction.replacement_id is None:
        return [Lowers.NOBODY_INSTEAD]
    other = _person(instruction.replacement_id, site, people)
    found = [] if other is not None and other.phone else [Lowers.NO_NUMBER]
    same = any(c.id == instruction.replacement_id and c.role in roles for c in site.contacts)
    return [*found, Lowers.ONE_FEWER] if same else found


def at_site(contact_id: str, site: Site) -> bool:
    """True where a contact is what answers at the premises."""
    return any(one.id == contact_id and one.role in _AT_SITE for one in site.contacts)


def moment(day: str, hour: str, near: datetime) -> datetime | None:
    """The instant that was typed as DDMM and HHMM, in the time zone of ``near`` and in the year
    that brings it closest to that; None: there is none."""
    typed = day + hour
    if not (len(day) == len(hour) == 4 and typed.isascii() and typed.isdigit()):
        return None
    month, date = int(day[2:]), int(day[:2])
    found = []
    for year in (near.year - 1, near.year, near.year + 1):
        with suppress(ValueError):  # 29 February, in some years
            at = datetime(year, month, date, int(hour[:2]), int(hour[2:]), tzinfo=near.tzinfo)
            found.append(at)
    return min(found, key=lambda at: abs(at - near)) if found else None


def _person(contact: str, site: Site, people: Sequence[Contact]) -> Contact | None:
    return next((person for person in (*site.contacts, *people) if person.id == contact), None)


# --- applied ------------------------------------------------------------------------------


def apply(
    site: Site,
    instructions: Iterable[Instruction],
    now: datetime,
    kind: Kind,
    people: Sequence[Contact] = (),
) -> Site:
    """``site`` as an alarm of ``kind`` finds it at ``now``: absences and numbers in place.

    ``people`` are those who stand in and are none of the site's.
    """
    counting = [each for each in _in_order(instructions) if each.counts(now, kind)]
    if not counting:
        return site
    contacts = site.contacts
    for each in counting:
        contacts = tuple(
            _changed(contact, each) if contact.id == each.contact_id else contact
            for contact in contacts
        )
    known = {person.id for person in (*site.contacts, *site.others)}
    others = (*site.others, *(person for person in people if person.id not in known))
    return replace(site, contacts=contacts, others=others)


def _in_order(instructions: Iterable[Instruction]) -> list[Instruction]:
    return sorted(instructions, key=lambda each: (each.made_at, each.id))


def _changed(contact: Contact, instruction: Instruction) -> Contact:
    if instruction.kind is InstructionKind.NUMBER:
        return replace(contact, phone=instruction.phone)
    if instruction.kind is not InstructionKind.ABSENT:
        return contact
    span = Span(instruction.begins_at, instruction.ends_at)
    there = contact.availability
    replacements = there.replacements
    if instruction.replacement_id is not None:  # before the permanent ones
        replacements = (Replacement(contact=instruction.replacement_id, span=span), *replacements)
    away = replace(there, leaves=(*there.leaves, span), replacements=replacements)
    return replace(contact, availability=away)


def plan_meanwhile(instructions: Iterable[Instruction], kind: Kind, now: datetime) -> str | None:
    """The plan that an instruction names for alarms of ``kind``: the newest one's, or None."""
    for each in reversed(_in_order(instructions)):
        meant = each.kind is InstructionKind.PLAN and kind in each.kinds
        if meant and each.counts(now, kind):
            return each.plan
    return None
