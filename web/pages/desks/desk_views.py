"""Who is at the desks, who waits on the line, and who is to be called back, as pages show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from callflow.core.desks.presence import Presence
from callflow.handling.base import refusals
from callflow.handling.desks import presence, waiting_line
from callflow.storage import Tx
from callflow.storage.callers import call_backs
from callflow.storage.sites import contacts as contact_rows
from callflow.storage.sites import instructions, sites

Row = dict[str, Any]


def mine(tx: Tx, name: str, now: datetime) -> Row:
    """Where somebody stands; ``on_shift`` False: they have none that runs."""
    found = next((person for person in presence.people(tx, now) if person.name == name), None)
    if found is None:
        return {"state": Presence.AWAY.value, "on_shift": False, "registered": False}
    return _person(found)


def people(tx: Tx, now: datetime) -> list[Row]:
    """Everybody who is on shift or has a telephone: those on shift first."""
    there = [_person(person) for person in presence.people(tx, now)]
    return sorted(there, key=lambda person: (not person["on_shift"], person["name"]))


def _person(person: presence.Person) -> Row:
    return {
        "name": person.name,
        "role": person.role,
        "state": person.now.state.value,
        "since": person.now.since,
        "until": person.now.until,
        "reason": person.now.reason,
        "on_shift": person.shift_since is not None,
        "shift_since": person.shift_since,
        "registered": person.is_registered,
        "phones": [phone["kind"] for phone in person.phones],
        "languages": sorted(person.languages),
        "skills": sorted(person.skills),
        "incident": person.call.incident_id if person.call else None,
        "rings": bool(person.calls) and person.call is None,
    }


def queue(tx: Tx, now: datetime) -> list[Row]:
    """Who waits on the line without a human, next one first."""
    found = waiting_line.queue(tx)
    owners = {
        phone: person.name for person in presence.people(tx, now) for phone in _phones(person)
    }
    names = contact_rows.names_of(tx, {o.row.contact_id for o in found if o.row.contact_id})
    known = call_backs.candidates(tx, {one.row.to for one in found})
    places = sites.names_of(tx, (one.incident.site_id for one in found if one.incident))
    return [
        {
            "number": one.row.to,
            "who": names.get(one.row.contact_id or "") or _first(known.get(one.row.to)),
            "site": places.get(one.incident.site_id or "", "") if one.incident else "",
            "incident": one.incident.id if one.incident else None,
            "kind": one.incident.kind if one.incident else "",
            "urgent": one.caller.urgent,
            "in_alarm": one.caller.in_alarm,
            "language": one.caller.language,
            "since": one.caller.waits_since,
            "rings": [owners.get(r.to, r.to) for r in one.caller.rings if r.live],
        }
        for one in found
    ]


def _phones(person: presence.Person) -> list[str]:
    return [phone["name"] for phone in person.phones]


def _first(candidates: list[Row] | None) -> str:
    return str(candidates[0]["name"]) if candidates else ""


def to_call_back(tx: Tx) -> list[Row]:
    """The open call-backs, overdue ones first, with who may have called; or with the instruction
    that somebody left, and its site."""
    rows = call_backs.open_ones(tx)
    known = call_backs.candidates(tx, {row["number"] for row in rows if row["number"]})
    left = instructions.of_ids(tx, {i for row in rows if (i := row["instruction_id"])})
    places = sites.names_of(tx, [each.site_id for each in left.values()])
    made = [
        {
            **row,
            "candidates": known.get(row["number"], []),
            "instruction": (one := left.get(row["instruction_id"])),
            "place": places.get(one.site_id) if one else None,
        }
        for row in rows
    ]
    return sorted(made, key=lambda row: (not row["level"], row["first_at"]))


def colleagues(tx: Tx, name: str, now: datetime) -> list[str]:
    """To whom ``name`` can give something: the others on shift."""
    there = presence.people(tx, now)
    return [p.name for p in there if p.shift_since is not None and p.name != name]


def refusal_status(refused: refusals.Refused) -> int:
    """The status of a page that says why something is refused."""
    return 404 if isinstance(refused, refusals.NotFound) else 409
