"""The canary: the station calls itself over the outside, and the verdict on what came of it. Pure.

Two legs of one call: the *placed* one goes out by the trunk under test, the *arrived* one is what
comes back by the station's own number. The placed leg types keys that only this call has, and both
send a tone of their own: what each hears of the other is measured in its recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.calls.sound import RATE, Samples
from callflow.core.watch.organs import Reason, State

#: The tone of each leg in Hz: no key's, no network's, no modem's.
PLACED_HZ, ARRIVED_HZ = 1050, 1750
#: Seconds of the other leg's tone that prove its direction.
HEARD = 1.0
#: Keys that the placed leg types.
KEYS = 10
#: Seconds from the first ring to the answer above which a trunk is looked at.
SLOW = 12.0
#: After the first failure it is tried once more, and only then believed; while it goes on failing,
#: and where nothing came of one, it is tried again so much later.
AGAIN, WHILE_ILL = timedelta(seconds=60), timedelta(minutes=10)
#: Nothing came of a call that was not placed within so long.
PLACED_WITHIN = timedelta(seconds=30)
#: What was heard is measured within so long of a call's end.
MEASURED_WITHIN = timedelta(seconds=15)
#: Longer than a canary may last, whatever becomes of its processes.
LONGEST = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Canary:
    """One call of the station to itself. Times are UTC."""

    id: str  # its placed call's
    trunk: str
    node: str
    asked_at: datetime
    arrived: str = ""  # the channel that it came back on
    shown: str = ""  # the number that it came back with
    proved: bool = False  # its own keys came through
    heard_out: float | None = None  # seconds of the placed leg's tone, as the arrived one heard it
    heard_in: float | None = None  # the other way round
    settled_at: datetime | None = None
    state: State | None = None  # what came of it; UNKNOWN: nothing that says anything
    reason: Reason | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a canary says of its trunk. ``figure``: seconds until it was answered."""

    state: State
    reason: Reason | None = None
    detail: str = ""
    figure: float | None = None


def seconds_of(samples: Samples, hertz: float, level: float = 0.01) -> float:
    """For how long a tone sounds, being most of what sounds then (Goertzel's sum, 50 ms each)."""
    size = RATE // 20
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    wave = np.exp(-2j * np.pi * hertz * np.arange(size) / RATE)
    amplitude = 2 * np.abs(frames @ wave) / size
    effective = np.sqrt((frames**2).mean(axis=1))
    alone = amplitude / np.sqrt(2) > 0.7 * effective
    return float(((amplitude > level) & alone).sum() * size / RATE)


def is_over(canary: Canary, call: Call | None, now: datetime) -> bool:
    """True where nothing more comes of it that its verdict needs."""
    if call is None or now - canary.asked_at > LONGEST:
        return True
    if call.state is CallState.REQUESTED:
        return now - canary.asked_at > PLACED_WITHIN
    if call.live or call.ended_at is None:
        return not call.live
    measured = canary.heard_in is not None and (canary.heard_out is not None or not canary.arrived)
    return call.answered_at is None or measured or now - call.ended_at > MEASURED_WITHIN


def verdict(canary: Canary, call: Call | None, shows: str) -> Verdict:
    """What it says of its trunk, which is to show ``shows`` (E.164)."""
    if call is None or call.live or call.placed_at is None:
        return Verdict(state=State.UNKNOWN)
    if call.outcome is Outcome.UNKNOWN or call.trunk != canary.trunk:
        return Verdict(state=State.UNKNOWN)
    if call.answered_at is None:
        detail = ", ".join(filter(None, (call.outcome or "", call.detail)))
        return _failed(Reason.NO_ANSWER, None, detail)
    figure = (call.answered_at - call.placed_at).total_seconds()
    if (why := _lost(canary)) is not None:
        return _failed(why, figure)
    if canary.heard_in is None or canary.heard_out is None:
        return Verdict(state=State.UNKNOWN)  # a process died before it had measured
    if canary.shown != shows:
        return Verdict(
            state=State.DEGRADED,
            reason=Reason.WRONG_NUMBER,
            detail=f"{canary.shown or '?'} ≠ {shows}",
            figure=figure,
        )
    slow = figure > SLOW
    return Verdict(
        state=State.DEGRADED if slow else State.OK,
        reason=Reason.SLOW if slow else None,
        figure=figure,
    )


def _lost(canary: Canary) -> Reason | None:
    """What did not come through of an answered call."""
    if not canary.arrived:
        return Reason.NOT_ARRIVED
    if canary.heard_out is not None and canary.heard_out < HEARD:
        return Reason.NO_AUDIO_OUT
    if not canary.proved:
        return Reason.NO_KEYS
    if canary.heard_in is not None and canary.heard_in < HEARD:
        return Reason.NO_AUDIO_IN
    return None


def _failed(why: Reason, figure: float | None, detail: str = "") -> Verdict:
    return Verdict(state=State.FAILED, reason=why, detail=detail, figure=figure)


def ticket(now: datetime, ago: int = 0) -> str:
    """Sealed with the station's key, it is what the canary shows to hear the pages' stream in this
    minute, or so many ``ago``."""
    return f"canary\0stream\0{int(now.timestamp()) // 60 - ago}"


# --- when -----------------------------------------------------------------------------------


def next_at(last: Sequence[Canary], every: timedelta, begun: datetime) -> datetime:
    """When a trunk's next canary is due. ``last``: its settled ones, the newest first; ``begun``:
    since when somebody watches, which counts where there is none."""
    if not last:
        return begun + every
    newest = last[0]
    ended = newest.settled_at or newest.asked_at
    if newest.state is State.FAILED:
        return ended + min(every, WHILE_ILL if is_believed(last) else AGAIN)
    if newest.state is State.UNKNOWN:
        return ended + min(every, WHILE_ILL)
    return newest.asked_at + every


def is_believed(last: Sequence[Canary]) -> bool:
    """True where the newest says how its trunk is: a failure only where the one before failed."""
    if not last or last[0].state is State.UNKNOWN:
        return False
    failed = [one.state is State.FAILED for one in last if one.state is not State.UNKNOWN][:2]
    return failed[0] is False or failed == [True, True]


def valid(every: timedelta) -> timedelta:
    """After so long without another one nothing is known of a trunk."""
    return 2 * every + timedelta(minutes=15)
