"""The history of an organ: its figures now and then, and each change of its state. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.watch.organs import State

#: Between two figures that are kept, and how long they are; changes of state are kept longer, so
#: that a year's availability can be told.
EVERY = timedelta(minutes=10)
KEPT, CHANGES_KEPT = timedelta(days=35), timedelta(days=400)


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """An organ, known by its ``key``, as it was ``at`` an instant (UTC); ``changed``: its state was
    another before."""

    key: str
    at: datetime
    state: State
    figure: float | None = None
    changed: bool = False
