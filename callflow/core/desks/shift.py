"""A shift (*vacation*): when it may begin, and when it may end. Pure.

Both are signed. Who takes over acknowledges each open incident; who leaves holds nothing, leaves no
vital alarm to nobody, and is not the last at the desks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.signals.signal import Category

#: Who reads a page for longer reads it anew before signing.
READ_WITHIN = timedelta(minutes=30)
#: How far ahead whoever takes over looks: instructions and tests that begin or end meanwhile.
AHEAD = timedelta(hours=12)


class Why(StrEnum):
    """Why a shift can't begin or end as it is asked."""

    NOT_READ = "not_read"  # an open incident was not acknowledged
    STALE = "stale"  # the page was read too long ago
    NOT_PASSED = "not_passed"  # something held goes nowhere
    VITAL = "vital"  # a vital alarm would go to nobody
    NOT_ON_SHIFT = "not_on_shift"  # passed to somebody who isn't there
    LAST = "last"  # nobody would be left


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift, running while ``ended_at`` is None, and whose it is. Times are UTC."""

    id: str
    user_id: str
    began_at: datetime
    ended_at: datetime | None
    note: str  # what it leaves for the next
    attended_at: datetime | None  # the last sign of presence that was asked for
    name: str
    role: str
    language: str
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    sound_at: datetime | None = None  # when the headset was checked
    sound_fault: str = ""  # what was wrong with it (``sound.Fault``); "": nothing
    sound_level: float | None = None  # of the voice, dB below full scale


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """An open incident that the leaving person holds."""

    id: str
    category: Category


def not_read(
    open_since: Mapping[str, datetime], ticked: Collection[str], read_at: datetime
) -> list[str]:
    """The open incidents that were on the page read at ``read_at`` and were not acknowledged.

    What came since then is on the console: a storm must not keep anybody from signing.
    """
    due = (incident for incident, opened_at in open_since.items() if opened_at <= read_at)
    return [incident for incident in due if incident not in ticked]


def may_read_until(read_at: datetime, now: datetime) -> bool:
    """True where what was read at ``read_at`` may still be signed."""
    return now - READ_WITHIN <= read_at <= now


def passing(
    held: Sequence[Held], to: Mapping[str, str], colleagues: Collection[str]
) -> tuple[Why, Held] | None:
    """What is wrong with how held work is passed on: {incident: colleague, or "" for the queue}.

    The queue is no place for a vital alarm that somebody had in hand: it goes to a colleague, and
    comes back loudly where that one does nothing (D21).
    """
    for one in held:
        if one.id not in to:
            return Why.NOT_PASSED, one
        if to[one.id] and to[one.id] not in colleagues:
            return Why.NOT_ON_SHIFT, one
        if not to[one.id] and one.category is Category.VITAL:
            return Why.VITAL, one
    return None
