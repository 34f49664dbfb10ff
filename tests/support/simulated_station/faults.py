"""What goes wrong, when: drawn from the seed, counted as it happens."""

from __future__ import annotations

import random
from collections import Counter
from enum import StrEnum


class Fault(StrEnum):
    """Everything that the simulation can do to the station."""

    CRASH_BEFORE_COMMIT = "crash_before_commit"  # a process dies, its transaction with it
    CRASH_AFTER_COMMIT = "crash_after_commit"  # it dies, and never learns that it was durable
    CRASH_BETWEEN = "crash_between"  # it dies outside any transaction
    COMMIT_UNLEARNED = "commit_unlearned"  # durable, and the caller is told that it failed
    DATABASE_ERROR = "database_error"  # a statement fails
    TRANSACTION_TAKEN_BACK = "transaction_taken_back"  # and SQLite undoes the whole transaction
    ASTERISK_GONE = "asterisk_gone"  # with its channels
    LINK_CUT = "link_cut"  # events are lost until the next resync
    LINK_HALF_OPEN = "link_half_open"  # nothing is answered any more
    EVENT_LATE = "event_late"  # and so behind later ones
    EVENT_TWICE = "event_twice"
    TRUNK_DOWN = "trunk_down"
    CLOCK_FORWARD = "clock_forward"
    CLOCK_BACK = "clock_back"
    WAKE_LOST = "wake_lost"  # the hint to another process
    ACK_LOST = "ack_lost"  # the panel sends again
    SENT_TWICE = "sent_twice"  # by the panel, without need


#: Chances at each occasion: a commit, an event, a message, a hint.
_AT_OCCASION = {
    Fault.CRASH_BEFORE_COMMIT: 0.002,
    Fault.CRASH_AFTER_COMMIT: 0.003,
    Fault.COMMIT_UNLEARNED: 0.002,
    Fault.DATABASE_ERROR: 0.004,
    Fault.TRANSACTION_TAKEN_BACK: 0.002,
    Fault.EVENT_LATE: 0.03,
    Fault.EVENT_TWICE: 0.03,
    Fault.WAKE_LOST: 0.1,
    Fault.ACK_LOST: 0.05,
    Fault.SENT_TWICE: 0.05,
}
#: Mean seconds between two of what comes by itself.
_BY_ITSELF = {
    Fault.CRASH_BETWEEN: 80.0,
    Fault.ASTERISK_GONE: 150.0,
    Fault.LINK_CUT: 100.0,
    Fault.LINK_HALF_OPEN: 130.0,
    Fault.TRUNK_DOWN: 120.0,
    Fault.CLOCK_FORWARD: 170.0,
    Fault.CLOCK_BACK: 170.0,
}


#: How much more often everything happens in some seeds than in others.
_OFTEN = (0.5, 1.0, 2.0, 4.0)


class Faults:
    """Of one seed: some kinds are possible in it and others not, so that few hide many."""

    def __init__(self, rng: random.Random, *, none: bool = False) -> None:
        self._rng = rng
        self.fired: Counter[Fault] = Counter()
        self.on = not none
        self._possible = {fault for fault in Fault if rng.random() < 0.7}
        self._often = rng.choice(_OFTEN)

    def strikes(self, fault: Fault) -> bool:
        """Whether ``fault`` happens at this occasion; counted."""
        if not self.on or fault not in self._possible:
            return False
        if self._rng.random() >= _AT_OCCASION[fault] * self._often:
            return False
        self.fired[fault] += 1
        return True

    def next(self) -> tuple[float, Fault] | None:
        """What comes by itself next, and after how many seconds; None: nothing in this seed."""
        waits = [
            (self._rng.expovariate(self._often / mean), fault)
            for fault, mean in _BY_ITSELF.items()
            if self.on and fault in self._possible
        ]
        return min(waits, default=None)

    def lasts(self, shortest: float, longest: float) -> float:
        """Seconds that something lasts."""
        return self._rng.uniform(shortest, longest)

    def among(self, count: int) -> int:
        """One of ``count``: which statement fails, which process dies."""
        return self._rng.randrange(count)
