"""Findings of the station itself: who opened and when, what did not come, who is silent.

Each finding is a signal of format "station": stored here, correlated like any other, and idempotent
by its name (callflow/core/watch/supervision.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.signals.signal import Kind, Signal, StoredSignal
from callflow.core.sites.arming import PanelUser, Partition
from callflow.core.sites.schedule import Opening, Schedule
from callflow.core.time.holidays import OwnDays
from callflow.core.time.hours import CalendarError
from callflow.core.time.instants import to_iso
from callflow.core.watch import supervision
from callflow.core.watch.supervision import Scheduled, station_signal
from callflow.handling.alarms.surroundings import Seen
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.sites import own_days, sites
from callflow.storage.watch import supervision as rows

#: What a panel sends that is looked at here; anything else costs nothing.
_LOOKED_AT = frozenset({Kind.OPENING, Kind.CLOSING, Kind.CANCEL, Kind.TEST})
_BY_A_USER = frozenset({Kind.OPENING, Kind.CLOSING, Kind.CANCEL})
_OFF_HOURS = {Opening.EARLY: "EARLY_OPENING", Opening.OUT_OF_HOURS: "OUT_OF_HOURS"}
#: Closings of the last days that may still be late: the site was never armed in between.
_REMEMBERED = 4


def seen(tx: Tx, signals: Sequence[Seen], awaited: set[str], now: datetime) -> list[Signal]:
    """What follows from a batch of declared accounts' signals; to be stored, in this transaction.

    To be called before the batch's arming is written: what was open before counts. ``awaited``:
    the accounts that "arrived well" is expected from.
    """
    panels = [one for one in signals if not one.of_station]
    looked_at = {
        one.signal.account
        for one in panels
        if one.kind in _LOOKED_AT or one.signal.account in awaited
    }
    if not looked_at:
        return []
    batch = _Batch(tx, looked_at, now)
    for one in sorted(panels, key=lambda one: (one.at, one.signal.number)):
        batch.look(one)
    return batch.findings()


class _Batch:
    """What is known of the accounts, moved on by each signal in its order."""

    def __init__(self, tx: Tx, accounts: set[str], now: datetime) -> None:
        self.tx, self.now = tx, now
        self.accounts = rows.watched(tx, accounts)
        sites = {account.site_id for account in self.accounts.values()}
        self.arming = rows.arming(tx, sites)
        #: {(account, partition): its state}, moved on by each signal.
        self.partitions = {
            (one.account, one.partition): one
            for site in sites
            for one in self.arming[site].partitions
        }
        self.users: dict[str, dict[str, PanelUser]] = {}
        for user in rows.panel_users(tx, list(self.accounts)):
            mine = self.users.setdefault(user.account, {})
            mine[supervision.user_key(user.number)] = user
        scheduled = self.accounts.values()
        own = own_days.for_calendars(tx, [row.schedule for row in scheduled])
        self.schedules = {row.site_id: _schedule(row, own) for row in scheduled}
        self.closed: dict[str, datetime] = {}
        self.found: list[Signal] = []

    def look(self, one: Seen) -> None:
        """One signal."""
        signal, kind, at = one.signal, one.kind, one.at
        account = self.accounts.get(signal.account)
        if account is None:
            return
        if not one.proven:  # who it says it was may be told; nothing is over by it (D31)
            if kind in _BY_A_USER:
                self._user(account, signal, kind)
            return
        if self._arrives(account, signal, kind, at):
            return
        code = None
        if kind in _BY_A_USER:
            code = self._user(account, signal, kind)
        if kind is Kind.OPENING:
            self._opens(account, signal, at, duress=code == "DURESS_USER")
        elif kind is Kind.CLOSING:
            self._closes(account, signal, at)
        elif kind is Kind.TEST and account.test_every is not None:
            self._tests(account, supervision.next_test(at, account.test_every))

    def findings(self) -> list[Signal]:
        """All that was found out."""
        return self.found + self._closed_late()

    def _finds(self, code: str, signal: StoredSignal, text: str) -> None:
        self.found.append(
            station_signal(
                code,
                signal.account,
                signal.id,
                self.now,
                text=text,
                partition=signal.partition,
                user=signal.panel_user,
            )
        )

    def _user(self, account: Scheduled, signal: StoredSignal, kind: Kind) -> str | None:
        """Who it was (D4)."""
        users, number = self.users.get(account.account, {}), signal.panel_user
        code = supervision.user_code(users, number, kind)
        if code is not None:
            user = users.get(supervision.user_key(number))
            self._finds(code, signal, supervision.user_text(user, number))
        return code

    def _opens(
        self, account: Scheduled, signal: StoredSignal, at: datetime, *, duress: bool
    ) -> None:
        was_open = self._arms(account, signal, at, armed=False)
        schedule = self.schedules[account.site_id]
        if schedule is None or duress:  # under duress nothing else is said of it (D7)
            return
        zone = ZoneInfo(account.timezone)
        code = _OFF_HOURS.get(schedule.judge(at, zone))
        if code is not None:
            self._finds(code, signal, f"mise à l’arrêt à {at.astimezone(zone):%H:%M}")
        if schedule.arrived_within is not None and not was_open:
            self._await(account, at + schedule.arrived_within)

    def _arms(self, account: Scheduled, signal: StoredSignal, at: datetime, *, armed: bool) -> bool:
        """Note a partition's new state; whether any of the account's was open before."""
        mine = [one for one in self.partitions.values() if one.account == account.account]
        was_open = any(not one.armed and one.since < at for one in mine)
        key = account.account, signal.partition
        known = self.partitions.get(key)
        if known is None or known.since <= at:
            self.partitions[key] = Partition(*key, armed, at, signal.panel_user)
        return was_open

    # --- "arrived well" (D18) ---------------------------------------------------------------

    def _await(self, account: Scheduled, due: datetime) -> None:
        if account.arrival_due is None and due > self.now:
            self._arrival(account, due)
            tell(
                self.tx,
                "arrival_awaited",
                self.now,
                site=account.site_id,
                account=account.account,
                until=due.isoformat(timespec="seconds"),
            )

    def _arrival(self, account: Scheduled, due: datetime | None) -> None:
        self.accounts[account.account] = replace(account, arrival_due=due)
        rows.note_account(self.tx, account.account, arrival_due=due)

    def _arrives(self, account: Scheduled, signal: StoredSignal, kind: Kind, at: datetime) -> bool:
        """True where it is the second event that was agreed, in time."""
        due, schedule = account.arrival_due, self.schedules[account.site_id]
        if due is None or schedule is None or at > due:
            return False
        code = schedule.arrived_code
        user = schedule.arrived_user
        by_user = kind is Kind.OPENING and _same_user(user, signal.panel_user)
        if not (code and signal.code == code) and not (user and by_user):
            return False
        if self._user(account, signal, kind) is not None:
            return True  # under duress, or by somebody revoked: not well
        self._arrival(account, None)
        _tell_arrived(self.tx, account.site_id, account.account, self.now)
        return True

    # --- tests and closings -----------------------------------------------------------------

    def _tests(self, account: Scheduled, due: datetime) -> None:
        """A test came: the next one is missing at ``due``."""
        if account.test_due is not None and due <= account.test_due:
            return
        back = account.untested and due > self.now
        if back and (was := account.test_due) is not None:
            self.found.append(supervision.tested_again(account.account, was, self.now))
        untested = account.untested and not back
        self.accounts[account.account] = replace(account, test_due=due, untested=untested)
        rows.note_account(self.tx, account.account, test_due=due, untested=untested)

    def _closes(self, account: Scheduled, signal: StoredSignal, at: datetime) -> None:
        self._arms(account, signal, at, armed=True)
        site = account.site_id
        here = self.arming[site].accounts
        armed = all(one.armed for one in self.partitions.values() if one.account in here)
        if armed and self.schedules[site] is not None:
            self.closed[site] = at

    def _closed_late(self) -> list[Signal]:
        """Sites that are armed at last: of each closing that they were late for, once."""
        late: dict[str, Signal] = {}
        for account in self.accounts.values():
            at = self.closed.pop(account.site_id, None)
            schedule = self.schedules[account.site_id]
            if at is None or schedule is None:
                continue
            speaker = self.arming[account.site_id].accounts[0]
            zone = ZoneInfo(account.timezone)
            for due in schedule.last_closings(self.now, zone)[:_REMEMBERED]:
                key = supervision.deduplication("LATE_TO_CLOSE", speaker, to_iso(due))
                text = f"mis en marche à {at.astimezone(zone):%H:%M}"
                late[key] = station_signal("CLOSED_LATE", speaker, to_iso(due), self.now, text=text)
        said = rows.stored_keys(self.tx, list(late)) if late else set()
        return [signal for key, signal in late.items() if key in said]


def _same_user(one: str, other: str) -> bool:
    return bool(other) and supervision.user_key(one) == supervision.user_key(other)


def _schedule(row: Scheduled, own: OwnDays) -> Schedule | None:
    """The schedule as stored; one that this version can't read is none."""
    try:
        return Schedule.from_json(row.schedule, own) if row.schedule else None
    except CalendarError:
        return None


def arrived(tx: Tx, site_id: str, account: str | None, who: str, now: datetime) -> list[str]:
    """A person knows that they arrived well (D18): of which accounts. Raises NotFound, Refused."""
    if sites.get(tx, site_id) is None:
        raise NotFound(f"there is no site {site_id!r}")
    mine = [row.account for row in sites.accounts(tx, site_id)]
    if account is not None and account not in mine:
        raise NotFound(f"there is no account {account!r} of this site")
    awaited = rows.arrivals(tx, mine if account is None else [account])
    if not awaited:
        raise Refused("nobody is expected to say that they arrived")
    for name in sorted(awaited):
        rows.note_account(tx, name, arrival_due=None)
        _tell_arrived(tx, site_id, name, now, by=who, who_did=who)
    return sorted(awaited)


def _tell_arrived(tx: Tx, site: str, account: str, now: datetime, **who: Any) -> None:
    tell(tx, "arrived", now, site=site, account=account, **who)
