"""Which trunks Asterisk reaches: it asks their far ends every few seconds, and tells of changes."""

from __future__ import annotations

from collections.abc import Collection

from callflow.clock import Clock
from callflow.core.calls.trunks import Reach

_TECHNOLOGY = "PJSIP/"
#: States of a device whose far end does not answer; of others, calls tell.
_GONE = frozenset({"UNAVAILABLE", "INVALID"})
_NOT_KNOWN = frozenset({"", "UNKNOWN"})


class TrunkReach:
    """What is known of the trunks' far ends. ``heard`` is the link's ``on_device``."""

    def __init__(self, names: Collection[str], now: Clock) -> None:
        self._names, self._now = frozenset(names), now
        self.known: dict[str, Reach] = {}

    def heard(self, device: str, state: str) -> None:
        """A device of Asterisk's is in this state; most are no trunks."""
        name = device.removeprefix(_TECHNOLOGY)
        if name not in self._names or state in _NOT_KNOWN:
            return
        reachable = state not in _GONE
        before = self.known.get(name)
        if before is None or before.reachable != reachable:
            self.known[name] = Reach(reachable=reachable, since=self._now())

    def forget(self) -> None:
        """Asterisk is gone: of its trunks nothing is known."""
        self.known.clear()
