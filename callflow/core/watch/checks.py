"""Checks and drills of the station: when each is due, late or failed, and what proves it. Pure.

A check is due once in each of its periods, which are days, weeks, months and years of the
station's calendar. It is late when a whole period went by without it. One that failed is due again
at once, until it succeeds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callflow.core.people.users import Role
from callflow.core.time.hours import Span, instant
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading


class Period(StrEnum):
    """How often a check is done."""

    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"
    YEAR = "year"


class Proof(StrEnum):
    """What whoever did it adds to the signature."""

    SIGNATURE = "signature"  # nothing
    FIGURE = "figure"  # what was measured
    FILE = "file"  # a picture or a report


class Source(StrEnum):
    """What the machine sees by itself that a check was done by."""

    BACKUP = "backup"  # a backup was made
    RESTORE = "restore"  # one was restored aside, and verified
    READING = "reading"  # organs were found well; ``subject``: their part
    SIGNAL = "signal"  # a panel sent something; ``subject``: its account


#: Who may be asked to do one; whoever has more rights may, too.
PEOPLE = (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """What is checked again and again. Times are UTC.

    ``id``: what programs call it, for ever. ``title`` and ``text`` (what to do): "" where they are
    those of the usual list. ``lowest`` and ``highest``: the bounds of its figure, in ``unit``.
    ``since``: it is asked for from then on. ``told``: how it was when that was told last, at
    ``told_at``. ``last_id``: of the ``Done`` that counts.
    """

    id: str
    period: Period
    who: Role
    proof: Proof = Proof.SIGNATURE
    title: str = ""
    text: str = ""
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    source: Source | None = None
    subject: str = ""
    since: datetime
    retired_at: datetime | None = None
    changed_by: str = ""
    told: State | None = None
    told_at: datetime | None = None
    last_id: str | None = None

    def holds(self, figure: float) -> bool:
        """True where a figure is within its bounds."""
        low, high = self.lowest, self.highest
        return (low is None or figure >= low) and (high is None or figure <= high)


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A check that was done ``at`` an instant (UTC). ``by`` "": the machine saw it. ``late``: it
    was then."""

    id: str
    check_id: str
    at: datetime
    by: str
    ok: bool
    figure: float | None = None
    unit: str = ""
    remark: str = ""
    document_id: str | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What the machine saw that a check was done by."""

    at: datetime
    ok: bool = True
    figure: float | None = None
    unit: str = ""
    remark: str = ""


class Stands(StrEnum):
    """How a check stands."""

    DONE = "done"  # not to be done again yet
    DUE = "due"
    LATE = "late"
    FAILED = "failed"  # to be done again, once it is mended


@dataclass(frozen=True, slots=True)
class Standing:
    """A check as it stands: to be done from ``due_at`` on, and late from ``late_at``."""

    check: Check
    last: Done | None
    due_at: datetime
    late_at: datetime
    stands: Stands

    @property
    def asked(self) -> bool:
        """True where somebody is to do it now."""
        return self.stands is not Stands.DONE


def standing(check: Check, last: Done | None, now: datetime, zone: ZoneInfo) -> Standing:
    """How a check stands at ``now``; ``last``: the newest time that it was done."""
    counts = last is not None and last.at >= check.since
    if last is not None and counts and not last.ok:
        return Standing(check, last, last.at, _whole(check.period, last.at, zone), Stands.FAILED)
    due = span(check.period, last.at, zone).end if last is not None and counts else check.since
    late = _whole(check.period, due, zone)
    stands = Stands.DONE if now < due else Stands.DUE if now < late else Stands.LATE
    return Standing(check, last, due, late, stands)


def _whole(period: Period, since: datetime, zone: ZoneInfo) -> datetime:
    """The end of the first whole period from ``since`` on."""
    first = span(period, since, zone)
    return first.end if first.start == since else span(period, first.end, zone).end


def span(period: Period, at: datetime, zone: ZoneInfo) -> Span:
    """The day, week, month or year at the station that ``at`` is in (UTC)."""
    first, following = _days(period, at.astimezone(zone).date())
    return Span(_midnight(first, zone), _midnight(following, zone))


def _days(period: Period, day: date) -> tuple[date, date]:
    """The first day of a period, and of the one after it."""
    if period is Period.DAY:
        return day, day + timedelta(days=1)
    if period is Period.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if period is Period.MONTH:
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return instant(day, 0, zone, latest=False)


# --- what becomes of it -----------------------------------------------------------------------

_STATES = {
    Stands.DONE: (State.OK, None),
    Stands.DUE: (State.OK, None),
    Stands.LATE: (State.DEGRADED, Reason.NOT_DONE),
    Stands.FAILED: (State.FAILED, Reason.DRILL_FAILED),
}
#: A check's state is told at each change, and so often; it is believed for so long.
TOLD_EVERY, BELIEVED = timedelta(hours=6), timedelta(days=1)


def reading(one: Standing, now: datetime) -> Reading:
    """The organ that a check is."""
    state, reason = _STATES[one.stands]
    last = one.last
    return Reading(
        part=Part.DRILL,
        name=one.check.id,
        state=state,
        reason=reason,
        detail=last.remark if last is not None and not last.ok else "",
        figure=last.figure if last is not None else None,
        unit=last.unit if last is not None else "",
        at=now,
        valid=BELIEVED,
    )


def to_tell(one: Standing, now: datetime) -> bool:
    """True where the organ's state is to be told: it changed, or was told long ago."""
    check = one.check
    stale = check.told_at is None or now - check.told_at >= TOLD_EVERY
    return stale or check.told is not _STATES[one.stands][0]


