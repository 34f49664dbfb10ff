"""How much speaks for an intrusion, 0 to 100, with its reasons and their sources (mission 2.5).

Pure. It puts side by side what was detected, heard, seen and told, so that a person judges faster;
it decides nothing: whether the police may be called is the law's gate (law.py), whatever this says.

A reason counts once, as strongly as its best source bears it out. So more evidence never lowers the
score, unless it speaks against an intrusion.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.calls.call import REACHED, Call, Outcome
from callflow.core.calls.purpose import NOT_AT_SITE, NOT_TO_PEOPLE
from callflow.core.interventions.law import Finding, Means, Verification, Weight, weigh
from callflow.core.signals.signal import Kind

#: Zones crossed within so long of each other are a way through the premises.
ON_THE_WAY = timedelta(minutes=5)
LOWEST, HIGHEST = 0, 100
#: Kinds of alarm that somebody may have broken in for.
ABOUT = frozenset(
    {Kind.INTRUSION, Kind.TAMPER, Kind.PATHS_LOST, Kind.OFF_HOURS, Kind.PANEL_USER, Kind.SWINGER}
)


class Sign(StrEnum):
    """A fact that speaks for or against an intrusion, or says nothing and is shown for that."""

    ALARM = "alarm"  # one zone
    SECOND_ZONE = "second_zone"
    MORE_ZONES = "more_zones"
    SEQUENCE = "sequence"  # crossed one after the other
    AGAIN = "again"  # the same zone, after its restore
    CONFIRMED_BY_PANEL = "confirmed_by_panel"
    ARMED = "armed"  # nobody should be there
    DISARMED = "disarmed"
    HELP = "help"  # somebody asked for help, or gave the code under duress
    WRONG_CODE = "wrong_code"
    FALSE_ALARM = "false_alarm"  # said with code and authority
    KNOWN_CAUSE = "known_cause"
    NOBODY = "nobody"  # calls that nobody answered prove nothing
    SEEN = "seen"  # verified, by means
    DOUBT = "doubt"
    NOTHING_SEEN = "nothing_seen"
    OPINION = "opinion"  # of somebody off site
    TRACES = "traces"  # a guard's report
    ALL_CLEAR = "all_clear"  # a guard was inside, and found nothing
    CLEAR_OUTSIDE = "clear_outside"  # a guard saw the outside only
    UNSEEN_IMAGES = "unseen_images"  # nobody has judged them


#: Signs whose source is one of law.Means.
BY_MEANS = frozenset({Sign.SEEN, Sign.DOUBT, Sign.NOTHING_SEEN, Sign.OPINION})
#: Points of each sign; what a verification is worth is by its means.
_POINTS = {
    Sign.ALARM: 10,
    Sign.SECOND_ZONE: 20,
    Sign.MORE_ZONES: 10,
    Sign.SEQUENCE: 10,
    Sign.AGAIN: 5,
    Sign.CONFIRMED_BY_PANEL: 10,
    Sign.ARMED: 10,
    Sign.DISARMED: -10,
    Sign.HELP: 60,
    Sign.WRONG_CODE: 20,
    Sign.FALSE_ALARM: -50,
    Sign.KNOWN_CAUSE: -20,
    Sign.NOBODY: 0,
    Sign.DOUBT: 10,
    Sign.NOTHING_SEEN: -40,
    Sign.OPINION: 5,
    Sign.TRACES: 60,
    Sign.ALL_CLEAR: -50,
    Sign.CLEAR_OUTSIDE: -5,
    Sign.UNSEEN_IMAGES: 0,
}
_SEEN_BY = {
    Means.GUARD: 80,
    Means.IMAGES: 70,
    Means.VIDEO: 70,
    Means.CALL_WITH_CODE: 60,
    Means.AUDIO: 50,
    Means.TWO_CALLS: 30,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trip:
    """A zone told an alarm. ``at`` in UTC; ``again``: after its restore."""

    zone: str
    at: datetime
    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardReport:
    """A guard's findings; ``inside``: the guard was in the premises."""

    traces: bool
    inside: bool
    by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that is known of an incident. ``armed``: None where no panel told.

    ``judged``: how many of ``images`` a verification names.
    """

    trips: Sequence[Trip] = ()
    confirmed: bool = False
    armed: bool | None = None
    calls: Sequence[Call] = ()
    verifications: Sequence[Verification] = ()
    guards: Sequence[GuardReport] = ()
    images: int = 0
    judged: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """A sign that was found: its points, and whence (zones, means, a number; shown as it is)."""

    sign: Sign
    points: int
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The score, and what it is made of, the strongest first."""

    score: int
    reasons: tuple[Reason, ...]


