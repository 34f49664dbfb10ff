"""Surroundings of a batch of signals: read once for all, arming noted as they tell it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from callflow.core.alarms import correlation
from callflow.core.alarms.correlation import Periods, Trips
from callflow.core.signals import events
from callflow.core.signals.events import EventRow
from callflow.core.signals.proof import proves
from callflow.core.signals.signal import STATION, Kind, StoredSignal
from callflow.core.sites.arming import Partition
from callflow.core.sites.site import Rules, SiteState
from callflow.core.sites.zones import zone_key
from callflow.core.watch.room import bent
from callflow.core.watch.supervision import is_tested, user_code, user_key
from callflow.handling.base.policy import load_policy
from callflow.handling.sites import in_force
from callflow.handling.sites.event_rules import meaning_of
from callflow.storage import Tx
from callflow.storage.alarms import surroundings
from callflow.storage.watch import supervision


class Seen(NamedTuple):
    """A signal as it is understood at its site."""

    signal: StoredSignal
    site: str | None
    meaning: EventRow
    kind: Kind  # the incident's: *unknown* for whatever an undeclared account sends
    key: str  # which zone, path or receiver it tells of
    at: datetime  # when it was raised, by our clock
    deferred: bool
    proven: bool  # whether it came by what its account is declared with (D31)

    @property
    def of_station(self) -> bool:
        """Say whether the station itself found it out."""
        return self.signal.of_station


class Surroundings:
    """One batch's."""

    def __init__(self, tx: Tx, signals: Sequence[StoredSignal], now: datetime) -> None:
        accounts = {signal.account for signal in signals}
        self.tx, self.now = tx, now
        self.policy = load_policy(tx)
        self._room = self.policy.room
        self.declared = surroundings.declared(tx, accounts)
        self.sites = {a: d.site for a, d in self.declared.items() if d.site is not None}
        mine = sorted(set(self.sites.values()))
        bent = any(d.bent for d in self.declared.values())
        self._zone_kinds = surroundings.zone_kinds(tx, accounts) if bent else {}
        self._overrides = surroundings.overrides(tx, mine) if bent else {}
        unknown = len(self.declared) < len(accounts)
        self._station = surroundings.event_rules(tx) if bent or unknown else {}
        self._overridden = {site for site, _, _ in self._overrides}
        self._rules = {d.site: d.rules for d in self.declared.values() if d.rules}
        #: The accounts that "arrived well" is expected from.
        self.awaited = {account for account, d in self.declared.items() if d.awaited}
        arming = supervision.arming(tx, mine)
        self.periods = Periods([one for of in arming.values() for one in of.partitions])
        self._accounts = {site: of.accounts for site, of in arming.items()}
        self._tests = supervision.running_tests(tx, mine, now) if bent else {}
        self._trips: dict[tuple[str, str], Trips] | None = None
        self._counted: dict[tuple[str, str], Trips] = {}
        self._armed: dict[tuple[str, str], Partition] = {}
        self._signals = signals
        self._readings: dict[str, in_force.Reading | None] = {}

    def seen(self, signal: StoredSignal) -> Seen:
        """The meaning of ``signal`` at its site, and when it was raised."""
        account = signal.account
        site = self.sites.get(account)
        meaning = self._meaning(signal, site)
        declared = self.declared.get(account)
        over = declared is not None and _is_over(declared, signal, meaning)
        if over:  # nobody's client any more: whatever it says is one matter, of no zone (D30)
            meaning = events.lookup(STATION, "TERMINATED")
        known = site is not None or signal.of_station or signal.of_canary
        kind = meaning.kind if known else Kind.UNKNOWN
        told = meaning.restores or kind
        at, deferred = correlation.raised_at(
            signal.received_at,
            signal.panel_time,
            declared.skew if declared else None,
            self.policy.deferred_after,
        )
        key = correlation.matter_key(told, signal.code, signal.zone, account, signal.line)
        proven = declared is None or proves(signal, declared)
        return Seen(signal, site, meaning, kind, "" if over else key, at, deferred, proven)

    def _meaning(self, signal: StoredSignal, site: str | None) -> EventRow:
        key = zone_key(signal.zone)
        zone_kind = self._zone_kinds.get((signal.account, key))
        code, override = signal.code, None
        if site in self._overridden:
            of_zone = self._overrides.get((site, code, key))
            override = of_zone or self._overrides.get((site, code, ""))
        meaning = meaning_of(signal.format, code, zone_kind, self._station, override)
        own = site is not None and self._room.is_own(signal.account) and not signal.of_station
        return bent(meaning) if own else meaning

    def overrides_kinds(self, site: str | None) -> bool:
        """Say whether a code may mean another kind there than its restore says."""
        return site in self._overridden or bool(self._station)

    def reading(self, site: str | None) -> in_force.Reading | None:
        """A site's row and what is agreed there now: read once for all that looks at it."""
        if site is None:
            return None
        if site not in self._readings:
            self._readings[site] = in_force.read(self.tx, site, self.now)
        return self._readings[site]

    def rules(self, site: str) -> Rules:
        """The rules agreed for the site's signals."""
        return self._rules.get(site, Rules())

    def note_arming(self, seen: Seen) -> None:
        """An opening or a closing, of a declared account."""
        if seen.site is None or seen.kind not in (Kind.OPENING, Kind.CLOSING) or seen.of_station:
            return
        if not seen.proven:
            return
        account, partition = seen.signal.account, seen.signal.partition
        armed = seen.kind is Kind.CLOSING
        if self.periods.note(account, partition, armed=armed, at=seen.at):
            user = seen.signal.panel_user
            self._armed[account, partition] = Partition(account, partition, armed, seen.at, user)

    def began(self, seen: Seen) -> datetime | None:
        """When the armed period began in which the signal was raised."""
        return self.periods.began(seen.signal.account, seen.signal.partition, seen.at)

    def armed(self, site: str) -> bool:
        """Say whether any of the site is armed; where nothing is known it may be."""
        return self.periods.armed(self._accounts[site])

    def trips(self, seen: Seen) -> Trips:
        """How often the signal's zone alarmed in this armed period."""
        if self._trips is None:
            zones = [(signal.account, zone_key(signal.zone)) for signal in self._signals]
            self._trips = surroundings.trips(self.tx, zones)
        place = seen.signal.account, seen.key
        kept = self._counted.get(place) or self._trips.get(place) or Trips(since=seen.at)
        return kept.within(self.began(seen), seen.at)

    def keep_trips(self, seen: Seen, count: Trips) -> None:
        """The zone alarmed once more."""
        place = seen.signal.account, seen.key
        self._counted[place] = count

    def write(self) -> None:
        """Write what the batch told of arming and of its zones."""
        surroundings.write_partitions(self.tx, list(self._armed.values()))
        surroundings.write_trips(self.tx, self._counted)

    def tested(self, seen: Seen) -> bool:
        """Say whether the signal is only stored: its site is on test (D17)."""
        zone = seen.signal.zone
        return not seen.of_station and any(
            is_tested(test, zone, seen.kind) for test in self._tests.get(seen.site or "", ())
        )

    def may_cancel(self, seen: Seen) -> bool:
        """Say whether the user who cancelled is one who may: not revoked, not under duress (D4)."""
        account, number = seen.signal.account, seen.signal.panel_user or seen.signal.zone
        found = supervision.panel_users(self.tx, [account])
        users = {user_key(user.number): user for user in found}
        if users and not number:
            return False
        return user_code(users, number, Kind.OPENING) is None


def _is_over(declared: surroundings.Declared, signal: StoredSignal, meaning: EventRow) -> bool:
    """Say whether it is an alarm of a site whose contract is terminated (D2)."""
    ended = declared.state is SiteState.TERMINATED
    return ended and meaning.opens and not signal.of_station