def fault(check: Check, *, ours: bool) -> tuple[str, str] | None:
    """(the field, what is wrong with it) of a check that is to be kept; None: nothing.

    ``ours``: the usual list has words for it.
    """
    if not check.title.strip() and not ours:
        return "title", "say what is checked"
    if check.proof is not Proof.FIGURE and (check.lowest, check.highest) != (None, None):
        return "lowest", "only a figure has bounds"
    if check.lowest is not None and check.highest is not None and check.lowest > check.highest:
        return "highest", "the highest is below the lowest"
    if check.source is Source.READING and check.subject not in {part.value for part in Part}:
        return "subject", "choose an organ"
    if check.source is Source.SIGNAL and not check.subject:
        return "subject", "write the panel's account"
    return None


# --- a year of it -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """Of the whole periods of a year in which a check was asked for, those in which it was done,
    and those without; how often it was done late, and failed."""

    check: Check
    wanted: int
    done: int
    late: int
    failed: int

    @property
    def missed(self) -> int:
        """Periods in which it was not done."""
        return self.wanted - self.done


def tally(check: Check, done: Sequence[Done], during: Span, now: datetime, zone: ZoneInfo) -> Tally:
    """A check's, of what was ``done`` of it in that time."""
    good = [one for one in done if one.ok]
    hit = {span(check.period, one.at, zone) for one in good}
    wanted = list(_periods(check, during, now, zone))
    return Tally(
        check=check,
        wanted=len(wanted),
        done=sum(each in hit for each in wanted),
        late=sum(one.late for one in good),
        failed=len(done) - len(good),
    )


def _periods(check: Check, during: Span, now: datetime, zone: ZoneInfo) -> Iterator[Span]:
    """Whole periods of that time in which it was asked for."""
    begin = max(during.start, check.since)
    end = min(during.end, now, check.retired_at or now)
    one = span(check.period, begin, zone)
    if one.start < begin:
        one = span(check.period, one.end, zone)
    while one.end <= end:
        yield one
        one = span(check.period, one.end, zone)


# --- the usual list ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """A check of the list that ships; its words are in ``callflow/texts``."""

    id: str
    period: Period
    who: Role = Role.OPERATOR
    proof: Proof = Proof.SIGNATURE
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    source: Source | None = None
    subject: str = ""

    def since(self, now: datetime, by: str) -> Check:
        """The check, asked for from ``now`` on."""
        return Check(**asdict(self), since=now, changed_by=by)


#: None of its periods is a standard's: the station sets its own.
USUAL: Sequence[Usual] = (
    Usual(id="last-backup", period=Period.DAY, source=Source.BACKUP),
    Usual(id="desks", period=Period.DAY),
    Usual(id="room", period=Period.DAY),
    Usual(id="each-line", period=Period.WEEK, source=Source.READING, subject=Part.CANARY.value),
    Usual(id="restore", period=Period.WEEK, who=Role.SUPERVISOR, source=Source.RESTORE),
    Usual(id="duty-phone", period=Period.WEEK),
    Usual(
        id="generator-run",
        period=Period.MONTH,
        who=Role.SUPERVISOR,
        proof=Proof.FIGURE,
        unit="minutes",
        lowest=15,
    ),
    Usual(
        id="power-cut",
        period=Period.MONTH,
        who=Role.SUPERVISOR,
        proof=Proof.FIGURE,
        unit="minutes",
        lowest=10,
    ),
    Usual(id="own-alarm", period=Period.MONTH, who=Role.SUPERVISOR),
    Usual(id="headsets", period=Period.MONTH),
    Usual(id="first-aid", period=Period.MONTH),
    Usual(id="fire-doors", period=Period.MONTH),
    Usual(
        id="switch-over",
        period=Period.YEAR,
        who=Role.SUPERVISOR,
        proof=Proof.FIGURE,
        unit="seconds",
        highest=60,
    ),
    Usual(id="evacuation", period=Period.YEAR, who=Role.SUPERVISOR, proof=Proof.FILE),
    Usual(id="extinguishers", period=Period.YEAR, who=Role.SUPERVISOR, proof=Proof.FILE),
    Usual(id="electricity", period=Period.YEAR, who=Role.SUPERVISOR, proof=Proof.FILE),
    Usual(id="rights", period=Period.YEAR, who=Role.ADMINISTRATOR),
)
