"""What somebody at the station can be asked for now. Pure; times in UTC.

Only what a person chose, and what ends by itself, is kept (``Kept``); the rest follows from the
shift, the telephones and the calls that live, and is stored nowhere twice.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Presence(StrEnum):
    """Where somebody stands for a caller who waits."""

    AVAILABLE = "available"
    IN_CALL = "in_call"  # follows from a call of theirs that was answered
    WRAP_UP = "wrap_up"  # after a call: ends by itself; a vital caller interrupts it
    BREAK = "break"  # with a reason; ends by itself after the longest break
    AWAY = "away"  # not on shift, or no telephone of theirs is there


class BreakReason(StrEnum):
    """Why somebody is on a break."""

    REST = "rest"
    MEAL = "meal"
    ROUNDS = "rounds"  # of the station itself: doors, server room
    TRAINING = "training"
    OTHER = "other"


#: What a person's row may say.
KEPT = frozenset({Presence.AVAILABLE, Presence.WRAP_UP, Presence.BREAK})
#: Who is on duty: takes callers, now or in a moment.
ON_DUTY = frozenset({Presence.AVAILABLE, Presence.IN_CALL, Presence.WRAP_UP})


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may be at a desk; ``shift_since`` None: they are on no shift."""

    id: str
    name: str
    role: str
    languages: frozenset[str]
    skills: frozenset[str]
    shift_since: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What a person chose, or what began, since when; ``until``: when it ends by itself."""

    user_id: str
    state: Presence
    since: datetime
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Now:
    """How it stands. ``since`` is None where nobody knows; ``until`` where it doesn't end."""

    state: Presence
    since: datetime | None = None
    until: datetime | None = None
    reason: str = ""


def presence_now(
    *,
    shift_since: datetime | None,
    reachable: bool,
    call_since: datetime | None,
    kept: Kept | None,
    now: datetime,
) -> Now:
    """What counts now.

    ``shift_since``: when the running shift began, None off shift. ``reachable``: a telephone of
    theirs is there. ``call_since``: when the call that they are in was answered.
    """
    if call_since is not None:
        return Now(state=Presence.IN_CALL, since=call_since)
    if shift_since is None or not reachable:
        return Now(state=Presence.AWAY)
    # What was chosen in an earlier shift says nothing of this one.
    if kept is None or kept.since < shift_since:
        return Now(state=Presence.AVAILABLE, since=shift_since)
    if kept.until is not None and kept.until <= now:
        return Now(state=Presence.AVAILABLE, since=kept.until)
    return Now(state=kept.state, since=kept.since, until=kept.until, reason=kept.reason)
