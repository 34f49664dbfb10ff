"""A site is moved over from the system before, and back: what is looked at first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: Days in shadow without a difference before a site is moved over.
QUIET_DAYS = 7


class Check(StrEnum):
    """One thing that is looked at before a site is moved over."""

    PLAN = "plan"  # each of its plans can run there
    NUMBERS = "numbers"  # everybody who is called has a number
    TEST_CALL = "test_call"  # everybody who is called answered a test call by a key
    HEARD = "heard"  # each of its panels was heard
    DAYS = "days"  # so long in shadow, compared, and no difference


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A check that is not met; ``about``: the plans, people, accounts or days that it is about."""

    check: Check
    about: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a site before it is moved. Times are UTC; ``differed_at``: the newest
    difference that a comparison found, ``compared_at`` until when it was compared."""

    shadow_since: datetime | None
    bad_plans: Sequence[str] = ()
    unnumbered: Sequence[str] = ()
    untested: Sequence[str] = ()
    unheard: Sequence[str] = ()
    compared_until: datetime | None = None
    differed_at: datetime | None = None


def findings(facts: Facts, now: datetime, *, days: int = QUIET_DAYS) -> list[Finding]:
    """What speaks against moving a site over; nothing: all is well."""
    named = {
        Check.PLAN: facts.bad_plans,
        Check.NUMBERS: facts.unnumbered,
        Check.TEST_CALL: facts.untested,
        Check.HEARD: facts.unheard,
    }
    found = [Finding(check=check, about=tuple(of)) for check, of in named.items() if of]
    quiet = quiet_days(facts, now)
    if quiet < days:
        found.append(Finding(check=Check.DAYS, about=(str(quiet), str(days))))
    return found


def quiet_days(facts: Facts, now: datetime) -> int:
    """Whole days in shadow that were compared and had no difference, up to the last compared."""
    if facts.shadow_since is None or facts.compared_until is None:
        return 0
    since = max(facts.shadow_since, facts.differed_at or facts.shadow_since)
    return max(0, (min(facts.compared_until, now) - since) // timedelta(days=1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A site was moved: over to this station, or back. Times are UTC."""

    id: str
    site_id: str
    lot: str  # what whoever moved it called this lot; "" none
    in_service: bool
    reason: str  # why, in spite of what spoke against it; "" nothing did
    moved_by: str
    moved_at: datetime
