"""A line: its protocol, its counters, and what is known of who speaks on it."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from callflow.clock import Clock, monotonic, to_iso
from callflow.core.signals.framing import Fault
from callflow.core.signals.protocol import Heard, Received, Station
from callflow.core.signals.signal import CANARY
from callflow.core.station.addresses import Network, is_of
from callflow.receiver.intake import Intake
from callflow.receiver.protocols import PROTOCOLS
from callflow.receiver.skew import Skews
from callflow.receiver.watching import Watches

#: What each line counts, in the order it is shown.
COUNTED = (
    "received",
    *Fault,
    "not_stored",  # the store refused: not acknowledged
    "dropped",  # a datagram too many
    "cut",  # a connection ended by us
    "refused",  # a connection or a datagram from where nobody may speak
    "failed",  # our own bug
)
#: Accounts that are named because their messages can't be decrypted.
NAMED = 20
#: Seconds over which the rate is counted.
MINUTE = 60.0

_log = structlog.get_logger()


NoteHeard = Callable[[str, Heard], None]


class Line:
    """How a message that came on this line is answered, and how the line is."""

    #: How the way is on which its frames go on to another system; None: they don't.
    relayed: Callable[[], dict[str, Any]] | None = None

    def __init__(
        self,
        protocol: str,
        station: Station,
        clock: Clock,
        heard: NoteHeard,
        intake: Intake,
        watches: Watches,
        patience: float | None = None,
        allowed: Sequence[Network] = (),
    ) -> None:
        self.name = station.line
        self.protocol = protocol
        self.counts: Counter[str] = Counter()
        self.intake = intake
        self.watches = watches
        #: True where hardware receivers speak here.
        self.watched = PROTOCOLS[protocol].hardware
        #: Seconds without anything good after which a connection is cut; None: as panels are.
        self.patience = patience
        self._allowed = allowed
        self.splitter, self._receive, _ = PROTOCOLS[protocol]
        self._station = station
        self._clock = clock
        self._heard = heard
        self._skews = Skews()
        self._unreadable: dict[str, None] = {}  # accounts, in the order they were met
        self._last_good: datetime | None = None
        self._rate: deque[tuple[float, int]] = deque()

    def allows(self, peer: str) -> bool:
        """True where who is at this address may speak here."""
        return not self._allowed or is_of(peer, self._allowed)

    def lets_in(self, peer: str) -> bool:
        """The same; one who may not is counted."""
        if self.allows(peer):
            return True
        self.counts["refused"] += 1
        return False

    def is_own(self, item: bytes | Fault) -> bool:
        """True of what the station sent to itself: nobody else has the key that it is said with."""
        if isinstance(item, Fault):
            return False
        found = self._receive(item, self._clock(), self._station)
        return bool(found.signals) and all(
            signal.account == CANARY and signal.encrypted for signal in found.signals
        )

    def answer(self, items: list[bytes | Fault]) -> list[Received]:
        """What good messages amount to; faults are counted and get no answer."""
        now = self._clock()
        outcomes: list[Received] = []
        for item in items:
            if isinstance(item, Fault):
                self.counts[item] += 1
            elif (outcome := self._answer_one(item, now)) is not None:
                outcomes.append(outcome)
        return outcomes

    def amounts_to(self, item: bytes | Fault) -> Received | None:
        """What one message amounts to; None: a fault, which is counted, or nobody answers it."""
        found = self.answer([item])
        return found[0] if found else None

    def _answer_one(self, body: bytes, now: datetime) -> Received | None:
        self.counts["received"] += 1
        try:
            outcome = self._receive(body, now, self._station)
            self._note(outcome, now)
        except Exception:  # our bug, or the key store's: the line lives
            _log.exception("receiver.frame_failed", line=self.name)
            self.counts["failed"] += 1
            return None
        if outcome.fault is not None:
            self.counts[outcome.fault] += 1
        return outcome if outcome.reply is not None or outcome.signals else None

    def _note(self, outcome: Received, now: datetime) -> None:
        account = outcome.heard
        if account is not None:
            skew = None
            if outcome.stamp is not None:
                skew = self._skews.of(account, outcome.stamp, now, live=not outcome.signals)
            keyed = self.protocol == "dc09" and self._station.key_of(account) is not None
            self._heard(account, Heard(now, self.name, skew, keyed))
            if self._unreadable:
                self._unreadable.pop(account, None)
        elif outcome.account:
            if outcome.stamp is not None:  # refused for its clock, which is worth knowing
                ahead = (outcome.stamp - now).total_seconds()
                self._heard(outcome.account, Heard(None, self.name, ahead, keyed=True))
            elif len(self._unreadable) < NAMED:
                self._unreadable[outcome.account] = None
        if outcome.fault is None:
            self._last_good = now

    def replies(self, outcomes: Sequence[Received], *, stored: bool) -> list[bytes]:
        """The answers that may go out now: none for a signal that isn't durable."""
        if not stored:
            self.counts["not_stored"] += sum(1 for outcome in outcomes if outcome.signals)
            outcomes = [outcome for outcome in outcomes if not outcome.signals]
        return [outcome.reply for outcome in outcomes if outcome.reply is not None]

    def health(self) -> dict[str, Any]:
        """Counters since the start, when the last good message came, the rate, bad keys."""
        keyed = {account: self._station.key_of(account) is not None for account in self._unreadable}
        return {
            "line": self.name,
            "protocol": self.protocol,
            **{name: self.counts[name] for name in COUNTED},
            "last_at": to_iso(self._last_good) if self._last_good else None,
            "per_minute": self._per_minute(),
            "heartbeat": self.watches.state(),
            "wrong_key_accounts": [account for account, has_key in keyed.items() if has_key],
            "missing_key_accounts": [account for account, has_key in keyed.items() if not has_key],
            **({"relay": self.relayed()} if self.relayed is not None else {}),
        }

    def _per_minute(self) -> int:
        """Messages of the last minute; each look is one of its steps."""
        at, received = monotonic(), self.counts["received"]
        if not self._rate:
            self._rate.append((at, 0))
        self._rate.append((at, received))
        while len(self._rate) > 1 and at - self._rate[1][0] >= MINUTE:
            self._rate.popleft()
        return received - self._rate[0][1]
