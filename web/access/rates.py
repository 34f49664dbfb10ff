"""How fast one sender may go, so that it can't slow the others down."""

import math


class Rates:
    """A bucket a sender: ``burst`` requests at once, then ``a_second``. Times are monotonic.

    Senders are known by their token, so there are as many buckets as tokens in use.
    """

    def __init__(self, a_second: float, burst: float) -> None:
        self._a_second, self._burst = a_second, burst
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, sender: str, at: float) -> int | None:
        """Count one request; where it is one too many, after how many whole seconds to try."""
        left, since = self._buckets.get(sender, (self._burst, at))
        left = min(self._burst, left + (at - since) * self._a_second)
        if left < 1:
            self._buckets[sender] = (left, at)
            return math.ceil((1 - left) / self._a_second)
        self._buckets[sender] = (left - 1, at)
        return None
