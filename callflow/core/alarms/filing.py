"""Reasons not to file an incident yet (D26, D30): pure, of what the station knows of its site.

Filing asks that every zone is restored and none left out, and that the site is armed as it should
be at that hour, or that a protective measure with an end stands for what is not; that a measure
whose reason is gone is lifted; that a guard under way has reported; that what was promised is done
and what was left there is fetched; and that the police, once called, gave their reference. What can
not end by itself is signed, with a reason (``signing``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callflow.core.alarms.incident import Incident, is_normal
from callflow.core.alarms.signing import Signature, signed
from callflow.core.signals.signal import PERSONAL, Kind
from callflow.core.sites.arming import Partition
from callflow.core.sites.schedule import Opening, Schedule


class What(StrEnum):
    """Kinds of things that can be open when an incident is to be filed."""

    ZONE = "zone"  # in alarm
    ARMING = "arming"  # disarmed when it should be armed
    BYPASS = "bypass"  # its panel leaves a zone out
    MEASURE = "measure"  # it protects a site that is back to normal
    GUARD = "guard"  # under way or there, and nothing reported
    EQUIPMENT = "equipment"  # a guard or a technician left it there
    PROMISE = "promise"  # somebody was promised something
    REFERENCE = "reference"  # the police were called and no reference of theirs is written down
    SERVICE = "service"  # the plan's emergency service was never called, and nothing explains it
    FAULT = "fault"  # of the panel or a zone, with an alarm or an appointment of its own
    CALL_BACK = "call_back"  # somebody is to be called back: it rings by itself
    POLICE_NEVER_CALLED = "police_never_called"  # for a personal alarm: to be seen, keeps nothing


class Act(StrEnum):
    """Acts by which a line comes to its end."""

    CALL_CLIENT = "call_client"
    SEND_GUARD = "send_guard"
    CALL_TECHNICIAN = "call_technician"
    PROTECT = "protect"
    LIFT = "lift"
    REPORT = "report"  # of the guard, or what the service said
    DO = "do"  # say that it is done
    LOOK = "look"  # at what follows it


#: Each kind's next acts, the likeliest first.
NEXT: Mapping[What, tuple[Act, ...]] = {
    What.ZONE: (Act.CALL_TECHNICIAN, Act.SEND_GUARD, Act.PROTECT),
    What.ARMING: (Act.CALL_CLIENT, Act.SEND_GUARD, Act.PROTECT),
    What.BYPASS: (Act.CALL_TECHNICIAN, Act.PROTECT),
    What.MEASURE: (Act.LIFT,),
    What.GUARD: (Act.REPORT,),
    What.EQUIPMENT: (Act.DO,),
    What.PROMISE: (Act.DO,),
    What.REFERENCE: (Act.REPORT,),
    What.SERVICE: (Act.REPORT,),
    What.FAULT: (Act.LOOK,),
    What.CALL_BACK: (Act.LOOK,),
    What.POLICE_NEVER_CALLED: (),
}
#: Lines that protect nobody: whoever handles the alarm ends them with a reason. All others take a
#: supervisor beside the operator (D30).
ALONE = frozenset({What.EQUIPMENT, What.PROMISE})
#: Lines that a signed reason may end. A measure is lifted; the others keep nothing.
SIGNABLE = ALONE | {
    What.ZONE,
    What.ARMING,
    What.BYPASS,
    What.GUARD,
    What.REFERENCE,
    What.SERVICE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """One open thing. ``name``: the zone, the partition, the measure's words, the police's line;
    ``since`` and ``due`` in UTC; ``who``: who disarmed, opened the measure or called the police, ""
    where nobody is known; ``measure``: its kind; ``of``: the id of the row that it is;
    ``signature``: a reason that waits for a second person, or that ended the line.
    """

    what: What
    name: str
    since: datetime
    who: str = ""
    measure: str = ""
    of: str = ""
    due: datetime | None = None
    signature: Signature | None = None

    @property
    def next(self) -> tuple[Act, ...]:
        """Its next acts."""
        return NEXT[self.what]

    @property
    def alone(self) -> bool:
        """Say whether one person ends it with a reason."""
        return self.what in ALONE

    @property
    def signable(self) -> bool:
        """Say whether a reason may end it."""
        return self.what in SIGNABLE

    @property
    def key(self) -> str:
        """What a signature names it by."""
        return self.of or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How an incident's site stands. ``at_fault``: zones in alarm, or left out, that are out of
    service by a measure; ``measures``: the incident's own running ones; ``protected``: whether any
    of the site runs; ``owed``: guards, promises, equipment; ``followed``: what keeps nothing, since
    something else follows it; ``signed``: lines that somebody answers for; ``police``: a personal
    alarm for which nobody called them."""

    zones: tuple[Open, ...] = ()
    at_fault: tuple[Open, ...] = ()
    arming: tuple[Open, ...] = ()
    measures: tuple[Open, ...] = ()
    protected: bool = False
    protected_until: datetime | None = None  # the end of the incident's last one
    reference: tuple[Open, ...] = ()
    owed: tuple[Open, ...] = ()
    followed: tuple[Open, ...] = ()
    signed: tuple[Open, ...] = ()
    police: tuple[Open, ...] = ()

    @property
    def abnormal(self) -> tuple[Open, ...]:
        """All that alarms, is left out or stands disarmed."""
        return self.zones + self.at_fault + self.arming

    @property
    def normal(self) -> bool:
        """Say whether the machine may file: all is as it should be, and nothing protects it."""
        return not (self.abnormal or self.measures or self.reference or self.owed)

    @property
    def open(self) -> tuple[Open, ...]:
        """Reasons that keep a person from filing: a measure with an end stands for the site's."""
        unprotected = () if self.protected else self.zones + self.arming
        lifted_first = () if self.abnormal else self.measures
        return unprotected + lifted_first + self.reference + self.owed

    @property
    def list(self) -> tuple[Open, ...]:
        """All that is still open, as people are shown it: what keeps it from being filed first."""
        behind = [one for one in self.abnormal + self.measures if one not in self.open]
        return self.open + tuple(behind) + self.followed

    @property
    def until(self) -> datetime | None:
        """The earliest deadline of what keeps it from being filed (UTC)."""
        return min((one.due for one in self.open if one.due), default=None)


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

