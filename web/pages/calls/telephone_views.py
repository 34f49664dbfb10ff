"""The telephone at each desk, as its pane shows it: my call, who waits, who speaks with whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, CallState, Mode
from callflow.core.calls.phones import PREFIX, Phone, owner_of
from callflow.core.calls.purpose import Purpose
from callflow.core.interventions.directory import shown
from callflow.handling.desks import waiting_line
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls, phones
from callflow.storage.interventions import services
from callflow.storage.sites import contacts, sites

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

    @property
    def is_up(self) -> bool:
        """True where they are on the line."""
        return self.state == CallState.ANSWERED.value


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """The alarm that a call is about. ``why``: the reason for which a human has it."""

    incident: str
    site: str
    kind: str
    priority: int
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """One of my phone's calls. ``mine``: I asked for it, so it needs no answering. ``given_by``:
    the colleague who hands it on; ``wanted``: whom I have called, before anybody is there."""

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
    about: About | None = None
    given_by: str = ""
    wanted: str = ""

    @property
    def up(self) -> bool:
        """True where my phone was answered."""
        return self.state == CallState.ANSWERED.value

    @property
    def heard(self) -> tuple[Person, ...]:
        """Who is on the line with me now."""
        return tuple(p for p in self.people if p.is_up and not p.held and not p.greeted)

    @property
    def stage(self) -> str:
        """What is true of it now, as a word that the card's sentence goes by."""
        if self.mode in (Mode.LISTEN.value, Mode.WHISPER.value):
            return self.mode
        if not self.up:
            return "connecting" if self.mine else "rings"
        if self.heard:
            return "talks"
        if any(not p.is_up for p in self.people):
            return "calls"
        if any(p.greeted for p in self.people):
            return "greeted"
        if self.people:
            return "held"
        return "colleague" if self.others else "alone"


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

    rooms: Mapping[str, list[Call]]
    phones: list[Phone]
    persons: Mapping[str, Person] = field(default_factory=dict)
    waiting: tuple[Person, ...] = ()
    about: Mapping[str, About] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, user: str) -> Telephone:
        """What ``user`` is shown."""
        legs = [leg for leg in self._legs() if leg.operator == user]
        coming = {leg.room for leg in legs}
        return Telephone(
            legs=tuple(self._leg(leg, user) for leg in _one_a_room(legs)),
            waiting=tuple(p for p in self.waiting if p.room not in coming),
            colleagues=tuple(self._colleagues(user)),
        )

    def _legs(self) -> Iterable[Call]:
        return (call for room in self.rooms.values() for call in room if call.is_leg)

    def _leg(self, leg: Call, user: str) -> Leg:
        room = self.rooms.get(leg.room or "", [])
        people = tuple(self.persons[c.id] for c in room if c.id in self.persons)
        others = [c for c in room if c.is_leg and c.id != leg.id]
        asked = [c for c in others if c.requester == user and c.operator != user]
        return Leg(
            id=leg.id,
            room=leg.room or "",
            phone=leg.to.removeprefix(PREFIX),
            state=leg.state,
            mode=leg.mode,
            mine=leg.requester == user,
            muted=leg.muted,
            since=leg.answered_at or leg.requested_at,
            people=people,
            # A supervisor who listens is not shown to the one who is listened to.
            others=tuple(owner_of(c) or c.to for c in others if c.heard),
            asked=bool(asked),
            about=self.about.get(_incident(leg, room)),
            given_by=leg.requester if leg.requester not in ("", user) else "",
            wanted=self._wanted(leg) if not people else "",
        )

    def _wanted(self, leg: Call) -> str:
        wanted = leg.wanted or {}
        return self.names.get(wanted.get("contact") or "", "") or str(wanted.get("to", ""))

    def _colleagues(self, user: str) -> Iterable[Colleague]:
        for name in sorted({phone.owner for phone in self.phones} - {user}):
            own = [phone for phone in self.phones if phone.owner == name]
            leg = next(
                (c for c in self._legs() if c.operator == name and c.up and c.mode is Mode.TALK),
                None,
            )
            room = self.rooms.get(leg.room or "", []) if leg else []
            with_whom = [self.persons[c.id].name for c in room if c.id in self.persons]
            yield Colleague(
                name=name,
                connected=any(phone.reachable for phone in own),
                leg=leg.id if leg else "",
                talks_with=", ".join(with_whom),
            )


