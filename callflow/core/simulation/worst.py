"""How long it can last until a human knows, whatever people and lines do: an upper bound.

Computed, not searched for: each step has a longest time (its limit, and what may go on beyond it),
each way out leads forward, and only a ``go_to`` leads back, so many times. So the longest way from
a step is its own time and the longest of what may follow, for each number of rounds that is left;
small states first, no recursion. That no run is longer is tested on random plans and people.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from callflow.core.alarms.escalation import BUSY_RETRIES, BUSY_RETRY, ENDLESS_AFTER, UNPLACED_AFTER
from callflow.core.alarms.incident import starts_with_human
from callflow.core.plans.call_plan import (
    BY_OPERATOR,
    CALL_BACK_S,
    CALLING,
    ENDS,
    Mode,
    Plan,
    Step,
    StepKind,
)
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.site import Site

#: A call may go on for so long before a human is told of it, whatever happens.
_CALL_S = max(ENDLESS_AFTER, UNPLACED_AFTER).total_seconds()
#: Calls of one person beyond the plan's attempts: one of unknown fate, and *busy* after it. Where
#: our own line fails a human is told at the first.
_BEYOND = 1 + BUSY_RETRIES
_DAY_S = 25 * 3600.0  # until an hour of the site: the day on which clocks go back
#: More combinations of rounds than this are put together: a bound all the same, a coarser one.
_MOST_STATES = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Worst:
    """``seconds`` until a human knows, or the alarm is rightly closed, at the latest.

    ``path`` is the way on which it takes so long: (step, seconds in it).
    """

    seconds: float
    path: tuple[tuple[str, float], ...]


#: What is left of each go_to's rounds, and a step's place in the plan.
_Rounds = tuple[int, ...]


def worst_case(plan: Plan, site: Site | None, *, kind: Kind, category: Category) -> Worst:
    """The longest time until a human knows of an alarm of ``kind`` at ``site``."""
    if site is None or kind in PERSONAL or starts_with_human(kind, category):
        return Worst(seconds=0.0, path=())
    return _Longest(plan, site, kind).from_start()


class _Longest:
    def __init__(self, plan: Plan, site: Site, kind: Kind) -> None:
        self.plan = plan
        self.place = {step.id: place for place, step in enumerate(plan.steps)}
        self.time = [_longest(step, site, kind) for step in plan.steps]
        self.budgets, self.slot = _rounds(plan)
        #: {(rounds left, step): (seconds from there, what follows)}
        self.found: dict[tuple[_Rounds, int], tuple[float, tuple[_Rounds, int] | None]] = {}

    def from_start(self) -> Worst:
        everything = product(*(range(budget + 1) for budget in self.budgets))
        for left in sorted(everything, key=sum):
            for place in reversed(range(len(self.plan.steps))):
                self.found[left, place] = self._from(left, place)
        at: tuple[_Rounds, int] | None = (self.budgets, 0)
        seconds, path = self.found[self.budgets, 0][0], []
        while at is not None:
            path.append((self.plan.steps[at[1]].id, self.time[at[1]]))
            at = self.found[at][1]
        return Worst(seconds=seconds, path=tuple(path))

    def _from(self, left: _Rounds, place: int) -> tuple[float, tuple[_Rounds, int] | None]:
        step, best, then = self.plan.steps[place], 0.0, None
        for follows in self._ways(step, left):
            seconds = self.found[follows][0]
            if seconds > best:
                best, then = seconds, follows
        return self.time[place] + best, then

    def _ways(self, step: Step, left: _Rounds) -> Iterator[tuple[_Rounds, int]]:
        if _tells_human(step):
            return
        for outcome in ENDS[step.kind]:
            target = step.target(outcome)
            if target in self.place:
                yield left, self.place[target]
        if step.kind is StepKind.GO_TO and left[self.slot[step.id]] > 0:
            mine = self.slot[step.id]
            fewer = tuple(n - (slot == mine) for slot, n in enumerate(left))
            yield fewer, self.place[step.to]


def _rounds(plan: Plan) -> tuple[_Rounds, Mapping[str, int]]:
    """How often each go_to may be taken, and which figure is whose; one for all where many."""
    jumps = [step for step in plan.steps if step.kind is StepKind.GO_TO]
    if math.prod(jump.times + 1 for jump in jumps) * len(plan.steps) <= _MOST_STATES:
        return tuple(jump.times for jump in jumps), {s.id: n for n, s in enumerate(jumps)}
    return (sum(jump.times for jump in jumps),), {jump.id: 0 for jump in jumps}


def _tells_human(step: Step) -> bool:
    """True where a human has it as soon as the step begins."""
    return step.kind in BY_OPERATOR or step.kind is StepKind.VOICE_FIRST


def _longest(step: Step, site: Site, kind: Kind) -> float:
    """How long the step may last, in seconds, while no human knows."""
    if _tells_human(step):
        return 0.0
    if step.kind in CALLING:
        return _calling(step, _people(step, site, kind))
    match step.kind:
        case StepKind.SEND_GUARD:
            return _guards(step, _people(step, site, kind))
        case StepKind.WAIT:
            return _DAY_S if step.until else step.limit
        case StepKind.FETCH_IMAGES:
            return step.limit
        case StepKind.NOTIFY:
            return step.limit if step.confirm else 0.0
    return 0.0


def _people(step: Step, site: Site, kind: Kind) -> int:
    """How many may be called at most: whoever stands in for somebody too."""
    named = {c.id: c for who in step.selectors for c in who.of(site, kind)}
    return sum(1 + len(contact.availability.replacements) for contact in named.values())


def _calling(step: Step, people: int) -> float:
    each = _CALL_S + max(step.delay_s, BUSY_RETRY.total_seconds())
    own = (step.attempts + _BEYOND) * each if people else 0.0
    if step.call_back and people:
        own += CALL_BACK_S + each
    in_all = own * people if step.mode is Mode.IN_ORDER else own
    return min(in_all, step.limit + _CALL_S)


def _guards(step: Step, firms: int) -> float:
    """The last firm accepts at the last moment, comes late, and reports late."""
    if not firms:
        return 0.0
    last = step.accept_s + step.arrive_s + step.report_s
    return min((firms - 1) * step.accept_s, step.limit) + last