#: Other alarms of a site that are faults of its installation, each followed as one of its own.
PANEL_FAULTS = frozenset(
    {
        Kind.TECHNICAL,
        Kind.POWER,
        Kind.BATTERY,
        Kind.LINE,
        Kind.TEST,
        Kind.MISSING_POLL,
        Kind.MISSING_TEST,
        Kind.PATHS_LOST,
        Kind.TAMPER,
        Kind.SWINGER,
    }
)


def arming_matters(incident: Incident) -> bool:
    """Say whether its site must be armed again."""
    return incident.kind in ARMING_MATTERS or incident.duress


def zones_in_alarm(kind: Kind, zones: Mapping[str, str]) -> list[str]:
    """The zones that are not restored, as far as the incident's kind can tell."""
    return [] if is_normal(kind, zones) else [z for z, is_ in zones.items() if is_ != "restored"]


def panel_faults(incident: Incident, others: Iterable[Incident]) -> list[Open]:
    """Faults of its site's installation that another alarm, among ``others``, follows."""
    return [
        Open(
            what=What.FAULT,
            name=zone or other.kind.value,
            since=other.alarm_at or other.opened_at,
            measure=other.kind.value,
            of=other.id,
            due=other.normal_due,
        )
        for other in others
        if other.id != incident.id and other.kind in PANEL_FAULTS and not other.exercise
        for zone in zones_in_alarm(other.kind, other.zones)
    ]


def disarmed(
    partitions: Iterable[Partition],
    schedule: Schedule | None,
    zone: ZoneInfo,
    alarm_at: datetime,
    now: datetime,
    known: Mapping[tuple[str, str], str],
    *,
    explained: bool = True,
) -> list[Open]:
    """The partitions that should be armed at ``now`` and are not.

    By the site's calendar; without one nobody told the station its hours: then a partition that was
    armed at the alarm must be armed again, unless one of the site's own people disarmed it and
    somebody who identified themselves ``explained`` the alarm: disarming is no identification (D4).
    ``known``: {(account, user number): name} of those people.
    """
    if schedule is not None and schedule.judge(now, zone) is Opening.ON_TIME:
        return []
    found = []
    for partition in partitions:
        if partition.armed:
            continue
        who = known.get((partition.account, partition.panel_user), "")
        if schedule is None and (partition.since < alarm_at or (who and explained)):
            continue
        who = who or partition.panel_user
        found.append(
            Open(what=What.ARMING, name=partition.partition, since=partition.since, who=who)
        )
    return found


def within(incident: Incident, limit: timedelta) -> timedelta:
    """How long a treated alarm may stand open: as its plan says, else the station's ``limit``."""
    said = incident.plan.get("normal_s")
    return timedelta(seconds=float(said)) if said else limit


def answered_for(
    incident: Incident, found: Standing, signatures: Sequence[Signature], limit: timedelta
) -> Standing:
    """``found`` with each line's deadline, and without the lines that somebody signed."""
    until = incident.closed_at + within(incident, limit) if incident.closed_at else None
    ended: list[Open] = []

    def left(lines: tuple[Open, ...]) -> tuple[Open, ...]:
        kept: list[Open] = []
        for one in lines:
            signature = signed(signatures, one.what, one.key, incident.signal_count, one.since)
            over = signature is not None and signature.signed_at is not None
            line = replace(one, signature=signature, due=one.due or until)
            (ended if over else kept).append(line)
        return tuple(kept)

    return replace(
        found,
        zones=left(found.zones),
        at_fault=left(found.at_fault),
        arming=left(found.arming),
        measures=left(found.measures),
        reference=left(found.reference),
        owed=left(found.owed),
        signed=tuple(ended),
    )


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
