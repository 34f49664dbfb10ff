"""The station's own premises: what their alarm panel tells is a vital alarm of the station. Pure.

Times are UTC, spans seconds. Who works there may be the ones who cannot answer: what nobody takes
goes to whoever looks after the station from outside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow.core.alarms.incident import Incident
from callflow.core.signals.events import EventRow
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.zones import zone_key
from callflow.core.watch.failures import place
from callflow.core.watch.organs import Part, Reason, State, key_of
from callflow.core.watch.readings import Reading

#: A reading without another one after it says nothing any more.
VALID = timedelta(minutes=3)
#: What the entrance by two doors is called.
AIRLOCK = "airlock"
#: Both doors were open for a moment: it is told for so long.
TOLD_FOR = timedelta(minutes=1)
#: Kinds of its panel that put who works there, or the station, in danger.
_VITAL = PERSONAL | {Kind.INTRUSION, Kind.FIRE, Kind.GAS, Kind.TAMPER, Kind.PATHS_LOST}
#: "Access open" and "access closed" (SIA DC-03): movements that are no alarms.
_OPENED, _CLOSED = "DO", "DC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What is set about it. ``account`` is its panel's, "": it has none; the doors are zones of it.

    ``answer``: how long its alarm may wait for somebody here; ``door_open``: how long the outer
    door may stand open.
    """

    account: str = ""
    outer_door: str = ""
    inner_door: str = ""
    answer: float = 30.0
    door_open: float = 60.0

    def is_own(self, account: str) -> bool:
        """True where a signal's account is the panel of these premises."""
        return bool(self.account) and account == self.account


def bent(event: EventRow) -> EventRow:
    """What an event means on the own premises.

    Somebody who fell is as mute as a hold-up (D7): nothing rings beside them.
    """
    if event.restores is Kind.MEDICAL:
        return replace(event, restores=Kind.PANIC)
    kind = Kind.PANIC if event.kind is Kind.MEDICAL else event.kind
    if not event.opens or kind not in _VITAL:
        return event
    return replace(event, kind=kind, category=Category.VITAL, priority=1)


def is_quiet(incident: Incident, room: Room) -> bool:
    """True where nothing may ring or sound at the desks: who sits there may be held up (D7)."""
    if incident.kind is Kind.ORGAN:
        return bool(room.account) and _PLACE in incident.zones
    return incident.mute and room.is_own(incident.account)


#: What an alarm is known by that goes outside for the room.
_PLACE = place(key_of(Part.ROOM, "", ""))

# --- does anybody answer? ---------------------------------------------------------------------


def answered(alarms: Sequence[Incident], room: Room, now: datetime) -> Reading:
    """Whether somebody here has each open vital ``alarm`` of the room in hand.

    A mute one goes outside at once: whoever takes it here may be forced to.
    """
    vital = [one for one in alarms if one.category is Category.VITAL and not one.exercise]
    waits = [(now - one.opened_at).total_seconds() for one in vital if one.holder is None]
    longest = max(waits, default=0.0)
    state, reason = State.OK, None
    if any(one.mute for one in vital):
        state, reason = State.FAILED, Reason.PERSON
    elif longest >= room.answer and waits:
        state, reason = State.FAILED, Reason.NOT_TAKEN
    elif vital:
        state, reason = State.DEGRADED, Reason.IN_ALARM
    return Reading(
        part=Part.ROOM,
        state=state,
        reason=reason,
        figure=round(longest, 1),
        unit="seconds",
        limit=room.answer,
        at=now,
        valid=VALID,
        vital=True,
    )


# --- the entrance by two doors ----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """A door of the airlock opened or closed."""

    outer: bool
    opened: bool
    at: datetime


def movement(
    room: Room, zone: str, code: str, event: EventRow, at: datetime, *, proven: bool
) -> Movement | None:
    """What a signal of the panel says of a door; None: nothing.

    Without proof a door may open, and never closes (D31).
    """
    doors = {zone_key(each): outer for each, outer in room_doors(room)}
    outer = doors.get(zone_key(zone)) if zone else None
    if outer is None:
        return None
    if code == _CLOSED or event.restores is not None or event.kind is Kind.RESTORE:
        return Movement(outer=outer, opened=False, at=at) if proven else None
    if code == _OPENED or event.kind is Kind.INTRUSION:
        return Movement(outer=outer, opened=True, at=at)
    return None


def room_doors(room: Room) -> list[tuple[str, bool]]:
    """(zone, whether it is the outer door) of those that are set."""
    return [(z, outer) for z, outer in ((room.outer_door, True), (room.inner_door, False)) if z]


def airlock(movements: Iterable[Movement], room: Room, now: datetime) -> Reading:
    """How the two doors are, by their ``movements``, the oldest first."""
    since: dict[bool, datetime] = {}
    both: datetime | None = None  # until when both were open
    for one in movements:
        if len(since) == 2:
            both = one.at
        if one.opened:
            since.setdefault(one.outer, one.at)
        else:
            since.pop(one.outer, None)
    if len(since) == 2:
        both = now
    open_for = (now - since[True]).total_seconds() if True in since else 0.0
    state, reason = State.OK, None
    if both is not None and now - both <= TOLD_FOR:
        state, reason = State.FAILED, Reason.BOTH_OPEN
    elif open_for >= room.door_open:
        state, reason = State.FAILED, Reason.LEFT_OPEN
    return Reading(
        part=Part.ACCESS,
        name=AIRLOCK,
        state=state,
        reason=reason,
        figure=round(open_for, 1),
        unit="seconds",
        limit=room.door_open,
        at=now,
        valid=VALID,
    )
