"""A limit on guesses: passwords, signatures, second factors."""

from collections import deque
from datetime import datetime, timedelta


class Guesses:
    """Failed guesses: at most ``most`` in ``window`` for one key. Each web counts its own."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window = most, window
        self._failed: dict[str, deque[datetime]] = {}

    def wait(self, key: str, now: datetime) -> timedelta | None:
        """How long ``key`` must wait; None where it need not."""
        failed = self._failed.get(key)
        while failed and failed[0] <= now - self._window:
            failed.popleft()
        if not failed:
            self._failed.pop(key, None)
            return None
        return failed[0] + self._window - now if len(failed) >= self._most else None

    def guess(self, key: str, now: datetime) -> bool:
        """One more, counted before it is looked at: many at once are many. Whether it fills up."""
        if len(self._failed) > 10_000:  # somebody tries names by the thousand: forget the oldest
            self._failed.pop(next(iter(self._failed)))
        failed = self._failed.setdefault(key, deque())
        failed.append(now)
        return len(failed) == self._most

    def forget(self, key: str) -> None:
        """It was right: none of ``key``'s count any more."""
        self._failed.pop(key, None)

    def take_back(self, key: str) -> None:
        """It was right: the last of ``key``'s does not count."""
        if failed := self._failed.get(key):
            failed.pop()


class Limits:
    """What one application counts failed guesses with."""

    def __init__(self) -> None:
        minute = timedelta(minutes=1)
        self.by_name = Guesses(5, minute)  # one name from one place
        self.by_place = Guesses(30, 5 * minute)  # one place whatever the name
        self.by_user = Guesses(5, 5 * minute)  # somebody logged in: signatures, password changes
        self.by_maker = Guesses(20, minute)  # an administrator who makes passwords
        self.by_directory = Guesses(30, 5 * minute)  # one place that begins log-ins elsewhere