def _one_a_room(legs: Iterable[Call]) -> Iterable[Call]:
    """One call is one card: of several phones of mine that ring for it, the answered one."""
    cards: dict[str, Call] = {}
    for leg in legs:
        key = leg.room or leg.id
        if key not in cards or (leg.up and not cards[key].up):
            cards[key] = leg
    return cards.values()


def _incident(leg: Call, room: Iterable[Call]) -> str:
    """The alarm that a leg is about: its own, else that of whoever is in its conversation."""
    return next((c.incident_id for c in (leg, *room) if c.incident_id), "")


def exchange(tx: Tx) -> Exchange:
    """All that is going on, in few reads."""
    live = calls.conversations(tx)
    rooms: dict[str, list[Call]] = {}
    for call in live:
        rooms.setdefault(call.room or call.id, []).append(call)
    outside = [call for call in live if not call.is_leg]
    wanted = {contact for call in live if (contact := (call.wanted or {}).get("contact"))}
    people = {call.contact_id for call in outside if call.contact_id}
    names = contacts.names_of(tx, people | wanted)
    about = incidents.some(tx, {call.incident_id for call in live if call.incident_id})
    of_sites = sites.names_of(
        tx, {incident.site_id for incident in about.values() if incident.site_id}
    )
    hints = _by_number(tx, [call.to for call in outside if not call.contact_id])
    persons = {}
    for call in outside:
        incident = about.get(call.incident_id or "")
        name = names.get(call.contact_id or "", "") or _service(tx, call)
        name = name or hints.get(call.to, "")
        persons[call.id] = _person(call, name, incident, of_sites)
    alone = [p for room in rooms.values() if not _taken(room) for p in _up(room, persons)]
    waiting = _in_order(tx, alone) if alone else ()
    return Exchange(
        rooms=rooms,
        phones=phones.live(tx),
        persons=persons,
        waiting=waiting,
        about={key: _about(incident, of_sites) for key, incident in about.items()},
        names=names,
    )


def _about(incident: Incident, of_sites: Mapping[str, str]) -> About:
    return About(
        incident=incident.id,
        site=of_sites.get(incident.site_id or "", incident.account),
        kind=incident.kind,
        priority=incident.priority,
        why=incident.human_reason if incident.with_human else "",
    )


def _taken(room: Iterable[Call]) -> bool:
    return any(c.is_leg and c.up for c in room)


def _up(room: Iterable[Call], persons: Mapping[str, Person]) -> Iterable[Person]:
    up = (call.id for call in room if call.up)
    return (persons[call] for call in up if call in persons)


def _in_order(tx: Tx, alone: Iterable[Person]) -> tuple[Person, ...]:
    """People without an operator, the next one first: whoever was spoken to before is behind those
    who were not, so that one key goes round among them all."""
    known = {one.call.id: one.caller for one in waiting_line.waiting(tx)}
    found = []
    for person in alone:
        caller = known.get(person.id)
        urgent, left = bool(caller and caller.urgent), bool(caller and caller.alone_since)
        since = caller.waits_since if caller else person.since
        found.append((since, replace(person, urgent=urgent, left=left)))
    found.sort(key=lambda one: (not one[1].urgent, one[0], one[1].id))
    return tuple(person for _, person in found)


def _by_number(tx: Tx, numbers: list[str]) -> dict[str, str]:
    """Whose each number is, where it is one person's: a hint, for who calls proved nothing."""
    owners = contacts.owners_of(tx, numbers) if numbers else {}
    names = contacts.names_of(tx, {who for found in owners.values() for who, _ in found})
    found = {number: {names[who] for who, _ in known} for number, known in owners.items()}
    return {number: next(iter(some)) for number, some in found.items() if len(some) == 1}


def _service(tx: Tx, call: Call) -> str:
    """The name of the service that is called; its number is masked."""
    return services.name_of(tx, call.to) or "" if call.purpose is Purpose.SERVICE else ""


def _person(
    call: Call, name: str, incident: Incident | None, of_sites: Mapping[str, str]
) -> Person:
    number = shown(call.step, call.to)
    site = of_sites.get(incident.site_id or "", incident.account) if incident else ""
    return Person(
        id=call.id,
        room=call.room or call.id,
        name=name or number,
        number=number,
        site=site,
        state=call.state,
        since=call.answered_at or call.placed_at or call.requested_at,
        held=call.held,
        incident=call.incident_id or "",
        greeted=(call.progress or {}).get("state") in _GREETED,
    )