def assess(facts: Facts) -> Evidence:
    """The score of what is known."""
    found = [*_detected(facts), *_said(facts.calls), *_verified(facts), *_reported(facts.guards)]
    if facts.images > facts.judged:
        found.append(_reason(Sign.UNSEEN_IMAGES, str(facts.images - facts.judged)))
    best = _best(found)
    score = sum(reason.points for reason in best)
    return Evidence(
        score=min(HIGHEST, max(LOWEST, score)),
        reasons=tuple(sorted(best, key=lambda reason: (-abs(reason.points), reason.sign))),
    )


def _reason(sign: Sign, source: str = "", points: int | None = None) -> Reason:
    return Reason(sign=sign, points=_POINTS[sign] if points is None else points, source=source)


def _best(found: Iterable[Reason]) -> list[Reason]:
    """Each sign once: the one that says most."""
    best: dict[Sign, Reason] = {}
    for reason in found:
        held = best.get(reason.sign)
        if held is None or abs(reason.points) > abs(held.points):
            best[reason.sign] = reason
    return list(best.values())


# --- what the panel told ------------------------------------------------------------------


def _detected(facts: Facts) -> Iterable[Reason]:
    trips = sorted(facts.trips, key=lambda trip: trip.at)
    first: dict[str, datetime] = {}
    for trip in trips:
        first.setdefault(trip.zone, trip.at)
    zones, times = list(first), list(first.values())
    for place, sign in enumerate((Sign.ALARM, Sign.SECOND_ZONE, Sign.MORE_ZONES)):
        if len(zones) > place:
            yield _reason(sign, _list(zones[place : None if place == 2 else place + 1]))
    on_the_way = [
        (before, after)
        for before, after, then, later in zip(zones, zones[1:], times, times[1:], strict=False)
        if timedelta(0) < later - then <= ON_THE_WAY
    ]
    if on_the_way:
        yield _reason(Sign.SEQUENCE, " → ".join(on_the_way[0]))
    again = [trip.zone for trip in trips if trip.again]
    if again:
        yield _reason(Sign.AGAIN, _list(dict.fromkeys(again)))
    if facts.confirmed:
        yield _reason(Sign.CONFIRMED_BY_PANEL)
    if facts.armed is not None:
        yield _reason(Sign.ARMED if facts.armed else Sign.DISARMED)


def _list(zones: Iterable[str]) -> str:
    return ", ".join(zone for zone in zones if zone)


# --- what people said ---------------------------------------------------------------------

_SAID = {
    Outcome.HELP: Sign.HELP,
    Outcome.DURESS: Sign.HELP,
    Outcome.WRONG_CODE: Sign.WRONG_CODE,
    Outcome.VERIFIED_OK: Sign.FALSE_ALARM,
    Outcome.KNOWN_CAUSE: Sign.KNOWN_CAUSE,
}


def _said(calls: Sequence[Call]) -> Iterable[Reason]:
    over = [call for call in calls if call.outcome is not None and call.step not in NOT_AT_SITE]
    for call in over:
        sign = _SAID.get(call.outcome) if call.outcome else None
        if sign is not None:
            yield _reason(sign, call.to)
    tried = [call for call in over if call.contact_id and call.step not in NOT_TO_PEOPLE]
    if tried and not any(call.outcome in REACHED for call in tried):
        yield _reason(Sign.NOBODY, str(len(tried)))


# --- what was verified, and reported ------------------------------------------------------


def _verified(facts: Facts) -> Iterable[Reason]:
    traces = sum(report.traces for report in facts.guards)
    told = traces  # each such report is a verification by itself (D32), and counts as traces
    for one in facts.verifications:
        weight = weigh(one.means, one.result, facts.calls)
        if weight is Weight.NONE:
            continue  # nothing is known by it
        if one.means is Means.GUARD and one.result is Finding.CONFIRMED and told:
            told -= 1
            continue
        if one.means is Means.GUARD and one.result is not Finding.CONFIRMED and traces:
            continue  # what was found since says more
        if one.result is Finding.NOTHING:
            strong = weight is Weight.STRONG
            yield _reason(Sign.NOTHING_SEEN, one.means.value, None if strong else -10)
        elif one.means is Means.OPINION:
            yield _reason(Sign.OPINION, one.means.value)
        elif one.result is Finding.DOUBT:
            yield _reason(Sign.DOUBT, one.means.value)
        else:
            yield _reason(Sign.SEEN, one.means.value, _SEEN_BY[one.means])


def _reported(guards: Sequence[GuardReport]) -> Iterable[Reason]:
    for report in guards:
        clear = Sign.ALL_CLEAR if report.inside else Sign.CLEAR_OUTSIDE
        yield _reason(Sign.TRACES if report.traces else clear, report.by)
