"""Who is to be called: roles, authorities and people, as they are at the moment of the call.

Pure. A person on leave is stood in for by the one who replaces her; the same person, or the same
number, comes once. A person without a number stays: that she has none is said when her turn comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Authority, Contact, Role, Site
from callflow.core.time.availability import available, intersection, union, without
from callflow.core.time.hours import ONE_DAY, Span

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Who:
    """One way to say who: by role, by authority over the alarm's kind, or one contact by its id.

    Exactly one of the three is given.
    """

    role: Role | None = None
    authority: Authority | None = None
    contact: str | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.role, self.authority, self.contact)) != 1:
            raise ValueError("name a role, an authority or a contact: exactly one of them")

    @classmethod
    def from_json(cls, body: Any) -> Who:
        """``{"role": …}``, ``{"authority": …}`` or ``{"contact": …}``. Raises ValueError."""
        if not isinstance(body, dict) or len(body) != 1:
            raise ValueError('must be {"role": …}, {"authority": …} or {"contact": …}')
        ((key, value),) = body.items()
        if key == "role":
            return cls(role=_member(Role, value, key))
        if key == "authority":
            return cls(authority=_member(Authority, value, key))
        if key != "contact":
            raise ValueError(f"{key!r} is none of role, authority, contact")
        if not isinstance(value, str) or not 0 < len(value) <= 64:
            raise ValueError("contact: must be a contact's id")
        return cls(contact=value)

    def to_json(self) -> dict[str, str]:
        """As ``from_json`` takes it."""
        if self.role is not None:
            return {"role": self.role.value}
        if self.authority is not None:
            return {"authority": self.authority.value}
        return {"contact": self.contact or ""}

    def of(self, site: Site, kind: Kind) -> tuple[Contact, ...]:
        """Whom it names at ``site``, in calling order, there or not."""
        found = (contact for contact in site.contacts if self._names(contact, kind))
        return tuple(sorted(found, key=lambda contact: contact.rank))

    def _names(self, contact: Contact, kind: Kind) -> bool:
        if self.role is not None:
            return contact.role is self.role
        if self.authority is not None:
            return contact.may(self.authority, kind)
        return contact.id == self.contact


def _member(of: type[Role] | type[Authority], value: Any, name: str) -> Any:
    try:
        return of(value)
    except ValueError:
        raise ValueError(f"{name}: must be one of {', '.join(of)}") from None


def on_call(site: Site, who: Sequence[Who], kind: Kind, at: datetime) -> tuple[Contact, ...]:
    """Whom to call about an alarm of ``kind`` at ``at`` (UTC), in order; () when nobody is there.

    By selector, then by rank. Hours are those of the site's zone.
    """
    zone = ZoneInfo(site.timezone)
    wanted = (contact for each in who for contact in each.of(site, kind))
    there = (person for contact in wanted for person in _in_person(site, contact, at, zone))
    return tuple(_once(there))


def nobody(site: Site, who: Sequence[Who], kind: Kind, start: datetime, days: int) -> list[Span]:
    """When, in so many days from ``start`` (UTC), ``on_call`` finds nobody; in order."""
    zone, end = ZoneInfo(site.timezone), start + days * ONE_DAY
    wanted = {contact.id: contact for each in who for contact in each.of(site, kind)}
    there = [_covered(site, contact, start, end, zone) for contact in wanted.values()]
    return without([Span(start, end)], reduce(union, there, []))


def _in_person(site: Site, contact: Contact, at: datetime, zone: ZoneInfo) -> Iterator[Contact]:
    """The contact, or whoever stands in at ``at``; nobody outside the contact's hours.

    One who is only replaced, and not on leave, is called where the replacement is not there.
    """
    if contact.availability.always:
        yield contact
        return
    if not contact.availability.hours(at, at + _MOMENT, zone):
        return
    for other, span in _replacing(site, contact):
        if span.start <= at < span.end and available(other.availability, at, zone):
            yield _standing_in(other, contact)
            return
    if available(contact.availability, at, zone):
        yield contact


def _covered(
    site: Site, contact: Contact, start: datetime, end: datetime, zone: ZoneInfo
) -> list[Span]:
    """When ``_in_person`` finds somebody."""
    replaced: list[Span] = []
    for other, span in _replacing(site, contact):
        replaced = union(replaced, intersection([span], other.availability.spans(start, end, zone)))
    covered = intersection(contact.availability.hours(start, end, zone), replaced)
    return union(covered, contact.availability.spans(start, end, zone))


def _replacing(site: Site, contact: Contact) -> Iterator[tuple[Contact, Span]]:
    """Who stands in for ``contact``, and when, as far as the station knows them."""
    for each in contact.availability.replacements:
        other = site.person(each.contact)
        if other is not None and other.id != contact.id:
            yield other, each.span


def _standing_in(other: Contact, contact: Contact) -> Contact:
    """``other`` in the place of ``contact``, with the authorities that the place has."""
    return replace(other, role=contact.role, rank=contact.rank, authorities=contact.authorities)


def _once(people: Iterator[Contact]) -> Iterator[Contact]:
    """Each person, and each number, at its first place."""
    ids: set[str] = set()
    numbers: set[str] = set()
    for person in people:
        if person.id not in ids and person.phone not in numbers:
            yield person
        ids.add(person.id)
        if person.phone is not None:
            numbers.add(person.phone)


def as_called(site: Site, contact_id: str, at: datetime) -> Contact | None:
    """The person who was called at ``at`` (UTC) in the part played for the site: an own one, or
    that of the contact for whom the person stands in; None for somebody who has neither."""
    for contact in site.contacts:
        if contact.id == contact_id:
            return contact
    for contact in site.contacts:
        for other, span in _replacing(site, contact):
            if other.id == contact_id and span.start <= at < span.end:
                return _standing_in(other, contact)
    return None
