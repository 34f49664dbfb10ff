"""Reasons not to file an incident yet (D26, D30): pure, of what the station knows of its site.

Filing asks that every zone is restored and that the site is armed as it should be at that hour, or
that a protective measure with an end stands for what is not; that a measure whose reason is gone is
lifted; and that the police, once called, gave their reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from callflow.core.alarms.incident import is_normal
from callflow.core.signals.signal import PERSONAL, Kind
from callflow.core.sites.arming import Partition
from callflow.core.sites.schedule import Opening, Schedule


class What(StrEnum):
    """Kinds of things that can be open when an incident is to be filed."""

    ZONE = "zone"  # in alarm
    ARMING = "arming"  # disarmed when it should be armed
    MEASURE = "measure"  # it protects a site that is back to normal
    REFERENCE = "reference"  # the police were called and no reference of theirs is written down
    POLICE_NEVER_CALLED = "police_never_called"  # for a personal alarm: to be seen, keeps nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """One open thing. ``name``: the zone, the partition, the measure's words, the police's line;
    ``since`` in UTC; ``who``: who disarmed, opened the measure or called the police, "" where
    nobody is known; ``measure``: its kind.
    """

    what: What
    name: str
    since: datetime
    who: str = ""
    measure: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How an incident's site stands. ``at_fault``: zones in alarm that are out of service by a
    measure; ``measures``: the incident's own running ones; ``protected``: whether any of the site
    runs; ``police``: a personal alarm for which nobody called them."""

    zones: tuple[Open, ...] = ()
    at_fault: tuple[Open, ...] = ()
    arming: tuple[Open, ...] = ()
    measures: tuple[Open, ...] = ()
    protected: bool = False
    protected_until: datetime | None = None  # the end of the incident's last one
    reference: tuple[Open, ...] = ()
    police: tuple[Open, ...] = ()

    @property
    def abnormal(self) -> tuple[Open, ...]:
        """All that alarms or stands disarmed."""
        return self.zones + self.at_fault + self.arming

    @property
    def normal(self) -> bool:
        """Say whether the machine may file: all is as it should be, and nothing protects it."""
        return not (self.abnormal or self.measures or self.reference)

    @property
    def open(self) -> tuple[Open, ...]:
        """Reasons that keep a person from filing: none where a measure with an end protects."""
        unprotected = () if self.protected else self.zones + self.arming
        lifted_first = () if self.abnormal else self.measures
        return unprotected + lifted_first + self.reference


#: Incidents after which it matters whether the site is armed. Others tell nothing of it, and a site
#: that is not armed in time has an incident of its own.
ARMING_MATTERS = PERSONAL | {
    Kind.INTRUSION,
    Kind.TAMPER,
    Kind.FIRE,
    Kind.PATHS_LOST,
    Kind.LATE_TO_CLOSE,
    Kind.OFF_HOURS,
    Kind.PANEL_USER,
    Kind.BANK_OPENING,
    Kind.BYPASS,
}


def zones_in_alarm(kind: Kind, zones: Mapping[str, str]) -> list[str]:
    """The zones that are not restored, as far as the incident's kind can tell."""
    return [] if is_normal(kind, zones) else [z for z, is_ in zones.items() if is_ != "restored"]


def disarmed(
    partitions: Iterable[Partition],
    schedule: Schedule | None,
    zone: ZoneInfo,
    alarm_at: datetime,
    now: datetime,
    known: Mapping[tuple[str, str], str],
) -> list[Open]:
    """The partitions that should be armed at ``now`` and are not.

    By the site's calendar; without one nobody told the station its hours: then a partition that was
    disarmed since the alarm must be armed again, unless one of the site's own people disarmed it.
    ``known``: {(account, user number): name} of those people.
    """
    if schedule is not None and schedule.judge(now, zone) is Opening.ON_TIME:
        return []
    found = []
    for partition in partitions:
        if partition.armed:
            continue
        who = known.get((partition.account, partition.panel_user), "")
        if schedule is None and (partition.since < alarm_at or who):
            continue
        who = who or partition.panel_user
        found.append(
            Open(what=What.ARMING, name=partition.partition, since=partition.since, who=who)
        )
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Somebody wants to close what one person alone may not. ``identity`` tells two apart who have
    one name, as programs may. ``waiver``: why it is to be filed though something is open, "" where
    nothing is waived; ``signals``: how many the incident had."""

    by: str
    identity: str
    supervises: bool
    code: str
    waiver: str
    signals: int


def agree(wish: Wish | None, second: Wish) -> bool:
    """Say whether ``second`` signs what ``wish`` asked for: another person, one of both a
    supervisor, and no alarm in between. A supervisor may decide on another code; an operator signs
    theirs."""
    if wish is None or wish.identity == second.identity or wish.signals != second.signals:
        return False
    if bool(wish.waiver) != bool(second.waiver):
        return False
    return second.supervises or (wish.supervises and wish.code == second.code)
