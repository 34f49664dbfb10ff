"""The telephone at each desk, as its pane shows it: my call, who waits, who speaks with whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from callflow.call import SERVICE_STEP, CallState, Mode
from callflow.directory import shown
from callflow.handling import callers
from callflow.phones import is_reachable
from callflow.storage import Tx, calls, contacts, incidents, phones, services, sites

Row = dict[str, Any]


#: States of a caller's dialogue before they are in the conference.
_GREETED = frozenset({"welcome", "bridging"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody outside, in a conversation or waiting for one. ``number`` is "" where it is
    confidential; ``greeted``: they hear an announcement, and nobody hears them yet."""

    id: str
    room: str
    name: str
    number: str
    site: str
    state: str
    since: datetime
    held: bool
    incident: str
    urgent: bool = False  # of those who wait: vital, or voice first (D8)
    left: bool = False  # somebody of ours spoke with them already
    greeted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """One of my phone's calls. ``mine``: I asked for it, so it needs no answering."""

    id: str
    room: str
    phone: str
    state: str
    mode: str
    mine: bool
    muted: bool
    since: datetime
    people: tuple[Person, ...]
    others: tuple[str, ...]  # operators who are in it, or rung for it, beside me
    asked: bool  # a colleague is in it, or rung for it, because I asked


@dataclass(frozen=True, kw_only=True, slots=True)
class Colleague:
    """Somebody else with a telephone. ``leg``: the call that they are in."""

    name: str
    connected: bool
    leg: str
    talks_with: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Telephone:
    """What one person's call pane shows."""

    legs: tuple[Leg, ...] = ()
    waiting: tuple[Person, ...] = ()
    colleagues: tuple[Colleague, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Every conversation of the station, read at once."""

    rooms: Mapping[str, list[Row]]
    phones: list[Row]
    persons: Mapping[str, Person] = field(default_factory=dict)
    waiting: tuple[Person, ...] = ()

    def of(self, user: str) -> Telephone:
        """What ``user`` is shown."""
        legs = [leg for leg in self._legs() if leg["operator"] == user]
        coming = {leg["room"] for leg in legs}
        return Telephone(
            legs=tuple(self._leg(leg, user) for leg in legs),
            waiting=tuple(p for p in self.waiting if p.room not in coming),
            colleagues=tuple(self._colleagues(user)),
        )

    def _legs(self) -> Iterable[Row]:
        return (call for room in self.rooms.values() for call in room if calls.is_leg(call))

    def _leg(self, leg: Row, user: str) -> Leg:
        room = self.rooms.get(leg["room"], [])
        people = tuple(self.persons[c["id"]] for c in room if c["id"] in self.persons)
        others = [c for c in room if calls.is_leg(c) and c["id"] != leg["id"]]
        asked = [c for c in others if c["requester"] == user and c["operator"] != user]
        return Leg(
            id=leg["id"],
            room=leg["room"] or "",
            phone=leg["to"],
            state=leg["state"],
            mode=leg["mode"],
            mine=leg["requester"] == user,
            muted=leg["muted"],
            since=leg["answered_at"] or leg["requested_at"],
            people=people,
            others=tuple(c["operator"] or c["to"] for c in others if _is_open(c)),
            asked=bool(asked),
        )

    def _colleagues(self, user: str) -> Iterable[Colleague]:
        for name in sorted({phone["owner"] for phone in self.phones} - {user}):
            states = [phone["state"] for phone in self.phones if phone["owner"] == name]
            leg = next((c for c in self._legs() if c["operator"] == name and _talks(c)), None)
            room = self.rooms.get(leg["room"], []) if leg else []
            with_whom = [self.persons[c["id"]].name for c in room if c["id"] in self.persons]
            yield Colleague(
                name=name,
                connected=any(is_reachable(state) for state in states),
                leg=leg["id"] if leg else "",
                talks_with=", ".join(with_whom),
            )


def _is_open(call: Row) -> bool:
    """A supervisor who listens is not shown to the one who is listened to."""
    return call["mode"] in (Mode.TALK.value, Mode.BARGE.value)


def _talks(call: Row) -> bool:
    return bool(call["state"] == CallState.ANSWERED.value and call["mode"] == Mode.TALK.value)


def exchange(tx: Tx) -> Exchange:
    """All that is going on, in few reads."""
    live = calls.conversations(tx)
    rooms: dict[str, list[Row]] = {}
    for call in live:
        rooms.setdefault(call["room"] or call["id"], []).append(call)
    outside = [call for call in live if not calls.is_leg(call)]
    names = contacts.names_of(tx, {call["contact_id"] for call in outside if call["contact_id"]})
    about = incidents.some(tx, {call["incident_id"] for call in outside if call["incident_id"]})
    of_sites = sites.names_of(tx, {row["site_id"] for row in about.values() if row["site_id"]})
    persons = {}
    for call in outside:
        row = about.get(call["incident_id"] or "")
        name = names.get(call["contact_id"] or "", "") or _service(tx, call)
        persons[call["id"]] = _person(call, name, row, of_sites)
    alone = [p for room in rooms.values() if not _taken(room) for p in _up(room, persons)]
    waiting = _in_order(tx, alone) if alone else ()
    return Exchange(rooms=rooms, phones=phones.live(tx), persons=persons, waiting=waiting)


def _taken(room: Iterable[Row]) -> bool:
    return any(calls.is_leg(c) and c["state"] == CallState.ANSWERED.value for c in room)


def _up(room: Iterable[Row], persons: Mapping[str, Person]) -> Iterable[Person]:
    up = (call["id"] for call in room if call["state"] == CallState.ANSWERED.value)
    return (persons[call] for call in up if call in persons)


def _in_order(tx: Tx, alone: Iterable[Person]) -> tuple[Person, ...]:
    """People without an operator, the next one first: whoever was spoken to before is behind those
    who were not, so that one key goes round among them all."""
    known = {one.row["id"]: one.caller for one in callers.waiting(tx)}
    found = []
    for person in alone:
        caller = known.get(person.id)
        urgent, left = bool(caller and caller.urgent), bool(caller and caller.alone_since)
        since = caller.waits_since if caller else person.since
        found.append((since, replace(person, urgent=urgent, left=left)))
    found.sort(key=lambda one: (not one[1].urgent, one[0], one[1].id))
    return tuple(person for _, person in found)


def _service(tx: Tx, call: Row) -> str:
    """The name of the service that is called; its number is masked."""
    line = services.of_number(tx, call["to"]) if call["step"] == SERVICE_STEP else None
    return str(line["name"]) if line else ""


def _person(call: Row, name: str, row: Row | None, of_sites: Mapping[str, str]) -> Person:
    number = shown(call["step"], call["to"])
    site = of_sites.get(row["site_id"] or "", row["account"]) if row else ""
    return Person(
        id=call["id"],
        room=call["room"] or call["id"],
        name=name or number,
        number=number,
        site=site,
        state=call["state"],
        since=call["answered_at"] or call["placed_at"] or call["requested_at"],
        held=call["held"],
        incident=call["incident_id"] or "",
        greeted=(call["progress"] or {}).get("state") in _GREETED,
    )
