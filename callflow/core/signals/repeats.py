"""Which messages are deliveries of one and the same: the key under which a signal is stored once.

A panel that missed its acknowledgement sends the message again: same account, sequence number and
payload. The sequence number comes back after 9999 messages, and sooner on panels that restart at
one or never count, so that equality alone must not silence a later alarm: a lost alarm is worse
than one stored twice. The first part of the key therefore says *when*:

- a plausible time stamp of the panel, as it is: a second delivery carries the same one, days later
  too;
- else the ten minutes in which it came. A repeat within ``REPEATED`` of the first delivery takes
  over the first one's key, so that the limit between two buckets splits nothing;
- a panel that writes a fresh stamp into a resent message is recognised within ``RESTAMPED``.

It comes first so that what arrives together lies together in the index of keys: a commit of 500
panels' signals then writes a few of its pages, not 500.

The memory for that is bounded and may be lost: what then remains is the key itself.
"""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

#: A message without a usable time stamp is a repeat of an equal one for so long.
REPEATED = timedelta(minutes=10)
#: An equal message with another time stamp is a repeat for so long: panels retry in 5 to 20 s.
RESTAMPED = timedelta(seconds=30)
#: A panel's clock that is further off than this names no message.
PLAUSIBLE = timedelta(days=1)


class _First(NamedTuple):
    at: datetime
    stamp: datetime | None
    when: str


class Repeats:
    """Remembers the first delivery of recent messages. Not safe for several threads."""

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._first: OrderedDict[str, _First] = OrderedDict()

    def __len__(self) -> int:
        return len(self._first)

    def key(self, message: str, stamp: datetime | None, now: datetime) -> str:
        """The key of ``message`` (account, sequence number and payload) that arrives ``now``."""
        if stamp is not None and abs(now - stamp) > PLAUSIBLE:
            stamp = None
        first = self._first.get(message)
        if first is not None and timedelta() <= now - first.at < _limit(first, stamp):
            return f"{first.when}|{message}"
        when = _when(stamp, now)
        self._keep(message, _First(now, stamp, when))
        return f"{when}|{message}"

    def remember(self, key: str, at: datetime) -> None:
        """Learn a key that was stored at ``at``, after a restart."""
        when, _, message = key.partition("|")
        try:
            stamp = None if when.startswith("b") else datetime.fromtimestamp(int(when), UTC)
        except (ValueError, OverflowError, OSError):
            return  # a key of another format
        self._keep(message, _First(at, stamp, when))

    def _keep(self, message: str, first: _First) -> None:
        self._first.pop(message, None)
        self._first[message] = first
        if len(self._first) > self._limit:
            self._first.popitem(last=False)  # of a dict, this walks over all it ever forgot


def _limit(first: _First, stamp: datetime | None) -> timedelta:
    return REPEATED if stamp == first.stamp else RESTAMPED


def _when(stamp: datetime | None, now: datetime) -> str:
    if stamp is not None:
        return str(int(stamp.timestamp()))
    return f"b{int(now.timestamp() // REPEATED.total_seconds())}"
