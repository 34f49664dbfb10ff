"""Trunks, purely: over which one a call goes, which number it shows, and whether one still carries.

A trunk is our way to the telephone network. Its channels are a budget, some of them kept for vital
alarms and humans. A call that a trunk did not carry goes over the next one within the same attempt.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.calls.call import Call, Outcome
from callflow.core.calls.purpose import Purpose

#: Calls in a row that a trunk did not carry, to more than one number, that make it *down*.
FAILURES = 3
#: A failure is evidence for so long: without another one the trunk counts as well again.
FAILURE_COUNTS = timedelta(minutes=5)
#: A trunk that is down is tried after all others for so long after its last failure.
REST = timedelta(seconds=60)
#: A far end that Asterisk doesn't reach for so long is gone; a fresh one reaches none at first.
LOST_AFTER = timedelta(seconds=8)
#: The last calls over a trunk whose answers are counted (D16), and how old the first may be.
RATE_CALLS = 40
RATE_WITHIN = timedelta(hours=6)
#: The answer rate of a trunk that has no history yet.
USUAL_RATE = 0.4
#: Below this part of what is usual the answer rate has collapsed; above the other it is back.
COLLAPSED, RECOVERED = 0.25, 0.5


#: Channels of a trunk that are free before the station calls itself over it: it comes back on
#: another, and the last one is nobody's to take.
CANARY_SPARES = 3
#: The priority of calls about the station's own failures: behind every alarm's.
OWN = 5
#: So long an alarm's call waits for a channel of a trunk that is well while it could have one of a
#: trunk that is down.
AWAITED = timedelta(seconds=5)
#: In the place of a trunk's name, on calls that nobody makes: their incident is in shadow.
SHADOW = "shadow"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trunk:
    """One way to the network, named like its endpoint in Asterisk. Channels are a node's.

    ``reserved`` of them only vital alarms and humans may use. The numbers are what the called
    person sees, E.164: an automatic call's and a human's (D16).
    """

    name: str
    channels: int = 60
    reserved: int = 10
    machine_number: str
    human_number: str
    enabled: bool = True
    canary: bool = True  # the station calls itself over it, to hear that it carries sound

    def caller(self, *, by_human: bool) -> str:
        """The number that a call over this trunk shows."""
        return self.human_number if by_human else self.machine_number


def by_human(step: str, requester: str) -> bool:
    """True where a person asked for this call: what the machine dials by itself is automatic, the
    station's own phones included (D16)."""
    return bool(requester) or step == Purpose.BY_HAND


@dataclass(kw_only=True, slots=True)
class Exchange:
    """One node's trunks in the order in which they are used, and what is up on each now.

    ``avoid``: those that are down; they are used after all others.
    """

    trunks: Sequence[Trunk]
    live: dict[str, int] = field(default_factory=dict)
    avoid: Collection[str] = ()

    def take(
        self, *, urgent: bool, tried: Collection[str] = (), waits: bool = False
    ) -> Trunk | None:
        """A channel for a call that went over the ``tried`` ones already; None: it must wait.

        ``waits``: rather than try what is down while another trunk is well, however full.
        """
        usable = [trunk for trunk in self.trunks if trunk.enabled]
        # All of them tried: the settings changed meanwhile, and somebody must still be called.
        left = [trunk for trunk in usable if trunk.name not in tried] or usable
        if waits:
            left = [trunk for trunk in left if trunk.name not in self.avoid] or left
        for trunk in sorted(left, key=lambda trunk: trunk.name in self.avoid):
            if self._free(trunk) > (0 if urgent else trunk.reserved):
                self.live[trunk.name] = self.live.get(trunk.name, 0) + 1
                return trunk
        return None

    def has_use(self, name: str, *, urgent: bool, tried: Collection[str]) -> bool:
        """True where one channel more of this trunk would be a call's that went over the ``tried``
        ones already."""
        its = next((one for one in self.trunks if one.enabled and one.name == name), None)
        kept = 0 if urgent or its is None else its.reserved
        return its is not None and name not in tried and self._free(its) >= kept

    def spares(self, trunk: Trunk, channels: int) -> bool:
        """True where so many are free, and one beside those that are kept for others."""
        return self._free(trunk) >= max(channels, trunk.reserved + 1)

    def _free(self, trunk: Trunk) -> int:
        return trunk.channels - self.live.get(trunk.name, 0)


