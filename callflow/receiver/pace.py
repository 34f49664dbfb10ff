"""How fast signals are acknowledged while many wait to be correlated.

What is acknowledged must soon be looked at: a flood that is stored faster than it is correlated
would bury the alarms that matter under hours of noise. So, above a length, acknowledgements slow
down, and panels with them, until the backlog stands still. Vital alarms are never slowed, and
with an engine that is away signals are still taken, ever slower: each of them is stored.
"""

#: Signals a second taken with a backlog that is just too long; with twice that, a quarter.
RATE = 3000.0
#: Signals a second that are taken whatever the backlog.
LEAST = 100.0
#: Seconds between two shares while slow.
SHARE_EVERY = 0.05


class Pace:
    """``backlog`` is what was last counted, set from outside; up to ``long`` nothing is slowed."""

    def __init__(self, long: int = 50_000) -> None:
        self._long = long
        self.backlog = 0

    @property
    def slow(self) -> bool:
        """True where acknowledgements are slowed."""
        return self.backlog > self._long

    def may_be_long(self, stored: int) -> bool:
        """True where so many that were stored since the count may have made it half too long.

        Below that nobody need count again: it grows by what is stored, and by nothing else.
        """
        return self.slow or self.backlog + stored > self._long / 2

    @property
    def share(self) -> int:
        """How many signals may be stored now, and again after ``SHARE_EVERY``."""
        rate = max(LEAST, RATE * (self._long / max(self.backlog, self._long)) ** 2)
        return int(rate * SHARE_EVERY)
