"""Who is at the desks, who waits on the line, and who is to be called back, as pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow.core.callers.call_back import CallBack, Candidate
from callflow.core.sites.instructions import Instruction
from callflow.handling.desks import presence, waiting_line
from callflow.handling.desks.presence import Person
from callflow.storage import Tx
from callflow.storage.callers import call_backs
from callflow.storage.sites import contacts, instructions, sites


def mine(tx: Tx, name: str, now: datetime) -> Person | None:
    """Where somebody stands; None: they have neither a shift that runs nor a telephone."""
    return next((person for person in presence.people(tx, now) if person.name == name), None)


def people(tx: Tx, now: datetime) -> list[Person]:
    """Everybody who is on shift or has a telephone: those on shift first."""
    there = presence.people(tx, now)
    return sorted(there, key=lambda person: (person.shift_since is None, person.name))


@dataclass(frozen=True, slots=True)
class CallerShown:
    """Somebody who waits on the line without a human, and at whose telephones it ``rings``."""

    number: str
    who: str
    site: str
    incident: str | None
    kind: str
    urgent: bool
    language: str
    since: datetime
    rings: list[str]


def queue(tx: Tx, there: Sequence[Person]) -> list[CallerShown]:
    """Everybody of them, next one first; ``there`` are whose telephones may ring."""
    found = waiting_line.queue(tx)
    owners = {phone.name: person.name for person in there for phone in person.phones}
    names = contacts.names_of(tx, {o.call.contact_id for o in found if o.call.contact_id})
    known = call_backs.candidates(tx, {one.call.to for one in found})
    places = sites.names_of(tx, (one.incident.site_id for one in found if one.incident))
    return [
        CallerShown(
            number=one.call.to,
            who=names.get(one.call.contact_id or "") or _first(known.get(one.call.to)),
            site=places.get(one.incident.site_id or "", "") if one.incident else "",
            incident=one.incident.id if one.incident else None,
            kind=one.incident.kind if one.incident else "",
            urgent=one.caller.urgent,
            language=one.caller.language,
            since=one.caller.waits_since,
            rings=[owners.get(r.to, r.to) for r in one.caller.rings if r.live],
        )
        for one in found
    ]


def _first(candidates: list[Candidate] | None) -> str:
    return candidates[0].name if candidates else ""


@dataclass(frozen=True, slots=True)
class ToCallBack:
    """An open call-back with who may have called, or the instruction that was left."""

    call_back: CallBack
    candidates: Sequence[Candidate]
    instruction: Instruction | None
    place: str | None  # the instruction's site


def to_call_back(tx: Tx) -> list[ToCallBack]:
    """The open call-backs, overdue ones first, with who may have called; or with the instruction
    that somebody left, and its site."""
    asked = call_backs.open_ones(tx)
    known = call_backs.candidates(tx, {call_back.number for call_back in asked if call_back.number})
    left = instructions.of_ids(tx, {i for call_back in asked if (i := call_back.instruction_id)})
    places = sites.names_of(tx, [each.site_id for each in left.values()])
    made = [
        ToCallBack(
            call_back=call_back,
            candidates=known.get(call_back.number, ()),
            instruction=(one := left.get(call_back.instruction_id or "")),
            place=places.get(one.site_id) if one else None,
        )
        for call_back in asked
    ]
    return sorted(made, key=lambda one: (not one.call_back.level, one.call_back.first_at))


def colleagues(tx: Tx, name: str, now: datetime) -> list[str]:
    """To whom ``name`` can give something: the others on shift."""
    there = presence.people(tx, now)
    return [p.name for p in there if p.shift_since is not None and p.name != name]
