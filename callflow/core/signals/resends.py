"""Which lines of a hardware receiver are sent again, where messages have no sequence number.

A receiver sends one line, waits for its acknowledgement (4 s, on some models up to 10 s), and sends
the same line again up to three times (SG-MLR2 manuals, *Acknowledgment of the Signal*). Nothing
else of that account comes in between. So a line is a second delivery when it equals the account's
last one and comes within ``RESENT`` of its first delivery; whatever else comes in between, such as
the restore of a zone that is then in alarm again, makes it a new event.

The key says when the first delivery came, in milliseconds, and is what a signal is stored under.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple

#: Four deliveries, ten seconds apart, and a restart of ours.
RESENT = timedelta(seconds=45)
#: The first letter of these keys: other formats' begin otherwise (core/signals/repeats.py).
_OURS = "l"


class _Last(NamedTuple):
    line: str
    at: datetime
    key: str


class Resends:
    """Remembers the last line of each account. Not safe for several threads."""

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._last: OrderedDict[str, _Last] = OrderedDict()

    def __len__(self) -> int:
        return len(self._last)

    def key(self, account: str, line: str, now: datetime) -> str:
        """The key of ``line`` (a hash of it, without ``|``) that arrives ``now``."""
        last = self._last.get(account)
        if last is not None and last.line == line and timedelta() <= now - last.at < RESENT:
            return last.key
        key = f"{_OURS}{int(now.timestamp() * 1000)}|{account}|{line}"
        self._keep(account, _Last(line, now, key))
        return key

    def remember(self, key: str, at: datetime) -> None:
        """Learn a key that was stored at ``at``, after a restart; oldest first."""
        if key.startswith(_OURS) and key.count("|") == 2:
            _, account, line = key.split("|")
            self._keep(account, _Last(line, at, key))

    def _keep(self, account: str, last: _Last) -> None:
        self._last.pop(account, None)
        self._last[account] = last
        if len(self._last) > self._limit:
            self._last.popitem(last=False)
