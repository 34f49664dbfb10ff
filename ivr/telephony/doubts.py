"""Calls of which nobody knows whether they live: when Asterisk is asked, and what settles it.

*No such channel* is believed when it was said twice, ``AGAIN`` apart: Asterisk says so too while it
still makes the channel, or while the Hangup that says how the call ended is under way. Any event of
the call settles it. Times are seconds of a monotonic clock. Pure: no I/O.
"""

from dataclasses import dataclass

#: Seconds after which a call that may have been placed is given up, at the earliest: longer than
#: an action's time-out, so that no Originate of it can still be under way.
GRACE = 3.0
#: Seconds between the two answers that settle it. An answer that took longer was held up, and so
#: may be what Asterisk had to say before it: it counts as the first.
AGAIN = 1.0


@dataclass(slots=True)
class Doubt:
    """``failure``: what Asterisk said of an order for which it seems to have made no channel."""

    ask_at: float
    denied: bool = False
    failure: str = ""


class Doubts:
    """Those of one node, by call id."""

    def __init__(self) -> None:
        self._open: dict[str, Doubt] = {}

    def arise(self, call_id: str, now: float, *, grace: float) -> None:
        """It may live, and is settled after ``grace`` seconds at the earliest."""
        self._open[call_id] = Doubt(ask_at=now + max(0.0, grace - AGAIN))

    def denied_once(self, call_id: str, now: float, failure: str = "") -> None:
        """Asterisk said just now that it has no channel of it."""
        self._open[call_id] = Doubt(ask_at=now + AGAIN, denied=True, failure=failure)

    def settled(self, call_id: str) -> None:
        """Something was heard of the call."""
        self._open.pop(call_id, None)

    def due(self, now: float) -> list[str]:
        """The calls to ask for."""
        return [call_id for call_id, doubt in self._open.items() if doubt.ask_at <= now]

    def unanswered(self, call_id: str, now: float) -> None:
        """Asterisk was asked in vain: whatever it said before is too old."""
        if call_id in self._open:
            self.arise(call_id, now, grace=GRACE)

    def denied(self, call_id: str, asked_at: float, now: float) -> Doubt | None:
        """*No such channel*, answered at ``now``; the doubt if that settles it."""
        doubt = self._open.get(call_id)
        if doubt is None:
            return None
        if doubt.denied and now - asked_at < AGAIN:
            return self._open.pop(call_id)
        doubt.denied, doubt.ask_at = True, now + AGAIN
        return None
