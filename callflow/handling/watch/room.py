"""The station's own premises, by the signals and alarms of their panel (``core/watch/room.py``)."""

from datetime import datetime, timedelta

from callflow.core.signals.events import lookup
from callflow.core.signals.proof import proves
from callflow.core.signals.signal import StoredSignal
from callflow.core.watch import room as rules
from callflow.core.watch.readings import Reading
from callflow.core.watch.room import Movement, Room
from callflow.handling.base.policy import load_policy
from callflow.storage import Tx
from callflow.storage.alarms import incidents, surroundings
from callflow.storage.signals import signals

#: A door that moved longer ago says nothing of today's, and so many of its signals are looked at.
_SINCE, _NEWEST = timedelta(days=1), 60


def look(tx: Tx, now: datetime) -> list[Reading]:
    """How the room and its entrance are; nothing where no panel is set for it."""
    room = load_policy(tx).room
    if not room.account:
        return []
    found = [rules.answered(incidents.open_of_account(tx, room.account), room, now)]
    if room.outer_door and room.inner_door:
        found.append(rules.airlock(_movements(tx, room, now), room, now))
    return found


def _movements(tx: Tx, room: Room, now: datetime) -> list[Movement]:
    declared = surroundings.declared(tx, {room.account}).get(room.account)
    found = []
    for one in signals.newest(tx, room.account, now - _SINCE, limit=_NEWEST):
        proven = declared is None or proves(one, declared)
        found.append(_movement(room, one, proven=proven))
    return [one for one in reversed(found) if one is not None]


def _movement(room: Room, one: StoredSignal, *, proven: bool) -> Movement | None:
    event = lookup(one.format, one.code)
    return rules.movement(room, one.zone, one.code, event, one.received_at, proven=proven)
