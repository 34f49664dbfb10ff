"""The rules by which signals belong together, purely (D6, D9, D10): data in, verdicts out.

A zone is compared by its *key*: SIA's "3" and Contact ID's "003" are one zone of one panel.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from callflow.core.alarms.incident import Incident, State
from callflow.core.signals.signal import ALWAYS_OWN, FAILURES, Category, Kind
from callflow.core.sites.arming import Partition
from callflow.core.sites.site import Rules
from callflow.core.sites.zones import zone_key

#: A panel's clock that is further off than this tells nothing of when a signal was raised.
CLOCK_IS_WRONG = timedelta(days=7)
#: Without armed periods a zone's alarms are counted within a day.
A_DAY = timedelta(days=1)
#: How long a runaway is remembered without signals.
A_MINUTE = timedelta(minutes=1)

#: Kinds whose loss is one of a site's ways to the station.
PATHS = frozenset({Kind.LINE, Kind.MISSING_POLL})
#: Kinds that one fault of the world causes at many sites, and what they are grouped as.
STORMS: Mapping[Kind, str] = {
    Kind.POWER: "power",
    Kind.LINE: "line",
    Kind.MISSING_POLL: "line",
}
#: A storm's place may be: what the site's network is called, where it is declared, or else
#: its town; always its town; its department.
STORM_PLACES = ("network", "town", "department")
#: Kinds that are within the armed period of their site only (D6); mains and lines know none.
_ARMED_KINDS = frozenset({Kind.INTRUSION, Kind.TAMPER})


def matter_key(kind: Kind, code: str, zone: str, account: str, line: str) -> str:
    """The part of its incident that a signal tells the state of: a zone, a path, a receiver.

    A path has often no zone: it is then named by its Contact ID number, or by the silent account.
    """
    if kind is Kind.MISSING_POLL:
        return account
    if kind in FAILURES:
        return zone or line
    key = zone_key(zone)
    if kind is Kind.LINE and not key and code[:1].isdigit():
        return code[1:]
    return key


# --- when (D6, D10) -----------------------------------------------------------------------


def raised_at(
    received_at: datetime, panel_time: datetime | None, skew: float | None, late: float
) -> tuple[datetime, bool]:
    """When a signal was raised by our clock, and whether it was delivered late.

    ``skew`` is what is known of the panel's clock (seconds ahead of ours), ``late`` the seconds
    above which a delivery is. A time from the future, or from weeks ago, is a wrong clock.
    """
    if panel_time is None:
        return received_at, False
    raised = panel_time - timedelta(seconds=skew or 0.0)
    if timedelta(seconds=late) < received_at - raised <= CLOCK_IS_WRONG:
        return raised, True
    return received_at, False


class Periods:
    """When the arming state of each partition changed: the stored last time, and a batch's."""

    def __init__(self, stored: Iterable[Partition]) -> None:
        self._changes: dict[tuple[str, str], list[datetime]] = {}
        self._armed: dict[tuple[str, str], tuple[bool, datetime]] = {}
        for partition in stored:
            self.note(
                partition.account, partition.partition, armed=partition.armed, at=partition.since
            )

    def note(self, account: str, partition: str, *, armed: bool, at: datetime) -> bool:
        """A partition was armed or disarmed; whether that is its newest state."""
        key = account, partition
        before = self._armed.get(key)
        if before is not None and before[1] > at:
            return False  # delivered late: a newer one is known
        if before is None or before[0] != armed:
            self._changes.setdefault(key, []).append(at)
        self._armed[key] = armed, at
        return True

    def began(self, account: str, partition: str, at: datetime) -> datetime | None:
        """When the armed (or disarmed) period began in which ``at`` lies; None: not known.

        Of the partition, where it is known; else the last change of any of the account's.
        """
        changes = self._changes.get((account, partition))
        if changes is None:
            of_account = [c for (a, _), c in self._changes.items() if a == account]
            changes = [moment for each in of_account for moment in each]
        return max((moment for moment in changes if moment <= at), default=None)

    def armed(self, accounts: Iterable[str]) -> bool:
        """Say whether any partition is armed; where nothing is known it may be."""
        wanted = set(accounts)
        states = [armed for (account, _), (armed, _) in self._armed.items() if account in wanted]
        return any(states) or not states


