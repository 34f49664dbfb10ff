"""Findings of the station itself, purely: values and ``now`` in, signals to store out.

A signal of format "station" is named by what it is about (a due instant, another signal), so that
two engines, or one after a crash, find out the same thing once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.signals.signal import ALWAYS_OWN, PERSONAL, STATION, Kind, Signal, StoredSignal
from callflow.core.sites.arming import Arming, PanelUser
from callflow.core.sites.zones import zone_key
from callflow.core.time.instants import to_iso


def station_signal(
    code: str,
    account: str,
    about: str,
    now: datetime,
    *,
    zone: str = "",
    partition: str = "",
    user: str = "",
    text: str = "",
) -> Signal:
    """A signal of the station's own; equal ``about`` of one account and code is the same one."""
    return Signal(
        account=account,
        format=STATION,
        code=code,
        zone=zone,
        partition=partition,
        user=user,
        text=text,
        line=STATION,
        received_at=now,
        deduplication=deduplication(code, account, about),
    )


def deduplication(code: str, account: str, about: str) -> str:
    """The key under which such a signal is stored."""
    return f"{STATION}|{code}|{account}|{about}"


@dataclass(frozen=True, slots=True)
class Watched:
    """How an account is watched. Times are UTC."""

    account: str
    site_id: str
    last_heard: datetime | None
    poll_every: float | None  # seconds
    poll_since: datetime | None  # since when polls are expected
    silent: bool
    test_every: float | None  # hours
    test_due: datetime | None
    untested: bool
    arrival_due: datetime | None  # a bank opened: "arrived well" is expected by then (D18)
    timezone: str  # its site's


@dataclass(frozen=True, slots=True)
class Scheduled(Watched):
    """With its site's calendar, as stored."""

    schedule: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Overdue(Watched):
    """One that has something due. ``lift``: it has a lift's zone."""

    lift: bool


# --- polls --------------------------------------------------------------------------------

#: A receiver that said nothing for so long was away: what it missed nobody is blamed for.
RECEIVER_GAP = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listening:
    """The time in which whatever a panel sent was heard and written down."""

    since: datetime
    until: datetime


def listening(known: Listening | None, receiver: Listening | None) -> Listening | None:
    """The same now: ``receiver`` says since when it runs, and its last beat, which is written down
    after what it had heard. None: there is none.

    While it is away, or the database takes nothing, ``until`` stands still and nobody is silent.
    After a gap everybody has their time again.
    """
    if receiver is None:
        return None
    since, until = receiver.since, receiver.until
    if known is not None:
        gap = until - known.until > RECEIVER_GAP or until < known.until
        since = max(since, until if gap else known.since)
    return Listening(since=since, until=until)


#: What a panel sent is stored, and its signals correlated, within so long of its arrival.
SETTLING = timedelta(seconds=2)
#: After a gap panels have so long to send again what was not taken.
_SEND_AGAIN = timedelta(seconds=30)


def certain_until(heard: Listening | None, now: datetime) -> datetime | None:
    """Until when a signal that is not there did not come; None: something may have been missed."""
    if heard is None or now - heard.until > RECEIVER_GAP or now - heard.since < _SEND_AGAIN:
        return None
    return min(now - SETTLING, heard.until)


def patience(poll_every: float) -> timedelta:
    """How long a panel that polls every so many seconds may be unheard."""
    return timedelta(seconds=1.5 * poll_every + 5.0)


def is_silent(account: Watched, heard: Listening) -> bool:
    """True where the panel polls, and should have been heard by now."""
    if account.poll_every is None:
        return False
    since = [account.poll_since, account.last_heard, heard.since]
    last = max(at for at in since if at is not None)
    return last + patience(account.poll_every) < heard.until


def poll_signal(account: Watched, *, silent: bool, now: datetime) -> Signal:
    """A panel fell silent, or is heard again. The first is named by when it was heard last."""
    heard = account.last_heard
    if silent:
        last = max(at for at in (heard, account.poll_since) if at is not None)
        text = f"dernier message {_moment(heard, account.timezone)}"
        return station_signal("MISSING_POLL", account.account, to_iso(last), now, text=text)
    about = to_iso(heard) if heard is not None else to_iso(now)
    text = f"entendu {_moment(heard, account.timezone)}"
    return station_signal("POLL_BACK", account.account, about, now, text=text)


def _moment(at: datetime | None, timezone: str) -> str:
    """An instant as people at the site say it."""
    return f"le {at.astimezone(ZoneInfo(timezone)):%d/%m/%Y à %H:%M:%S}" if at else "jamais"


# --- tests --------------------------------------------------------------------------------

#: EN 81-28: a lift tests its line at least every three days.
LIFT_TEST_EVERY = 72.0  # hours
_LATE_TEST = timedelta(minutes=15)


def next_test(at: datetime, every: float) -> datetime:
    """When the test after one at ``at`` is missing; ``every`` in hours, panels' clocks drift."""
    return at + timedelta(hours=every) + min(_LATE_TEST, timedelta(hours=every) / 50)


