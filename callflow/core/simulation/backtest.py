"""A plan is replayed over what really happened: whom it would have called, and how it would end.

People, lines, panels and operators do what they did: each contact answers as in the past, call by
call, the last again and again; tasks end as they ended; a panel's restore and an operator's hand
come at the instant at which they came. Pure.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.alarms.escalation import GuardEvent, OpenTask
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import REACHED, Outcome
from callflow.core.plans.call_plan import Plan, Step, StepKind
from callflow.core.plans.task import TaskOutcome
from callflow.core.simulation import (
    NOBODY_ANSWERS,
    Answer,
    Doing,
    Guard,
    Run,
    Timeline,
    World,
    possible,
)
from callflow.core.sites.site import Site

#: The machine looked at most so long after its time: a takeover takes no longer.
_LATE = timedelta(seconds=10)
#: Hanging up took less, so a call that was hung up then ends as it ended.
_HANG_UP_S = 2.0
#: A call that was withdrawn before it was placed waits for longer than any plan runs.
_NEVER_S = timedelta(days=60).total_seconds()


class What(StrEnum):
    """What happened to an incident from outside its plan."""

    TAKEN = "taken"  # an operator took it
    RESUMED = "resumed"  # and handed the plan back
    CLOSED = "closed"  # by an operator, by a code at the panel, with a storm; ``value``: its code
    REOPENED = "reopened"
    CONFIRMED = "confirmed"
    MUTED = "muted"  # another alarm of the site is personal
    ALARM = "alarm"  # of a further zone, ``value``
    RESTORED = "restored"
    GUARD_ACCEPTED = "guard_accepted"  # the firm ``value`` said so, not on the phone of the plan
    GUARD_REPORTED = "guard_reported"  # without having accepted; ``outcome``


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """One of them, at an instant (UTC)."""

    at: datetime
    what: What
    value: str = ""
    outcome: TaskOutcome = TaskOutcome.ALL_CLEAR


@dataclass(frozen=True, kw_only=True, slots=True)
class PastCall:
    """A call as it went. Times are UTC, None where it never came so far."""

    step: str
    contact: str
    requested_at: datetime
    placed_at: datetime | None
    answered_at: datetime | None
    concluded_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PastTask:
    """A task as it went. ``outcome`` None: nobody did it; ``at_once``: when it was asked for."""

    step: str
    kind: str
    subject: str
    requested_at: datetime
    accepted_at: datetime | None
    on_site_at: datetime | None
    ended_at: datetime | None
    outcome: TaskOutcome | None
    at_once: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """One incident as it was. ``opened`` is how it began, ``looks`` when its machine acted."""

    incident: str
    plan: Plan
    site: Site
    opened: Incident
    calls: Sequence[PastCall]
    tasks: Sequence[PastTask]
    happenings: Sequence[Happening]
    looks: Sequence[datetime]
    closed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """Who was called, in order, and the end: a resolution code, or why a human has it."""

    called: tuple[str, ...]
    end: str
    human_after_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """An incident that the other plan would have treated otherwise."""

    incident: str
    opened_at: datetime
    was: Course
    would_be: Course

    @property
    def what(self) -> tuple[str, ...]:
        """``calls``, ``end``, or both."""
        calls = ("calls",) if self.was.called != self.would_be.called else ()
        return calls + (("end",) if self.was.end != self.would_be.end else ())


def compare(past: Past, plan: Plan) -> Difference | None:
    """What ``plan`` would have done otherwise than the incident's own; None: nothing."""
    was, would_be = _course(replay(past, past.plan)), _course(replay(past, plan))
    if (was.called, was.end) == (would_be.called, would_be.end):
        return None
    at = past.opened.opened_at
    return Difference(incident=past.incident, opened_at=at, was=was, would_be=would_be)


def reproduced(past: Past) -> bool:
    """True where the incident's own plan, replayed, calls whom it really called and closes so."""
    course = replay(past, past.plan)
    really = tuple(call.contact for call in past.calls if call.placed_at is not None)
    return _course(course).called == really and course.closed == past.closed


def replay(past: Past, plan: Plan) -> Timeline:
    """Run ``plan`` for the incident as it was."""
    world = _PastWorld(past, plan)
    run = Run(world, _Again(past), _looks(past.looks), _HANG_UP_S)
    for happening in past.happenings:
        run.from_outside(happening.at, _what_happens(world, happening))
    return run.to_end()


def _course(timeline: Timeline) -> Course:
    rings = sorted(timeline.rings, key=lambda ring: ring.at)
    human = timeline.human_at
    return Course(
        called=tuple(ring.contact for ring in rings),
        end=timeline.closed or (timeline.reasons[-1] if timeline.reasons else ""),
        human_after_s=None if human is None else (human - timeline.opened_at).total_seconds(),
    )


def _looks(instants: Sequence[datetime]) -> Callable[[datetime], datetime]:
    """The machine looks at what is due when it looked: a moment late, as it was."""

    def looks(due: datetime) -> datetime:
        place = bisect_left(instants, due)
        late = instants[place] if place < len(instants) else due
        return late if late - due <= _LATE else due

    return looks


