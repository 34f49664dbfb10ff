"""When a guard is called for their own safety, and when they are overdue (D22). Pure.

A guard on site is called again and again until the report; whoever does not answer twice is a
human's at once. A guard who did not come in time is called, too: a human has the alarm by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.calls.call import REACHED, Call

#: A call that nobody answered is made once more, so long after it.
RETRY = timedelta(seconds=60)
#: So many in a row, and the guard is silent.
MISSED = 2
#: An overdue guard is called within so long, or no more: the alarm has gone on by then.
OVERDUE_WITHIN = timedelta(minutes=10)


class Welfare(StrEnum):
    """What is done now."""

    CALL = "call"
    SILENT = "silent"  # nobody answers: a human at once
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """A guard who is away for us. Times in UTC; ``calls`` are the welfare calls, oldest first.

    ``overdue_since``: they were expected then, and their task ended; ``silent``: a human knows.
    """

    on_site_at: datetime | None = None
    overdue_since: datetime | None = None
    silent: bool = False
    calls: Sequence[Call] = ()


def welfare(guard: Guard, now: datetime, every: timedelta) -> Welfare:
    """What is done for a guard at ``now``. ``every``: 0 means that nobody on site is called."""
    since = guard.overdue_since or guard.on_site_at
    if since is None or guard.silent:
        return Welfare.NOTHING
    calls = [call for call in guard.calls if call.requested_at >= since]
    if any(call.live for call in calls):
        return Welfare.NOTHING
    missed = _missed(calls)
    if guard.overdue_since is not None:
        return _overdue(guard.overdue_since, calls, missed, now)
    if not every:
        return Welfare.NOTHING
    if missed >= MISSED:
        return Welfare.SILENT
    last = calls[-1].ended_at if calls else since
    wait = RETRY if missed else every
    return Welfare.CALL if last is not None and last + wait <= now else Welfare.NOTHING


def _overdue(since: datetime, calls: Sequence[Call], missed: int, now: datetime) -> Welfare:
    """Once, and once more where nobody answered."""
    if now - since > OVERDUE_WITHIN or missed < len(calls) or missed >= MISSED:
        return Welfare.NOTHING
    last = calls[-1].ended_at if calls else None
    return Welfare.CALL if last is None or last + RETRY <= now else Welfare.NOTHING


def _missed(calls: Sequence[Call]) -> int:
    """How many of the last ones nobody answered."""
    count = 0
    for call in reversed(calls):
        if call.outcome in REACHED:
            break
        count += 1
    return count