def giving_way(
    lines: Exchange, live: Sequence[Call], taken: Sequence[tuple[Trunk | None, Call]], now: datetime
) -> dict[str, Call]:
    """{id of an alarm's call: the ``live`` call about the station's own failures whose channel it
    waits for}, the one that was placed last first.

    ``taken``: the calls that are to go now, with the trunk that each has a channel of. One of a
    trunk that is down counts as none while one of a better trunk can be had. Whoever is let go
    already (*unknown*) makes room for one; who said that they see to it is not cut off. A call that
    is let go has no known end, so the same person is called once more, when there is room.
    """
    own = [call for call in live if call.priority == OWN and call.purpose is Purpose.PLAN]
    mine = sorted(
        (call for call in own if call.result in (None, Outcome.UNKNOWN)),
        key=lambda call: (call.result is not None, call.placed_at or call.requested_at, call.id),
        reverse=True,
    )
    found: dict[str, Call] = {}
    for trunk, call in taken:
        if call.incident_id and call.priority < OWN and _badly_off(lines, trunk, call, now):
            shunned = () if trunk is None else lines.avoid
            one = next(
                (c for c in mine if c.trunk not in shunned and _serves(lines, c, call)), None
            )
            if one is not None:
                mine.remove(one)
                found[call.id] = one
    return found


def _badly_off(lines: Exchange, trunk: Trunk | None, call: Call, now: datetime) -> bool:
    return trunk is None or (trunk.name in lines.avoid and now - call.requested_at < AWAITED)


def _serves(lines: Exchange, own: Call, call: Call) -> bool:
    return lines.has_use(own.trunk, urgent=call.priority == 0, tried=call.tried)


def others(trunks: Sequence[Trunk], tried: Collection[str]) -> bool:
    """True where a call that the ``tried`` trunks did not carry can go over another one."""
    return any(trunk.enabled and trunk.name not in tried for trunk in trunks)


# --- whether a trunk carries calls ----------------------------------------------------------


class State(StrEnum):
    """How a trunk is."""

    WELL = "well"
    DOWN = "down"  # Asterisk doesn't reach its far end, or it carries no call
    UNREGISTERED = "unregistered"  # its carrier doesn't know where we are: nobody calls us by it
    UNANSWERED = "unanswered"  # nearly nobody answers: is its number blocked? (D16)


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """A call that was given to a trunk and is over (UTC). ``failed``: it was not carried."""

    to: str
    ended_at: datetime
    answered: bool = False
    failed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What Asterisk knows of a trunk's far end, and since when (UTC)."""

    reachable: bool
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """Whether a trunk's carrier knows where we are, and since when (UTC)."""

    registered: bool
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What one node's Asterisk knows of trunks, by their names. A trunk that isn't among them is
    judged by its calls alone; one that doesn't register is among no registrations."""

    reach: Mapping[str, Reach] = field(default_factory=dict)
    registered: Mapping[str, Registration] = field(default_factory=dict)


def answer_rate(recent: Sequence[Carried], now: datetime) -> float | None:
    """Of the last calls the part that was answered, 0 to 1; None: too few to tell.

    ``recent`` are a trunk's calls, newest first.
    """
    last = recent[:RATE_CALLS]
    if len(last) < RATE_CALLS or now - last[-1].ended_at > RATE_WITHIN:
        return None
    return sum(call.answered for call in last) / len(last)


def judge(
    known: State,
    recent: Sequence[Carried],
    usual: float,
    reach: Reach | None,
    now: datetime,
    registration: Registration | None = None,
) -> State:
    """How a trunk is now. ``recent`` as for ``answer_rate``, ``usual`` the rate of better days;
    ``registration``: None where it has none."""
    if reach is not None and not reach.reachable and now - reach.since >= LOST_AFTER:
        return State.DOWN
    if _fails(known, _evidence(recent, reach, now)):
        return State.DOWN
    lost = registration is not None and not registration.registered
    if registration is not None and lost and now - registration.since >= LOST_AFTER:
        return State.UNREGISTERED
    rate = answer_rate(recent, now)
    if rate is None:
        return State.UNANSWERED if known is State.UNANSWERED else State.WELL
    limit = RECOVERED if known is State.UNANSWERED else COLLAPSED
    return State.UNANSWERED if rate < limit * usual else State.WELL


def _evidence(recent: Sequence[Carried], reach: Reach | None, now: datetime) -> list[Carried]:
    """What counts: not what failed long ago, nor before the far end was there again."""
    since = now - FAILURE_COUNTS
    if reach is not None and reach.reachable:
        since = max(since, reach.since)
    return [call for call in recent if call.ended_at >= since]


def _fails(known: State, recent: Sequence[Carried]) -> bool:
    """True where nothing was carried lately; one failure keeps a trunk down that was."""
    if known is State.DOWN:
        return bool(recent) and recent[0].failed
    last = recent[:FAILURES]
    several = len(last) == FAILURES and len({call.to for call in last}) > 1
    return several and all(call.failed for call in last)


def rests_until(state: State, recent: Sequence[Carried]) -> datetime | None:
    """Until when a trunk that is down comes after all others; then a call tries it again."""
    failed = next((call.ended_at for call in recent if call.failed), None)
    return failed + REST if state is State.DOWN and failed is not None else None


#: What the station notes of itself when a trunk's state changes (core/signals/events.csv).
CODES: Mapping[State, str] = {
    State.DOWN: "TRUNK_DOWN",
    State.UNREGISTERED: "TRUNK_UNLISTED",
    State.UNANSWERED: "TRUNK_UNANSWERED",
    State.WELL: "TRUNK_BACK",
}