def _what_happens(world: World, happening: Happening) -> Callable[[], None]:
    value = happening.value
    happens: dict[What, Callable[[], None]] = {
        What.TAKEN: world.taken,
        What.RESUMED: world.resumed,
        What.CLOSED: lambda: world.closed_by_hand(value),
        What.REOPENED: world.reopened,
        What.CONFIRMED: world.confirmed,
        What.MUTED: world.muted,
        What.ALARM: lambda: world.zones_become({value: "alarm"}),
        What.RESTORED: lambda: world.zones_become({value: "restored"}),
        What.GUARD_ACCEPTED: lambda: _guard(world, value, None),
        What.GUARD_REPORTED: lambda: _guard(world, value, happening.outcome),
    }
    return happens[happening.what]


def _guard(world: World, firm: str, reported: TaskOutcome | None) -> None:
    for task in [task for task in world.tasks if task.open and task.subject == firm]:
        if reported is None:
            world.guard_said(task.id, GuardEvent.ACCEPTED)
        else:
            world.task_ended(task.id, reported)


class _PastWorld(World):
    """What the machine did by itself ends as it ended then."""

    def __init__(self, past: Past, plan: Plan) -> None:
        super().__init__(plan, past.site, past.opened)
        self._past = past

    def begins(self, action: OpenTask) -> TaskOutcome | None:
        nth = sum(1 for task in self.tasks if task.step == action.step.id)
        was = _task(self._past, action.step, nth)
        if was is None:
            return super().begins(action)
        return was.outcome if was.at_once else None


@dataclass(frozen=True)
class _Again:
    """Everybody does what they did."""

    past: Past
    restored_s: None = None  # a happening

    def call(self, step: Step, contact: str, nth: int, at: datetime) -> Answer:
        mine = [call for call in self.past.calls if call.contact == contact]
        if not mine:
            return NOBODY_ANSWERS.call(step, contact, nth, at)
        was = mine[min(nth, len(mine) - 1)]
        if was.placed_at is None and nth >= len(mine):  # withdrawn then; now it would ring
            return NOBODY_ANSWERS.call(step, contact, nth, at)
        return _answer(was, step)

    def task(self, step: Step, nth: int, at: datetime) -> Doing | None:
        was = _task(self.past, step, nth)
        if was is None:
            return NOBODY_ANSWERS.task(step, nth, at)
        if was.outcome is None or was.ended_at is None:
            return None
        return Doing(outcome=was.outcome, after_s=_seconds(was.requested_at, was.ended_at))

    def guard(self, step: Step, firm: str, nth: int, at: datetime) -> Guard:
        sent = [t for t in self.past.tasks if t.subject == firm and t.accepted_at is not None]
        if not sent:
            return Guard(on_site_s=None, report_s=None)
        was = sent[min(nth, len(sent) - 1)]
        reported = was.outcome is not None and was.ended_at is not None
        return Guard(
            on_site_s=_since(was.accepted_at, was.on_site_at),
            report_s=_since(was.on_site_at or was.accepted_at, was.ended_at) if reported else None,
            outcome=was.outcome or TaskOutcome.FAILED,
        )


def _task(past: Past, step: Step, nth: int) -> PastTask | None:
    """The ``nth`` task of this step, else of another step of its kind; the last again and again."""
    mine = [task for task in past.tasks if task.step == step.id and task.kind == step.kind.value]
    mine = mine or [task for task in past.tasks if task.kind == step.kind.value]
    return mine[min(nth, len(mine) - 1)] if mine else None


def _answer(was: PastCall, step: Step) -> Answer:
    """The call as it went then, said in the words of ``step``."""
    if was.placed_at is None:
        return Answer(outcome=None, wait_s=_NEVER_S)
    wait = _seconds(was.requested_at, was.placed_at)
    if was.outcome is None or was.ended_at is None:
        return Answer(outcome=None, wait_s=wait)
    outcome = _fitting(was.outcome, step)
    if was.answered_at is None:
        return Answer(outcome=outcome, wait_s=wait, ring_s=_seconds(was.placed_at, was.ended_at))
    concluded = was.concluded_at or was.ended_at
    return Answer(
        outcome=outcome,
        wait_s=wait,
        ring_s=_seconds(was.placed_at, was.answered_at),
        talk_s=_seconds(was.answered_at, concluded),
        hold_s=max(0.0, _seconds(concluded, was.ended_at)),
    )


#: What somebody who was reached says where the answer of then is not asked for.
_INSTEAD = {
    StepKind.MESSAGE: Outcome.ACKNOWLEDGED,
    StepKind.SEND_GUARD: Outcome.DECLINED,
    StepKind.COUNTER_CALL: Outcome.VERIFIED_NO_AUTHORITY,
    StepKind.CALL_LIST: Outcome.VERIFIED_NO_AUTHORITY,
}


def _fitting(outcome: Outcome, step: Step) -> Outcome:
    if outcome in possible(step) or outcome is Outcome.NO_NUMBER:
        return outcome
    said = outcome in REACHED and outcome is not Outcome.CALL_BACK  # that says nothing yet
    return _INSTEAD.get(step.kind, Outcome.OPERATOR) if said else Outcome.HUNG_UP


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()


def _since(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else _seconds(start, end)
