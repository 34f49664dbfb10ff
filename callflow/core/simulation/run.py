"""A plan from the alarm to its end, in virtual time: who is called when, and what came of it."""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.plans.call_plan import Plan, StepKind
from callflow.core.plans.task import Task
from callflow.core.signals.signal import Category, Kind
from callflow.core.simulation.applied import Entry, new_incident
from callflow.core.simulation.behaviour import ANSWERED, Answer, BehaviourError, Behaviours
from callflow.core.simulation.world import World
from callflow.core.sites.site import Site

#: A run with more calls and tasks than people would ever go through is not shown.
_MOST_HAPPENINGS = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Ring:
    """One call as the network sees it. Times are UTC; ``outcome`` "": it never ended."""

    at: datetime
    step: str
    contact: str
    to: str
    attempt: int
    outcome: str
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """What happened. ``closed`` is the resolution code, "" where it wasn't closed; ``reasons`` are
    why a human has it, and ``human_at`` since when. ``stuck``: nothing more would ever happen, and
    neither a human nor a closure is at the end (which can't be: invariant 2)."""

    opened_at: datetime
    ended_at: datetime
    entries: tuple[Entry, ...]
    rings: tuple[Ring, ...]
    reasons: tuple[str, ...]
    human_at: datetime | None
    closed: str

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that were entered, in order."""
        return tuple(entry.step for entry in self.entries if entry.what == "step")

    @property
    def stuck(self) -> bool:
        return self.human_at is None and not self.closed


def simulate(
    plan: Plan,
    site: Site | None,
    behaviours: Behaviours,
    *,
    kind: Kind,
    category: Category,
    start: datetime,
) -> Timeline:
    """Run ``plan`` for an alarm of ``site`` that comes at ``start`` (UTC).

    Raises BehaviourError where a script has somebody do what can't be done in that step.
    """
    opened = new_incident(
        kind=kind, category=category, now=start, site=site.id if site is not None else None
    )
    return Run(World(plan, site, opened), behaviours).to_end()


class Run:
    """A world, and what happens in it, in the order of time.

    ``looks`` says when the machine looks at what is due at a time, and ``hang_up_s`` how long
    hanging up takes: at once, unless told otherwise.
    """

    def __init__(
        self,
        world: World,
        behaviours: Behaviours,
        looks: Callable[[datetime], datetime] = lambda due: due,
        hang_up_s: float = 0.0,
    ) -> None:
        self.world, self.behaviours, self._looks = world, behaviours, looks
        self._hang_up_s = hang_up_s
        self._ahead: list[tuple[datetime, int, Callable[[], None]]] = []
        self._number = self._awaited = 0
        self._seen_calls = self._seen_tasks = 0
        self._called: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._guards: set[str] = set()
        self.rung: list[str] = []  # the calls that were placed, in order
        self._held: list[tuple[str, Answer]] = []  # their number is being called already

    def to_end(self) -> Timeline:
        """Until the machine is done with it, everybody has hung up, and nothing else comes.

        Raises BehaviourError where that takes too long.
        """
        world = self.world
        if self.behaviours.restored_s is not None:
            self.at(self._in(self.behaviours.restored_s), world.restored)
        self._decide()
        for _ in range(_MOST_HAPPENINGS):
            if world.over and not self._awaited and not any(call.live for call in world.calls):
                break
            at = self._next()
            if at is None:
                break
            world.now = at
            if self._ahead and self._ahead[0][0] <= at:  # an event first, then what is due
                heapq.heappop(self._ahead)[2]()
            else:
                world.decide()
            self._follow()
        else:
            raise BehaviourError(
                f"more than {_MOST_HAPPENINGS} calls and answers: give the steps shorter limits,"
                " or fewer rounds"
            )
        return self._timeline()

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        """Have ``what`` happen at ``when`` (UTC); of one moment, in the order asked for."""
        self._number += 1
        heapq.heappush(self._ahead, (when, self._number, what))

    def from_outside(self, when: datetime, what: Callable[[], None]) -> None:
        """The same for what may set a plan going again that was done: the run lasts till then."""
        self._awaited += 1

        def happens() -> None:
            self._awaited -= 1
            what()

        self.at(when, happens)

    def _next(self) -> datetime | None:
        """When something happens next; never before now."""
        due = None if self.world.over else self.world.due_at
        times = [self._looks(due)] if due is not None else []
        times += [self._ahead[0][0]] if self._ahead else []
        return max(self.world.now, min(times)) if times else None

    def _in(self, seconds: float) -> datetime:
        return self.world.now + timedelta(seconds=seconds)

    def _decide(self) -> None:
        self.world.decide()
        self._follow()

    def _follow(self) -> None:
        """What was asked for begins to happen."""
        for call in self.world.calls[self._seen_calls :]:
            if call.live:
                self._dial(call)
        self._seen_calls = len(self.world.calls)
        for task in self.world.tasks[self._seen_tasks :]:
            if task.open:
                self._begin(task)
        self._seen_tasks = len(self.world.tasks)
        self._watch_guards()
        for call_id in self.world.hang_ups:
            self._hang_up_soon(call_id)
        self.world.hang_ups.clear()

    def _hang_up_soon(self, call_id: str) -> None:
        self.at(self._in(self._hang_up_s), lambda: self._hung_up(call_id))

    # --- calls ------------------------------------------------------------------------------

    def _dial(self, call: Call) -> None:
        world, contact = self.world, call.contact_id or ""
        step = world.plan.step(call.step)
        answer = self.behaviours.call(step, contact, self._called[contact], world.now)
        self._called[contact] += 1
        if answer.wait_s:
            self.at(self._in(answer.wait_s), lambda: self._placed(call.id, answer))
        else:
            self._placed(call.id, answer)

    def _placed(self, call_id: str, answer: Answer) -> None:
        if self.world.call(call_id).state is not CallState.REQUESTED:
            return  # withdrawn meanwhile
        if self._is_up(self.world.call(call_id).to):
            self._held.append((call_id, answer))
            return
        self.world.call_becomes(call_id, CallState.RINGING)
        self.rung.append(call_id)
        if answer.outcome in ANSWERED or answer.outcome is None or answer.talk_s:
            self.at(self._in(answer.ring_s), lambda: self._answered(call_id, answer))
        else:
            outcome = answer.outcome
            self.at(self._in(answer.ring_s), lambda: self._ended(call_id, outcome))

    def _is_up(self, number: str) -> bool:
        """Two calls to one number are never up at once."""
        return any(
            call.to == number and call.state in (CallState.RINGING, CallState.ANSWERED)
            for call in self.world.calls
        )

    def _answered(self, call_id: str, answer: Answer) -> None:
        if not self._rings(call_id):
            return
        self.world.call_becomes(call_id, CallState.ANSWERED)
        outcome = answer.outcome
        if outcome is None:
            return
        self.at(self._in(answer.talk_s), lambda: self.world.concluded(call_id, outcome))
        self.at(self._in(answer.talk_s + answer.hold_s), lambda: self._ended(call_id, outcome))

    def _ended(self, call_id: str, outcome: Outcome) -> None:
        if self.world.call(call_id).live:
            self.world.call_ended(call_id, outcome)
            self._release()

    def _release(self) -> None:
        """A number may be free again."""
        held, self._held = self._held, []
        for call_id, answer in held:
            self._placed(call_id, answer)

    def _rings(self, call_id: str) -> bool:
        return self.world.call(call_id).state is CallState.RINGING

    def _hung_up(self, call_id: str) -> None:
        """Nobody waits for it any more; who picked up meanwhile is not cut off."""
        if self._rings(call_id):
            self._ended(call_id, Outcome.NO_ANSWER)

    # --- tasks ------------------------------------------------------------------------------

    def _begin(self, task: Task) -> None:
        step = self.world.plan.step(task.step)
        if step.kind is StepKind.SEND_GUARD:
            return  # the firm's answer on the phone begins it: ``_on_the_way``
        nth = [other.id for other in self.world.tasks if other.step == step.id].index(task.id)
        doing = self.behaviours.task(step, nth, self.world.now)
        if doing is not None:
            outcome = doing.outcome
            self.at(self._in(doing.after_s), lambda: self.world.task_ended(task.id, outcome))

    def _watch_guards(self) -> None:
        """Whoever accepted just now does what he does."""
        for task in self.world.tasks:
            if task.open and "accepted_at" in task.data and task.id not in self._guards:
                self._guards.add(task.id)
                self._on_the_way(task)

    def _on_the_way(self, task: Task) -> None:
        step = self.world.plan.step(task.step)
        nth = self._sent[task.subject]
        self._sent[task.subject] += 1
        guard = self.behaviours.guard(step, task.subject, nth, self.world.now)
        there = self._in(guard.on_site_s or 0)
        if guard.on_site_s is not None:
            self.at(there, lambda: self.world.guard_said(task.id, GuardEvent.ON_SITE))
        if guard.report_s is not None:
            report = there + timedelta(seconds=guard.report_s)
            self.at(report, lambda: self.world.task_ended(task.id, guard.outcome))

    # --- the result -------------------------------------------------------------------------

    def _timeline(self) -> Timeline:
        world = self.world
        return Timeline(
            opened_at=world.incident.opened_at,
            ended_at=world.now,
            entries=tuple(world.entries),
            rings=tuple(_ring(world.call(call_id)) for call_id in self.rung),
            reasons=tuple(world.reasons),
            human_at=world.human_at,
            closed=world.closed or "",
        )


def _ring(call: Call) -> Ring:
    return Ring(
        at=call.requested_at,
        step=call.step,
        contact=call.contact_id or "",
        to=call.to,
        attempt=call.attempt,
        outcome=str(call.outcome or ""),
        ended_at=call.ended_at,
    )