def same_period(kind: Kind, alarmed_at: datetime, began: datetime | None) -> bool:
    """Say whether a new signal of ``kind``, whose period began then, may join (D6)."""
    return kind not in _ARMED_KINDS or began is None or began <= alarmed_at


# --- cancelling by code -------------------------------------------------------------------


def may_cancel(incident: Incident, alarm_at: datetime, rules: Rules, at: datetime) -> bool:
    """Say whether a cancel by code at ``at`` closes this incident, whose newest alarm is of
    ``alarm_at``: an intrusion, not confirmed, in time. Nothing cancels a personal or another vital
    alarm (D7), nor what was confirmed."""
    return (
        incident.state is State.OPEN
        and incident.kind in _ARMED_KINDS
        and incident.category is not Category.VITAL
        and not incident.confirmed
        and not incident.duress
        and at - alarm_at <= timedelta(seconds=rules.cancel_within)
    )


# --- a panel that does not stop, and a zone that does not ----------------------------------


class Rates:
    """Signals a minute of each site, in memory: a restart forgets a minute. Bounded."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._seen: dict[str, deque[datetime]] = {}

    def too_many(self, site: str, at: datetime, most: int) -> bool:
        """Note one more signal at ``at``; whether there were ``most`` within a minute."""
        seen = self._seen.pop(site, None)
        if seen is None or seen.maxlen != most:
            seen = deque(maxlen=most)
        seen.append(at)
        self._seen[site] = seen  # the site heard last is last
        if len(self._seen) > self._limit:
            del self._seen[next(iter(self._seen))]
        return len(seen) == most and abs(at - seen[0]) <= A_MINUTE


def stands_alone(kind: Kind, category: Category) -> bool:
    """Say whether an alarm is looked at by itself amid a runaway, a shunt or a storm."""
    return kind in ALWAYS_OWN or category is Category.VITAL


@dataclass(frozen=True, kw_only=True, slots=True)
class Trips:
    """How often a zone alarmed since ``since``; ``shunted``: it is taken out until then."""

    trips: int = 0
    since: datetime
    shunted_at: datetime | None = None

    def within(self, began: datetime | None, at: datetime) -> Trips:
        """The count as it stands at ``at``: a new armed period, or day, begins it anew."""
        over = began > self.since if began is not None else at - self.since > A_DAY
        return Trips(since=began or at) if over else self

    def again(self, rules: Rules, at: datetime) -> Trips:
        """One more alarm; the zone may be taken out by it."""
        count = self.trips + 1
        out = self.shunted_at
        if out is None and rules.swinger_shunt and 0 < rules.swinger_after <= count:
            out = at
        return Trips(trips=count, since=self.since, shunted_at=out)


# --- one fault at many sites, and a site that is cut off ------------------------------------


class Whereabouts(NamedTuple):
    """Where a site is, for faults of the world around it."""

    postcode: str
    address: str
    feeder: str  # of the mains
    provider: str  # of its lines


def storm_key(fault: str, where: Whereabouts, by: str) -> str | None:
    """The name of a storm of ``fault`` ("power" or "line") at this site; ``by``: STORM_PLACES.

    None: nobody knows where the site is, so its fault is its own (D28).
    """
    network = where.feeder if fault == "power" else where.provider
    if by == "network" and network.strip():
        return f"{fault}/{network.strip()}"
    town = where.postcode.replace(" ", "")
    if not town and (found := _POSTCODE.findall(where.address)):
        town = found[-1]
    if by == "department" and town:  # overseas they have three digits
        town = town[: 3 if town[:2] in ("97", "98") else 2]
    return f"{fault}/{town}" if town else None


#: As French addresses have it, before the town.
_POSTCODE = re.compile(r"(?<![0-9])[0-9]{5}(?= +\D)")


def storm_of(key: str) -> tuple[str, str]:
    """The fault and the place of a storm, from what ``storm_key`` gave."""
    fault, _, place = key.partition("/")
    return fault, place


def lost_paths(incidents: Sequence[Incident]) -> frozenset[str]:
    """The ways to the station that a site has lost, by its unfiled incidents."""
    return frozenset(
        f"{one.kind} {path}"
        for one in incidents
        if one.kind in PATHS
        for path, state in one.zones.items()
        if state == "alarm"
    )
