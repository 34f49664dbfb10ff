"""What is asked of the station's statistics and what they answer: counts, sums, shares. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from callflow.core.records.figures import EDGES, Step


class By(StrEnum):
    """What figures are told apart by."""

    CATEGORY = "category"
    HOUR = "hour"
    OPERATOR = "operator"
    SITE = "site"
    DAY = "day"
    KIND = "kind"


class Place(StrEnum):
    """Where false alarms are looked for."""

    SITE = "site"
    ZONE = "zone"
    MAKER = "maker"


#: Days of the longest period that is counted in one go.
LONGEST = 3 * 366


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which incidents: received from the day ``first`` to ``last`` at the station, both included;
    "" everywhere: any."""

    first: date
    last: date
    site: str = ""
    category: str = ""
    operator: str = ""  # who took it first
    beyond: str | None = None  # sites after this one only
    until: str | None = None  # and not after this one
    sites: frozenset[str] | None = None  # one of these

    @property
    def fault(self) -> str | None:
        """Why this can't be asked; None: it can."""
        if self.last < self.first:
            return "the last day is before the first"
        if (self.last - self.first).days >= LONGEST:
            return "too long a period: at most three years"
        return None


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of its month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def month_before(day: date) -> tuple[date, date]:
    """The month before the one of ``day``."""
    return month_of(day.replace(day=1) - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Target:
    """At least ``share`` per cent of a class of alarms within so many milliseconds."""

    within_ms: int
    share: float


@dataclass(frozen=True, slots=True)
class Targets:
    """The two targets of each class (docs/explanation/law.md: EN 50518, *unverified*; settings)."""

    urgent: tuple[Target, Target]
    other: tuple[Target, Target]


@dataclass(frozen=True, slots=True)
class Took:
    """How many came to a step, and the milliseconds of all together; the longest, 0 at least."""

    count: int = 0
    sum_ms: int = 0
    most_ms: int = 0

    @property
    def mean_ms(self) -> float | None:
        """None: none came to it."""
        return self.sum_ms / self.count if self.count else None

    def __add__(self, other: Took) -> Took:
        most = max(self.most_ms, other.most_ms)
        return Took(self.count + other.count, self.sum_ms + other.sum_ms, most)


@dataclass(frozen=True, slots=True)
class Within:
    """Of one class of alarms: so many, and those acted on within its first and second target."""

    of: int = 0
    first: int = 0
    second: int = 0

    def __add__(self, other: Within) -> Within:
        return Within(self.of + other.of, self.first + other.first, self.second + other.second)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The incidents of one category, hour, operator or site. ``machine_ms`` and ``human_ms``: of
    the closed ones, until they stood before a human, and in somebody's hands."""

    key: str
    incidents: int = 0
    false: int = 0
    steps: Mapping[Step, Took] = field(default_factory=dict)
    urgent: Within = Within()
    other: Within = Within()
    machine_ms: int = 0
    human_ms: int = 0

    @property
    def closed(self) -> int:
        """Those that were closed."""
        return self.steps[Step.CLOSED].count if Step.CLOSED in self.steps else 0

    @property
    def waiting_ms(self) -> int:
        """Of the closed ones: before a human, in nobody's hands."""
        whole = self.steps[Step.CLOSED].sum_ms if Step.CLOSED in self.steps else 0
        return max(0, whole - self.machine_ms - self.human_ms)

    def plus(self, other: Group) -> Group:
        """Both together, under this one's key."""
        return replace(
            self,
            incidents=self.incidents + other.incidents,
            false=self.false + other.false,
            steps={
                step: self.steps.get(step, Took()) + other.steps.get(step, Took()) for step in Step
            },
            urgent=self.urgent + other.urgent,
            other=self.other + other.other,
            machine_ms=self.machine_ms + other.machine_ms,
            human_ms=self.human_ms + other.human_ms,
        )


def total(groups: list[Group], key: str = "") -> Group:
    """All of them together."""
    made = Group(key=key, steps={step: Took() for step in Step})
    for each in groups:
        made = made.plus(each)
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """How long a step took: the count of each bar (``EDGES``, then what is longer), and of those
    that never came to it."""

    key: str
    bars: tuple[int, ...]
    never: int

    @property
    def count(self) -> int:
        """Those that came to it."""
        return sum(self.bars)

    def percentile(self, share: float) -> int | None:
        """The upper end, in seconds, of the bar that holds this share of them; None: beyond the
        last one, or there are none."""
        left = self.count * share
        for edge, bar in zip(EDGES, self.bars, strict=False):
            left -= bar
            if left <= 0 < self.count:
                return edge
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """How long one step took: of hold-ups and fires ("urgent") and of "other" alarms, and by
    category."""

    step: Step
    classes: Sequence[Histogram]
    categories: Sequence[Histogram]


@dataclass(frozen=True, kw_only=True, slots=True)
class FalseAlarms:
    """Of one site, zone or maker: how many incidents were closed, how many of them were false, and
    those by their resolution code. ``zone`` where they are of one; ``account`` its panel."""

    key: str
    account: str = ""
    zone: str = ""
    closed: int
    false: int
    codes: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorWork:
    """What one operator did: incidents in their hands, for how long, taken and closed how often."""

    operator: str
    incidents: int
    held_ms: int
    taken: int
    closed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TrunkRate:
    """Calls out over one trunk (in one hour of the day, or on one day)."""

    trunk: str
    when: int
    outcome: str
    calls: int
    answered: int
    waited_ms: int


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day, both included."""
    for ahead in range((last - first).days + 1):
        yield first + timedelta(days=ahead)
