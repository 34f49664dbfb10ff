"""Who works at the station, as organs of it: their screens, headsets, room and entrance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.watch.organs import Part
from callflow.core.watch.readings import Reading
from callflow.core.watch.room import AIRLOCK
from callflow.handling.watch import room, screens
from callflow.handling.watch.readings import forget, take
from callflow.storage import Tx
from callflow.storage.desks import shifts
from callflow.storage.watch import readings as rows

#: What is as it was is written down so often.
_AGAIN = timedelta(minutes=1)
#: Organs that are somebody's on shift, and those of the room.
_PERSONS, _ROOM = frozenset({Part.SCREEN, Part.HEADSET}), frozenset({Part.ROOM, Part.ACCESS})


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found to be written down: readings, and keys of organs that are no more."""

    readings: Sequence[Reading]
    gone: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.readings or self.gone)


def find(tx: Tx, now: datetime, frozen_after: float) -> Look:
    """How they are now, as far as it is news. Only reads. ``frozen_after``: seconds."""
    kept = {one.key: one for one in rows.every(tx)}
    found = [*screens.look(tx, now, frozen_after), *room.look(tx, now)]
    there = {one.name for one in shifts.on_shift(tx)}
    of_room = {one.key for one in found if one.part in _ROOM}
    gone = [
        key
        for key, one in kept.items()
        if (one.part in _PERSONS and one.name not in there)
        or (one.part in _ROOM and _is_ours(one) and key not in of_room)
    ]
    return Look([one for one in found if _is_news(one, kept.get(one.key))], gone)


def act(tx: Tx, look: Look, now: datetime) -> None:
    """Write it down, and what follows of it."""
    take(tx, look.readings, now)
    if look.gone:
        forget(tx, look.gone, now)


def _is_ours(reading: Reading) -> bool:
    """Say whether a look of ours made it: a probe may watch over another door."""
    return reading.part is Part.ROOM or reading.name == AIRLOCK


def _is_news(one: Reading, kept: Reading | None) -> bool:
    if kept is None or one.at - kept.at >= _AGAIN:
        return True
    return (one.state, one.reason, one.vital) != (kept.state, kept.reason, kept.vital)
