"""Statistics as somebody asks for them: of a page, of a file, of a program, of a monthly report."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from callflow.core.records import sheets
from callflow.core.records.figures import Step
from callflow.core.records.sheets import Names, Sheet
from callflow.core.records.statistics import (
    Asked,
    By,
    FalseAlarms,
    Group,
    Place,
    Target,
    Targets,
    TrunkRate,
)
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records import figures
from callflow.handling.records.figures import Live
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.records import statistics as rows
from callflow.storage.records import trunk_figures
from callflow.storage.sites import sites


class View(StrEnum):
    """What is looked at."""

    DELAYS = "delays"
    HOURS = "hours"
    OPERATORS = "operators"
    FALSE_ALARMS = "false-alarms"
    TRUNKS = "trunks"
    HANDLING = "handling"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked for. ``step``: of the delays; ``place``: of false alarms; ``most``: so many of
    them, None: all."""

    view: View
    asked: Asked
    step: Step = Step.ACTED
    place: Place = Place.SITE
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A sheet; ``whole`` is False while older alarms are still to be counted."""

    sheet: Sheet
    whole: bool


def targets(settings: Settings) -> Targets:
    """Those that the station set (docs/explanation/law.md#en-50518)."""
    return Targets(_two(*settings.response_urgent), _two(*settings.response_other))


def _two(first: float, share: float, second: float, more: float) -> tuple[Target, Target]:
    return Target(round(first * 1000), share), Target(round(second * 1000), more)


def answer(
    tx: Tx,
    question: Question,
    settings: Settings,
    language: str,
    now: datetime,
    called: Mapping[str, str] | None = None,
) -> Answer:
    """The sheet that answers ``question``, with operators by their names of ``called`` ({log-in:
    shown name}), else as they log in."""
    live = figures.live(tx, now)
    asking = _Asking(tx, live, question, targets(settings), Names(language, called=called or {}))
    return Answer(_ANSWERS[question.view](asking), live.whole)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A question, and what its answer is read from."""

    tx: Tx
    live: Live
    question: Question
    targets: Targets
    names: Names

    def groups(self, by: By) -> list[Group]:
        """The incidents that are asked for, told apart."""
        return rows.groups(self.tx, self.live, self.question.asked, by, self.targets)


def _delays(of: _Asking) -> Sheet:
    spread = rows.histograms(of.tx, of.live, of.question.asked, of.question.step)
    return sheets.delays(of.names, of.groups(By.CATEGORY), spread, of.targets)


def _operators(of: _Asking) -> Sheet:
    work = rows.operators(of.tx, of.live, of.question.asked)
    return sheets.operators(of.names, of.groups(By.OPERATOR), work)


def _false_alarms(of: _Asking) -> Sheet:
    asked = of.question
    found = rows.false_alarms(of.tx, of.live, asked.asked, asked.place, asked.most)
    return sheets.false_alarms(_named(of.tx, found, of.names.language), found, asked.place)


_ANSWERS: Mapping[View, Callable[[_Asking], Sheet]] = {
    View.DELAYS: _delays,
    View.HOURS: lambda of: sheets.hours(of.names, of.groups(By.HOUR)),
    View.OPERATORS: _operators,
    View.FALSE_ALARMS: _false_alarms,
    View.TRUNKS: lambda of: sheets.trunks(of.names, trunk_rates(of.tx, of.live, of.question.asked)),
    View.HANDLING: lambda of: sheets.handling(of.names, of.groups(By.CATEGORY)),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A page of counts for a program, in the order of their keys as texts; ``more``: there is
    another after ``last``."""

    groups: Sequence[Group]
    whole: bool
    last: str
    more: bool


def groups(
    tx: Tx, asked: Asked, by: By, settings: Settings, now: datetime, after: str | None, limit: int
) -> Counted:
    """The incidents that are asked for, told apart: those with keys after ``after``."""
    live, two = figures.live(tx, now), targets(settings)
    if by is By.SITE:
        keys = rows.next_sites(tx, live, after, limit + 1)
        last, more = (keys[:limit] or [""])[-1], len(keys) > limit
        asked = replace(asked, beyond=after, until=last)
        return Counted(rows.groups(tx, live, asked, by, two), live.whole, last, more)
    found = rows.groups(tx, live, asked, by, two)
    if by is By.HOUR:
        found = [replace(group, key=f"{int(group.key):02d}") for group in found]
    rest = sorted((g for g in found if after is None or g.key > after), key=lambda g: g.key)
    shown = rest[:limit]
    return Counted(shown, live.whole, shown[-1].key if shown else "", len(rest) > limit)


def trunk_rates(tx: Tx, live: Live, asked: Asked) -> list[TrunkRate]:
    """Calls out by trunk and day."""
    lately = trunk_figures.counted(tx, live.since_hour, None, STATION_ZONE)
    return rows.trunk_rates(tx, lately, live.since_hour, asked, by_day=True)


def _named(tx: Tx, found: Sequence[FalseAlarms], language: str) -> Names:
    accounts: Iterable[str] = {each.account for each in found if each.account}
    zones = sites.names_of_zones(tx, accounts)
    return Names(language, sites.names_of(tx, (each.key for each in found)), zones)
