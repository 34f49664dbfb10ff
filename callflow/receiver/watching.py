"""The watch over the hardware receivers of a line: who beat once and is silent now is lost.

A receiver is named by the line and the number in its heartbeat, ``surgard/01``, so that one of
several on a line can be lost; a line that calls its receiver has one, named like the line, and
misses it from the start. Whatever else comes under that number, or over the connection of a
heartbeat, is a sign of life too: receivers beat only while they have nothing to say (SG-System III
manual, *Heartbeat Timer*), and may send signals under other, virtual numbers.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from callflow.core.signals.signal import STATION, Signal

#: How the name begins of a way to another system, which no line's does.
RELAY = "relay/"
#: Missing heartbeats that are a loss.
MISSED = 3
#: Receivers that one line may have; numbers beyond are not watched.
MOST = 64
#: Seconds between two looks after which it was we who were away.
AWAY = 5.0


class Change(NamedTuple):
    """A receiver was lost, or is back."""

    name: str
    lost: bool


class Watches:
    """The receivers of one line. ``at`` is monotonic seconds, ``every`` 0 where none beats.

    ``known`` says of each receiver that was heard before a restart whether it was lost.
    """

    def __init__(
        self, line: str, every: float, at: float, *, client: bool, known: Mapping[str, bool]
    ) -> None:
        self._line, self._every, self._client = line, every, client
        self._heard: dict[str, float] = {}
        self._lost: set[str] = set()
        self._looked = at
        mine = {name for name in known if name == line or name.startswith(f"{line}/")}
        for name in (mine | {line} if client else mine - {line}) if every else ():
            self._heard[name] = at
            if known.get(name):
                self._lost.add(name)
                self._heard[name] = float("-inf")

    def beat(self, receiver: str | None, at: float) -> None:
        """The heartbeat of the receiver of this number: from now on it is missed."""
        name = self._name(receiver)
        if self._every and name and (name in self._heard or len(self._heard) < MOST):
            self._heard[name] = at

    def alive(self, receiver: str | None, at: float) -> None:
        """Something else that is good came from it. Numbers that never beat are virtual ones."""
        name = self._name(receiver)
        if name in self._heard:
            self._heard[name] = at

    def _name(self, receiver: str | None) -> str:
        if self._client:
            return self._line
        return f"{self._line}/{receiver}" if receiver is not None else ""

    def look(self, at: float) -> list[Change]:
        """What changed and was not ``told`` yet."""
        if at - self._looked > AWAY:  # nobody could be heard meanwhile
            for name in self._heard:
                self._heard[name] = min(at, self._heard[name] + at - self._looked)
        self._looked = at
        missing = MISSED * self._every
        return [
            Change(name, at - heard > missing)
            for name, heard in self._heard.items()
            if (at - heard > missing) != (name in self._lost)
        ]

    def told(self, change: Change) -> None:
        """``change`` is stored."""
        (self._lost.add if change.lost else self._lost.discard)(change.name)

    @property
    def known(self) -> dict[str, bool]:
        """What a restart must know: each receiver, and whether it is lost."""
        return {name: name in self._lost for name in self._heard}

    def state(self) -> Literal["none", "ok", "lost"]:
        """``lost`` where any receiver is, ``none`` where none was heard yet."""
        if self._lost:
            return "lost"
        return "ok" if self._heard else "none"


def signal_of(change: Change, now: datetime) -> Signal:
    """What the station notes of itself. Stored together with the state, hence once."""
    which = "RELAY" if change.name.startswith(RELAY) else "RECEIVER"
    code = f"{which}_{'LOST' if change.lost else 'BACK'}"
    return Signal(
        account="",
        format=STATION,
        code=code,
        text=change.name,
        received_at=now,
        line=change.name,
        deduplication=f"receiver|{change.name}|{code}|{int(now.timestamp() * 1000)}",
    )
