"""The screens of who is on shift, as the web's processes tell of them with their signs of life."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from callflow.core.watch import screens
from callflow.core.watch.process import Process
from callflow.core.watch.readings import Reading
from callflow.core.watch.screens import Screen
from callflow.handling.watch.organs import living
from callflow.storage import Tx
from callflow.storage.desks import shifts
from callflow.storage.people import users


def look(tx: Tx, now: datetime, frozen_after: float) -> list[Reading]:
    """How the screens of everybody on shift are; of who has none open nothing is known."""
    on_shift = {shift.user_id: shift.name for shift in shifts.on_shift(tx)}
    if not on_shift:
        return []
    told = [one for process in living(users.processes(tx), now) for one in _told(process)]
    return screens.readings(on_shift, told, now, frozen_after)


def _told(process: Process) -> Iterator[Screen]:
    for one in process.state.get("screens", ()):
        yield Screen(
            id=str(one.get("id", "")),
            user_id=str(one.get("user_id", "")),
            open_for=_seconds(one.get("open_for")),
            drawn=_seconds(one.get("drawn")),
            hidden_for=_seconds(one.get("hidden_for")),
        )


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
