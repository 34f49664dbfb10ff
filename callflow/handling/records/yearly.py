"""The yearly report for an auditor: read from what the station kept of the year."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from callflow.core.alarms.incident import Incident
from callflow.core.records import yearly
from callflow.core.records.figures import bounds
from callflow.core.records.sheets import Line, Sheet, Table
from callflow.core.records.sheets.parts import Cell, capital
from callflow.core.records.statistics import Asked
from callflow.core.records.yearly import Chapter, Section
from callflow.core.signals.signal import FAILURES, Kind
from callflow.core.station.backups import What
from callflow.core.station.peer import Stage
from callflow.core.time.hours import Span
from callflow.core.watch.checks import tally
from callflow.core.watch.examination import BACKUP_AGE
from callflow.core.watch.failures import failed
from callflow.core.watch.organs import Part, State, key_of
from callflow.core.watch.trends import Point
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records import statistics
from callflow.handling.records.statistics import Question, View
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.desks import shifts
from callflow.storage.engine.values import grouped
from callflow.storage.records import logbook
from callflow.storage.records import yearly as rows
from callflow.storage.watch import backups, checks, readings
from callflow.storage.watch import organs as organ_rows
from callflow.texts import KINDS, moments, word
from callflow.texts.station import checks as check_texts
from callflow.texts.station import organs
from callflow.texts.station.yearly import PERIODS, said

_HOUR, _MINUTE, _NO_TIME = timedelta(hours=1), timedelta(minutes=1), timedelta(0)


@dataclass(frozen=True, slots=True)
class Content:
    """What a report says. ``until``: the end of what it covers (UTC); ``whole``: the year is over
    then."""

    year: int
    language: str
    until: datetime
    whole: bool
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True)
class _Year:
    """What the chapters are read from; ``changes``: of each organ, by its key."""

    tx: Tx
    first: date
    last: date
    during: Span  # until now at most
    now: datetime
    settings: Settings
    language: str
    changes: Mapping[str, Sequence[Point]]

    def say(self, name: str, *values: object) -> str:
        """A word of the report."""
        return said(name, self.language, *values)

    def sheet(self, name: str, head: Sequence[str], lines: Iterable[Sequence[Cell]]) -> Sheet:
        """One table."""
        heads = [capital(self.say(each)) for each in head]
        return Sheet([], [Table(name, self.say(name), heads, [Line(line) for line in lines])])

    def organ(self, key: str) -> str:
        """What an organ is called."""
        part, _, rest = key.partition(":")
        name, _, node = rest.rpartition("@")
        return organs.named(part, name, node, 0 if self.language == "fr" else 1)

    def moment(self, at: datetime) -> str:
        """A day and a time at the station."""
        return moments.short(at, STATION_ZONE.key, self.language)

    def lives(self, *parts: Part, but: Sequence[Part] = ()) -> dict[str, yearly.Lived]:
        """{organ's key: how it was} of these parts, or of all but some."""
        return {
            key: yearly.lived([(point.at, point.state) for point in points], self.during)
            for key, points in self.changes.items()
            if (not parts or _part(key) in parts) and _part(key) not in but
        }


def _part(key: str) -> str:
    return key.partition(":")[0]


def content(tx: Tx, year: int, settings: Settings, language: str, now: datetime) -> Content:
    """The report of ``year`` as far as it is over at ``now``."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    begin, end = bounds(first, last, STATION_ZONE)
    until = max(begin, min(end, now))
    of = _Year(
        tx=tx,
        first=first,
        last=last,
        during=Span(begin, until),
        now=now,
        settings=settings,
        language=language,
        changes=grouped(readings.changes(tx, until), lambda point: point.key),
    )
    sections = [
        replace(_CHAPTERS[chapter](of), clause=settings.audit_clauses.get(chapter.value, ""))
        for chapter in Chapter
    ]
    return Content(year, language, until, now >= end, sections)


def _hours(time: timedelta) -> float:
    return round(time / _HOUR, 1)


def _share(per_cent: float | None) -> float | None:
    return None if per_cent is None else round(per_cent, 2)


def _alarms(of: _Year) -> Section:
    """How soon each step came, and how long alarms took."""
    asked = Asked(first=of.first, last=of.last)
    found = [
        statistics.answer(of.tx, Question(view=view, asked=asked), of.settings, of.language, of.now)
        for view in (View.DELAYS, View.HANDLING)
    ]
    return Section(Chapter.ALARMS, _joined([each.sheet for each in found]))


def _joined(parts: Sequence[Sheet]) -> Sheet:
    """One behind the other."""
    plots = [plot for each in parts for plot in each.plots]
    return Sheet(plots, [table for each in parts for table in each.tables])


#: What is no organ of the station's: what it is asked to do, and how busy it is.
_NO_ORGANS = (Part.DRILL, Part.LATENCY, Part.BACKLOG, Part.WAY_OUT, Part.VERSION)
_ORGAN_HEAD = ("organ", "available", "failures", "down_hours", "known_hours")


def _organ_lines(of: _Year, lives: Mapping[str, yearly.Lived]) -> Iterator[Sequence[Cell]]:
    for key, life in lives.items():
        failed = _hours(life.took.get(State.FAILED, _NO_TIME))
        yield [of.organ(key), _share(life.share), life.failures, failed, _hours(life.known)]


def _availability(of: _Year) -> Section:
    lives, wanted = of.lives(but=_NO_ORGANS), of.settings.audit_availability
    shares = [life.share for life in lives.values() if life.share is not None]
    return Section(
        Chapter.AVAILABILITY,
        of.sheet("by_organ", _ORGAN_HEAD, _organ_lines(of, lives)),
        target=of.say("target_availability", f"{wanted:g}"),
        met=all(share >= wanted for share in shares) if shares else None,
    )


_FAILURE_HEAD = ("since", "organ", "rung_s", "confirmed_s", "people", "lasted")


def _failures(of: _Year) -> Section:
    """Each alarm about an organ: how soon somebody was called, and confirmed."""
    found = rows.alarms(of.tx, of.during, kinds=FAILURES)
    made = calls.of_incidents(of.tx, [one.id for one in found])
    told = [(one, yearly.called(one.opened_at, made[one.id])) for one in found]
    wanted, noted = of.settings.audit_called, organ_rows.noted(of.tx)
    lines = [_failure(of, one, how, noted) for one, how in told]
    limit = timedelta(seconds=wanted)
    return Section(
        Chapter.FAILURES,
        of.sheet("each_failure", _FAILURE_HEAD, lines),
        target=of.say("target_failures", f"{wanted:g}"),
        met=all(yearly.is_in_time(one, how, limit) for one, how in told) if told else None,
    )


def _failure(
    of: _Year, alarm: Incident, how: yearly.Called, noted: Iterable[str]
) -> Sequence[Cell]:
    lasted = (alarm.closed_at or of.during.end) - alarm.opened_at
    names = (_failed(of, alarm.kind, place, noted) for place in alarm.zones)
    return [
        *(of.moment(alarm.opened_at), ", ".join(names)),
        *(_seconds(how.rung), _seconds(how.confirmed), how.people),
        round(lasted / _MINUTE, 1),
    ]


def _failed(of: _Year, kind: Kind, place: str, noted: Iterable[str]) -> str:
    part_and_name = failed(kind, place, noted)
    return place if part_and_name is None else of.organ(key_of(*part_and_name, ""))


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else round(time.total_seconds(), 1)


def _power(of: _Year) -> Section:
    """Each time that it was not in order: from when, for how long, how."""
    lines: list[Sequence[Cell]] = []
    for key, points in of.changes.items():
        if _part(key) not in (Part.POWER, Part.GENERATOR):
            continue
        ends = [*points[1:], replace(points[-1], at=of.during.end)]
        for point, following in zip(points, ends, strict=True):
            since = max(point.at, of.during.start)
            if point.state in (State.DEGRADED, State.FAILED) and following.at > since:
                lasted = round((following.at - since) / _MINUTE, 1)
                state = organs.STATES[point.state][0 if of.language == "fr" else 1]
                lines.append([of.moment(since), of.organ(key), state, lasted])
    return Section(
        Chapter.POWER, of.sheet("not_in_order", ("since", "organ", "state", "lasted"), lines)
    )


#: Entries of the logbook that are read for it: each day one of each machine.
_MOST_DAYS = 366 * 16
_CLOCK_HEAD = ("month", "machine", "days", "least", "most", "troubles")


def _clock(of: _Year) -> Section:
    """What the logbook was told of it each day, month by month."""
    told = logbook.of_kinds(
        of.tx, ["clock_day"], since=of.during.start, until=of.during.end, limit=_MOST_DAYS
    )
    days = [yearly.clock_day(entry.data) for entry in told.entries]
    months = grouped(days, lambda day: (day.month, day.machine))
    lines: list[Sequence[Cell]] = []
    for (month, machine), found in sorted(months.items()):
        figures = [each for day in found for each in (day.least, day.most) if each is not None]
        least, most = min(figures, default=None), max(figures, default=None)
        lines.append([month, machine, len(found), least, most, sum(day.troubles for day in found)])
    wanted = of.settings.audit_clock
    worst = max((day.worst for day in days if day.worst is not None), default=None)
    return Section(
        Chapter.CLOCK,
        of.sheet("daily", _CLOCK_HEAD, lines),
        target=of.say("target_clock", f"{wanted:g}"),
        met=None if worst is None else worst <= wanted,
    )


def _canary(of: _Year) -> Section:
    lives = of.lives(Part.CANARY)
    return Section(
        Chapter.CANARY,
        of.sheet("by_trial", _ORGAN_HEAD, _organ_lines(of, lives)),
        target=of.say("target_canary"),
        met=not any(life.failures for life in lives.values()) if lives else None,
    )


_CHECK_HEAD = ("check", "often", "wanted", "done", "missed", "late", "failed")


def _checks(of: _Year) -> Section:
    done = grouped(checks.between(of.tx, *of.during), lambda one: one.check_id)
    every = (
        tally(check, done.get(check.id, []), of.during, of.now, STATION_ZONE)
        for check in checks.every(of.tx)
    )
    shown = [one for one in every if one.wanted or done.get(one.check.id)]
    column = 0 if of.language == "fr" else 1
    lines: list[Sequence[Cell]] = [
        [
            check_texts.title(one.check.id, one.check.title, of.language) or one.check.id,
            PERIODS[one.check.period][column],
            *(one.wanted, one.done, one.missed, one.late, one.failed),
        ]
        for one in shown
    ]
    return Section(
        Chapter.CHECKS,
        of.sheet("by_check", _CHECK_HEAD, lines),
        target=of.say("target_checks"),
        met=not any(one.missed for one in shown) if shown else None,
    )


def _staffing(of: _Year) -> Section:
    took = yearly.attended(shifts.spans(of.tx, *of.during), of.during)
    wanted, whole = of.settings.audit_staff, of.during.end - of.during.start
    target = of.say("target_staffing", wanted)
    if not any(took):  # nobody ever took up a shift here
        return Section(Chapter.STAFFING, of.sheet("by_count", _COUNT_HEAD, []), target=target)
    there = sum((time for count, time in took.items() if count >= wanted), _NO_TIME)
    lines = [(str(count), took[count]) for count in sorted(took)]
    lines.append((of.say("or_more", wanted), there))
    return Section(
        Chapter.STAFFING,
        of.sheet(
            "by_count",
            _COUNT_HEAD,
            [[name, _hours(time), _share(100 * (time / whole))] for name, time in lines],
        ),
        target=target,
        met=there == whole,
    )


_COUNT_HEAD = ("present", "hours", "share")


def _room(of: _Year) -> Section:
    """The premises' own protections, and what they told; who worked alone and gave no sign."""
    lives = of.lives(Part.ROOM, Part.ACCESS)
    account = of.settings.room_account
    found = rows.alarms(of.tx, of.during, kinds=[Kind.DEAD_MAN], account=account)
    counts = Counter(word(KINDS, one.kind.value, of.language) for one in found)
    parts = [
        of.sheet("by_organ", _ORGAN_HEAD, _organ_lines(of, lives)),
        of.sheet("by_kind", ("kind", "count"), [[*each] for each in sorted(counts.items())]),
    ]
    return Section(Chapter.ROOM, _joined(parts))


_NOTICE_HEAD = ("month", "told", "heard", "taken", "by_phone")


def _continuity(of: _Year) -> Section:
    """Who stands in: the mirror, and what the backup station was told of."""
    lives = of.lives(Part.MIRROR, Part.PEER)
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for notice in rows.notices(of.tx, of.during):
        month = months[f"{notice.asked_at.astimezone(STATION_ZONE):%Y-%m}"]
        month["told"] += 1
        month["heard"] += notice.heard_at is not None
        month["taken"] += notice.stage is Stage.TAKEN
        month["by_phone"] += notice.called_at is not None
    lines: list[Sequence[Cell]] = [
        [month, *(months[month][each] for each in _NOTICE_HEAD[1:])] for month in sorted(months)
    ]
    parts = [
        of.sheet("by_organ", _ORGAN_HEAD, _organ_lines(of, lives)),
        of.sheet("by_month", _NOTICE_HEAD, lines),
    ]
    return Section(Chapter.CONTINUITY, _joined(parts))


_BACKUP_HEAD = ("month", "backups_made", "failed", "drills_made", "failed")


def _backups(of: _Year) -> Section:
    runs = [run for run in backups.between(of.tx, *of.during) if run.ended_at is not None]
    months: dict[str, Counter[tuple[What, bool]]] = defaultdict(Counter)
    for run in runs:
        months[f"{run.begun_at.astimezone(STATION_ZONE):%Y-%m}"][run.what, run.ok] += 1
    columns = [(what, ok) for what in What for ok in (True, False)]
    lines: list[Sequence[Cell]] = [
        [month, *(months[month][each] for each in columns)] for month in sorted(months)
    ]
    made = [run.begun_at for run in runs if run.what is What.BACKUP and run.ok]
    gap = max((b - a for a, b in pairwise([*made, of.during.end])), default=_NO_TIME)
    return Section(
        Chapter.BACKUPS,
        of.sheet("by_month", _BACKUP_HEAD, lines),
        target=of.say("target_backups", f"{BACKUP_AGE / _HOUR:g}"),
        met=gap <= BACKUP_AGE if made else None,
    )


_CHAPTERS: Mapping[Chapter, Callable[[_Year], Section]] = {
    Chapter.ALARMS: _alarms,
    Chapter.AVAILABILITY: _availability,
    Chapter.FAILURES: _failures,
    Chapter.POWER: _power,
    Chapter.CLOCK: _clock,
    Chapter.CANARY: _canary,
    Chapter.CHECKS: _checks,
    Chapter.STAFFING: _staffing,
    Chapter.ROOM: _room,
    Chapter.CONTINUITY: _continuity,
    Chapter.BACKUPS: _backups,
}