def missing_test(account: Overdue, due: datetime, now: datetime) -> Signal:
    """The test did not come that was ``due``."""
    code, name = "LIFT_UNTESTED" if account.lift else "MISSING_TEST", account.account
    text = f"attendu avant {_moment(due, account.timezone)}"
    return station_signal(code, name, to_iso(due), now, zone=name, text=text)


def tested_again(account: str, due: datetime, now: datetime) -> Signal:
    """The test that was due came after all."""
    return station_signal("TEST_BACK", account, to_iso(due), now, zone=account)


# --- arming -------------------------------------------------------------------------------


def late_to_close(arming: Arming, timezone: str, due: datetime, now: datetime) -> Signal | None:
    """Not armed by ``due``: some partition is not, or none was ever heard of.

    One that was opened since is another matter: whether that was in its hours.
    """
    open_ = [one for one in arming.partitions if not one.armed and one.since <= due]
    if arming.partitions and not open_:
        return None
    names = ", ".join(one.partition or one.account for one in open_) or "état inconnu"
    text = f"fermeture attendue {_moment(due, timezone)} ; en arrêt : {names}"
    return station_signal("LATE_TO_CLOSE", arming.accounts[0], to_iso(due), now, text=text)


def not_arrived(account: str, timezone: str, due: datetime, now: datetime) -> Signal:
    """A bank was opened and "arrived well" did not come by ``due`` (D18)."""
    text = f"attendu avant {_moment(due, timezone)}"
    return station_signal("NOT_ARRIVED", account, to_iso(due), now, text=text)


# --- panel users (D4) ---------------------------------------------------------------------

#: Parts of panel users, as people say them.
PARTS = {
    "person": "personne",
    "guard": "agent",
    "cleaner": "nettoyage",
    "technician": "technicien",
    "duress": "contrainte",
}


def user_key(number: str) -> str:
    """A user's number without leading zeros: panels write "5", "05" and "005" for one."""
    return number.lstrip("0")


def user_code(users: Mapping[str, PanelUser], number: str, kind: Kind) -> str | None:
    """What a user's act is, where it is more than an act: a code of the station's own.

    ``users`` are the account's, by ``user_key``; without any, or without a number, nothing is
    said. A duress user is one whatever they do; the others only when they open.
    """
    if not users or not number:
        return None
    user = users.get(user_key(number))
    if user is not None and user.part == "duress":
        return "DURESS_USER"
    if kind is not Kind.OPENING:
        return None
    if user is None:
        return "UNKNOWN_USER"
    return "REVOKED_USER" if user.revoked else None


def user_text(user: PanelUser | None, number: str) -> str:
    """Who it is, for people."""
    if user is None:
        return f"utilisateur {number}"
    part = PARTS.get(user.part, user.part)
    return f"utilisateur {number} : {user.name or '?'} ({part})"


# --- on test (D17) ------------------------------------------------------------------------

#: Kinds that no test makes silent: lives, and what a test does not cause.
ALWAYS_LIVE = (ALWAYS_OWN - {Kind.FIRE}) | {
    Kind.UNKNOWN,
    Kind.PANEL_USER,
    Kind.BANK_OPENING,
    Kind.ON_TEST,
    Kind.RECEIVER,
    Kind.TRUNK,
    Kind.ORGAN,
    Kind.GUESSING,
    Kind.LOGBOOK,
    Kind.STORM,
}
assert PERSONAL <= ALWAYS_LIVE


@dataclass(frozen=True, slots=True)
class OnTest:
    """A site on test, from ``began_at`` to ``ends_at``. Times are UTC."""

    id: str
    site_id: str
    zones: tuple[str, ...] | None  # their keys; None: all
    reason: str
    set_by: str
    contact_id: str | None  # who asked for it, and is called at its end
    began_at: datetime
    ends_at: datetime
    extensions: int = 0
    ended_at: datetime | None = None
    ended_by: str | None = None

    def runs(self, now: datetime) -> bool:
        """True where it is neither ended nor over."""
        return self.ended_at is None and now < self.ends_at


def is_tested(test: OnTest, zone: str, kind: Kind) -> bool:
    """True where a signal is only stored while ``test`` runs: what is for lives stays live, and so
    does a fire whose zone is not named (D17)."""
    if kind in ALWAYS_LIVE:
        return False
    if test.zones is None:
        return kind is not Kind.FIRE
    return zone_key(zone) in test.zones


def still_alarming(tested: Sequence[tuple[StoredSignal, Kind | None, Kind | None]]) -> list[str]:
    """Ids of the signals whose zones alarmed in a test and were not restored, oldest first.

    Each is (signal's row, the kind it alarms, the kind it restores), in the order they came.
    """
    open_: dict[tuple[str, str, Kind], str] = {}
    for signal, alarms, restores in tested:
        place = signal.account, zone_key(signal.zone)
        if restores is not None:
            open_.pop((*place, restores), None)
        elif alarms is not None:
            open_[(*place, alarms)] = signal.id
    return list(open_.values())
