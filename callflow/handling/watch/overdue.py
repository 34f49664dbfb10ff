"""Whatever did not come in time: polls, tests, closings, "arrived well", ends of measures, tests.

``find`` reads, once a second; only where it finds something is anything written, each row by
compare-and-set, so that two engines, or one after a crash, do it once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.signals.signal import Signal
from callflow.core.sites.schedule import Schedule
from callflow.core.time.hours import CalendarError
from callflow.core.watch import supervision
from callflow.core.watch.supervision import Listening, OnTest, Overdue
from callflow.handling.base.policy import load_policy
from callflow.handling.base.storing import store_signals
from callflow.handling.interventions import measures
from callflow.handling.sites import on_test
from callflow.storage import AWAY, Tx, savepoint
from callflow.storage.interventions import measures as measure_rows
from callflow.storage.people import users
from callflow.storage.sites import own_days
from callflow.storage.watch import supervision as rows
from callflow.storage.watch.supervision import DueSite

log = logging.getLogger(__name__)

#: Of each sort in one transaction: more wait for the next.
_MOST = 100
#: Accounts of one look: it takes milliseconds however many there are, and all have their turn.
_SHARE = 20_000
#: With more signals than this not yet correlated, what is missing may be among them.
_BACKLOG = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """What one look found. ``after``: where the next one goes on among the accounts."""

    accounts: list[Overdue]
    sites: list[DueSite]
    tests: list[OnTest]
    measures: list[ProtectiveMeasure]
    moot: list[ProtectiveMeasure]  # measures whose reason is gone
    heard: Listening | None
    certain: datetime | None
    after: str
    missed: datetime | None = None  # until then a station that was restored heard nobody

    def __bool__(self) -> bool:
        return bool(self.accounts or self.sites or self.tests or self.measures or self.moot)


def listening(tx: Tx, known: Listening | None) -> Listening | None:
    """Until when the receivers have written down whatever they heard: the one that is behind.

    A station that was restored and is held hears nobody, its panels report to the one that it was
    made from; it listens from its release on.
    """
    restored = load_policy(tx).restored
    if restored is not None and restored.released_at is None:
        return None
    receivers = users.processes(tx, "receiver")
    newest = max((process.beat_at for process in receivers), default=None)
    if newest is None:
        return supervision.listening(known, None)
    alive = [
        process for process in receivers if newest - process.beat_at <= supervision.RECEIVER_GAP
    ]
    since, until = max(r.since for r in alive), min(r.beat_at for r in alive)
    if restored is not None and restored.released_at is not None:
        since = max(since, restored.released_at)
    return supervision.listening(known, Listening(since=since, until=until))


def find(tx: Tx, heard: Listening | None, now: datetime, after: str = "") -> Due:
    """What is due, for ``act``, among the accounts that follow ``after``. Only reads."""
    certain = supervision.certain_until(heard, now)
    waiting = rows.waiting_accounts(tx, most=_BACKLOG) if certain is not None else None
    if waiting is None:
        certain = None
    until = rows.share_end(tx, after, size=_SHARE)
    accounts = rows.due_accounts(tx, certain, heard, after=after, until=until, limit=_MOST)
    sites = rows.due_sites(tx, certain, limit=_MOST) if certain is not None else []
    if waiting:
        accounts = [one for one in accounts if one.account not in waiting]
        busy = rows.sites_of(tx, waiting)
        sites = [site for site in sites if site.id not in busy]
    tests = rows.due_tests(tx, now, limit=_MOST)
    return Due(
        accounts=accounts,
        sites=sites,
        tests=tests,
        measures=measure_rows.due(tx, now, limit=_MOST),
        moot=measures.moot(tx, now, limit=_MOST),
        heard=heard,
        certain=certain,
        after=until or "",
        missed=missed.released_at if (missed := load_policy(tx).restored) else None,
    )


def act(tx: Tx, due: Due, now: datetime) -> int:
    """Store what was found out; how many signals. A row that fails holds up no other."""
    found: list[Signal] = []
    for account in due.accounts:
        found += _alone(tx, partial(_account, tx, account, due, now))
    for site in due.sites:
        found += _alone(tx, partial(_site, tx, site, now, due.missed))
    for test in due.tests:
        found += _alone(tx, partial(on_test.expire, tx, test, now))
    for measure in due.measures:
        found += _alone(tx, partial(measures.overdue, tx, measure, now))
    for measure in due.moot:
        found += _alone(tx, partial(measures.ended_by_reason, tx, measure, now))
    if found:
        store_signals(tx, found)
    return len(found)


def _alone(tx: Tx, look: Callable[[], list[Signal]]) -> list[Signal]:
    try:
        with savepoint(tx):
            return look()
    except AWAY:
        raise
    except Exception:  # one bad row must not stop the watch over all others
        log.exception("what is due could not be looked at")
        return []


def _account(tx: Tx, account: Overdue, due: Due, now: datetime) -> list[Signal]:
    found = []
    if due.heard is not None and account.poll_every is not None and not account.silent:
        if supervision.is_silent(account, due.heard) and rows.set_silent(tx, account, silent=True):
            found.append(supervision.poll_signal(account, silent=True, now=now))
    elif (
        account.silent and _heard_again(account, due) and rows.set_silent(tx, account, silent=False)
    ):
        found.append(supervision.poll_signal(account, silent=False, now=now))
    if due.certain is None:
        return found
    test, arrival = account.test_due, account.arrival_due
    if test is not None and due.missed is not None and test <= due.missed:
        again = supervision.next_test(due.missed, account.test_every or supervision.LIFT_TEST_EVERY)
        rows.note_account(tx, account.account, test_due=again)
        test = None
    if arrival is not None and due.missed is not None and arrival <= due.missed:
        rows.end_arrival(tx, account)
        arrival = None
    missing = test is not None and test <= due.certain and not account.untested
    if test is not None and missing and rows.set_untested(tx, account):
        found.append(supervision.missing_test(account, test, now))
    if arrival is not None and arrival <= due.certain and rows.end_arrival(tx, account):
        found.append(supervision.not_arrived(account.account, account.timezone, arrival, now))
    return found


def _heard_again(account: Overdue, due: Due) -> bool:
    if account.poll_every is None:
        return True
    return due.heard is not None and not supervision.is_silent(account, due.heard)


def _site(tx: Tx, site: DueSite, now: datetime, missed: datetime | None) -> list[Signal]:
    """The site should be armed, unless nobody was heard then; when that is looked at next."""
    due, zone = site.schedule_due, ZoneInfo(site.timezone)
    try:
        own = own_days.for_calendars(tx, [site.schedule])
        schedule = Schedule.from_json(site.schedule, own) if site.schedule else None
    except CalendarError:
        schedule = None
    following = schedule.next_closing(now, zone) if schedule else None
    if not rows.set_schedule_due(tx, site.id, due, following):
        return []
    if missed is not None and due <= missed:
        return []
    arming = rows.arming(tx, [site.id])[site.id]
    if schedule is None or not arming.accounts or not site.watched:
        return []
    late = supervision.late_to_close(arming, site.timezone, due, now)
    return [late] if late else []
