"""How long it took from an alarm until the first phone outside rang for it, by its rows.

Read behind the calls, by whoever waits for nothing: an alarm's own path has no statement more.
"""

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from callflow.core.signals.signal import Category
from callflow.core.watch.latency import Durations, Measure
from callflow.storage import Store
from callflow.storage.calls.rings import first_rings
from ivr.ami import Answered, Event, Ringing

#: Calls that rang and are looked up; beyond them the oldest are not counted.
_MOST = 2000
#: Calls that are looked up at once.
_AT_ONCE = 200


class Rings:
    """What rang since the last look, and how long all of it took."""

    def __init__(self, store: Store, monotonic: Callable[[], float]) -> None:
        self._store, self._monotonic = store, monotonic
        self._rang: deque[str] = deque(maxlen=_MOST)
        self._durations = {category: Durations(Measure.ALARM_TO_RING) for category in Category}

    def heard(self, events: Iterable[Event]) -> None:
        """Of these some may say that a phone rings, or was answered at once."""
        self._rang.extend(e.call_id for e in events if isinstance(e, (Ringing, Answered)))

    async def look(self) -> None:
        """Look up what rang; what can't be read now is counted with the next look."""
        while self._rang:
            some = list(self._rang)[:_AT_ONCE]
            for ring in await self._store.read(partial(first_rings, call_ids=set(some))):
                took = (ring.at - ring.opened_at).total_seconds()
                self._durations[ring.category].observe(took, self._monotonic())
            for _ in some:
                self._rang.popleft()

    def told(self) -> list[dict[str, Any]]:
        """What the process says of them, for each category of alarms."""
        at = self._monotonic()
        return [
            {**durations.told(at), "category": category.value}
            for category, durations in self._durations.items()
        ]
