"""How far panels' clocks are off, told apart from messages that were delivered late (D10).

A poll is never late: its stamp is the panel's clock. An event may have waited in the panel, so an
old stamp alone proves nothing; a second event that is equally old does, since late ones arrive
together and happened at different times.
"""

from collections import OrderedDict
from datetime import datetime

#: Seconds an event may take on its way without being late.
ON_TIME = 60.0
#: Seconds by which two events of a clock that is merely wrong may differ, and must lie apart.
ALIKE, APART = 5.0, 30.0


class Skews:
    """Remembers the old stamps of recent events. Not safe for several threads."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._old: OrderedDict[str, tuple[datetime, float]] = OrderedDict()

    def of(self, account: str, stamp: datetime, now: datetime, *, live: bool) -> float | None:
        """Seconds that ``account``'s clock is ahead of ours; None where ``stamp`` may be late.

        ``live`` says that the message can't have waited.
        """
        ahead = (stamp - now).total_seconds()
        if live or ahead > -ON_TIME:
            return ahead
        before = self._old.get(account)
        if before is None or abs(before[1] - ahead) > ALIKE:
            self._keep(account, now, ahead)
            return None
        return ahead if (now - before[0]).total_seconds() >= APART else None

    def _keep(self, account: str, now: datetime, ahead: float) -> None:
        self._old.pop(account, None)
        self._old[account] = (now, ahead)
        if len(self._old) > self._limit:
            self._old.popitem(last=False)
