"""Common to every protocol of a line; a protocol is a module with the same two parts.

A *splitter* cuts a stream into messages, and ``receive(message, now, station)`` says what one of
them amounts to. Both are pure and total: any bytes go in, nothing is raised.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple, Protocol

from callflow.core.signals.framing import Fault
from callflow.core.signals.repeats import Repeats
from callflow.core.signals.resends import Resends
from callflow.core.signals.signal import Signal

KeyOf = Callable[[str], bytes | None]

#: Characters that an account, a zone, a partition or a user may have.
SHORT = 16


def hash_of(text: str) -> str:
    """Equal for two deliveries of one message."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


class Received(NamedTuple):
    """What a message amounts to. ``reply`` must wait until ``signals`` are durable."""

    reply: bytes | None
    signals: tuple[Signal, ...] = ()
    heard: str | None = None  # the account whose supervision timer starts anew
    fault: Fault | None = None
    stamp: datetime | None = None  # the panel's clock, where the message says it
    account: str = ""  # whose message could not be taken
    receiver: str | None = None  # the number of the hardware receiver that sent it
    beat: bool = False  # its heartbeat


class Heard(NamedTuple):
    """An account's sign of life. ``line`` is the station's line, by its name."""

    at: datetime | None  # None: only its clock was seen, the message was refused
    line: str
    skew: float | None = None  # seconds that the panel's clock is ahead of ours
    keyed: bool = False  # it was said in the account's own key
    caller: str = ""  # the number that called


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What ``receive`` knows of the world: keys, window of encrypted clocks, line, repeats."""

    key_of: KeyOf
    before: timedelta = timedelta(seconds=40)
    after: timedelta = timedelta(seconds=20)
    line: str = ""
    repeats: Repeats
    resends: Resends = field(default_factory=Resends)


class Splitter(Protocol):
    """Cuts a stream: several messages in a segment, one message in many segments."""

    #: Bytes passed over since the last whole message.
    garbage: int

    @property
    def pending(self) -> bool:
        """True where bytes wait here, of a half message or of messages not taken yet."""

    @property
    def held(self) -> int:
        """How many bytes wait here; the others were taken, or passed over."""

    def push(self, data: bytes | memoryview) -> None:
        """Add bytes as they came; they are copied."""

    def take(self, limit: int = 1 << 30) -> list[bytes | Fault]:
        """Up to ``limit`` messages and faults, in their order."""

    def finish(self) -> list[bytes | Fault]:
        """What is left when nothing more can come."""


Receive = Callable[[bytes, datetime, Station], Received]
