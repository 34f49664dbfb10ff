"""Deciding, purely: ``next_steps(incident, plan, site, calls, now)`` → what to do, and when next.

Nothing here acts: the answer is data that ``handling`` turns into rows, in one transaction.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from callflow.core.alarms.escalation import guards, turns
from callflow.core.alarms.escalation.actions import (
    Action,
    Close,
    Decision,
    EndTask,
    EnterStep,
    Finish,
    HandToHuman,
    NoNumber,
    OpenTask,
    PlaceCall,
    Withdraw,
)
from callflow.core.alarms.incident import Incident, Machine, State
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.calls.on_call import on_call
from callflow.core.plans.call_plan import (
    BY_OPERATOR,
    CALLING,
    CONTINUE,
    ELAPSED,
    EXHAUSTED,
    MUTE,
    NEUTRAL,
    NOBODY,
    OVERDUE,
    RESTORED,
    Mode,
    Plan,
    Step,
    StepKind,
    Stop,
    answers_well,
    justifies,
)
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.core.signals.signal import FAILURES, OF_STATION, Category, Kind
from callflow.core.sites.site import Contact, Site

#: A call that nobody placed for so long lands on the operators' queue, loudly.
UNPLACED_AFTER = timedelta(seconds=20)
#: So does one that started and neither answers nor ends.
STUCK_AFTER = timedelta(seconds=150)
#: So does one that was answered and never ends: its node may be dead. Longer than any dialogue.
ENDLESS_AFTER = timedelta(minutes=6)
#: Clocks of two machines differ by less; a time further ahead was written before ours went back.
#: Whoever answers at the desk is well, and what works again is no failure any more.
_OF_STATION = FAILURES | {Kind.DEAD_MAN}
CLOCK_SKEW = timedelta(seconds=5)


class Unread(Enum):
    """``UNREAD``: a site that nobody has looked at yet."""

    UNREAD = ""


UNREAD = Unread.UNREAD


class SiteNeeded(Exception):
    """Somebody at the site is looked for, and it is ``UNREAD``."""


def next_steps(
    incident: Incident,
    plan: Plan,
    site: Site | Unread | None,
    calls: Sequence[Call],
    now: datetime,
    tasks: Sequence[Task] = (),
    busy: Collection[str] = (),
) -> Decision:
    """The machine's next acts for ``incident``. ``calls`` and ``tasks`` are all of its.

    ``site`` may be ``UNREAD``: what was answered nearly always leads on without anybody there.
    Raises SiteNeeded where it doesn't.

    ``busy``: the numbers with which another call of ours is busy. Who waits to call one of them
    waits for that, and no line is at fault.
    """
    if incident.machine is not Machine.RUNNING or incident.state is not State.OPEN:
        return Decision()
    if site is None:
        reason = "station" if incident.kind in OF_STATION else "unknown_account"
        return Decision(actions=(HandToHuman(reason=reason), Finish()))
    run = _Run(incident, plan, site, calls, tasks, now, busy)
    if incident.step is None or incident.step_since is None:
        return run.begin()
    return run.decide(plan.step(incident.step), since=incident.step_since)


class _Run:
    """One decision: follows the plan until it must wait."""

    def __init__(
        self,
        incident: Incident,
        plan: Plan,
        site: Site | Unread,
        calls: Sequence[Call],
        tasks: Sequence[Task],
        now: datetime,
        busy: Collection[str],
    ) -> None:
        self.incident, self.plan, self.now = incident, plan, now
        self._site, self.busy = site, busy
        self.calls = [call for call in calls if call.state is not CallState.CANCELLED]
        self.tasks = tasks
        self.grounds = incident.grounds if incident.step is not None else None
        self.rounds = dict(incident.rounds)
        self.actions: list[Action] = []
        self.due_at: datetime | None = None

    @property
    def site(self) -> Site:
        if self._site is UNREAD:
            raise SiteNeeded
        return self._site

    def begin(self) -> Decision:
        first = self.plan.first
        if self.incident.mute:
            self.actions.append(HandToHuman(reason="personal"))
            if first.kind not in MUTE:
                return self._end()
        self.actions.append(EnterStep(step=first.id, why="opened"))
        return self.decide(first, since=self.now)

    def decide(self, step: Step, since: datetime) -> Decision:
        if self.incident.mute and step.kind not in MUTE:  # it became personal meanwhile (D7)
            self.actions.append(HandToHuman(reason="personal"))
            return self._end()
        current: Step | None = step
        while current is not None:  # ends: only go_to leads back, and each so many times
            current = self._one(current, since)
            since = self.now
        return Decision(actions=tuple(self.actions), due_at=self.due_at)

    def _end(self) -> Decision:
        self.actions.append(Finish())
        return Decision(actions=tuple(self.actions))

    def _one(self, step: Step, since: datetime) -> Step | None:
        """Do what ``step`` asks; the step that follows at once, if one does."""
        if step.kind in CALLING:
            return self._calling(step, since)
        match step.kind:
            case StepKind.SEND_GUARD:
                return self._guard(step, since)
            case StepKind.WAIT:
                return self._wait(step, since)
            case StepKind.GO_TO:
                return self._go_to(step)
            case StepKind.CLOSE:
                self.actions += [Close(code=step.code, text=step.text), Finish()]
                return None
            case StepKind.HAND_TO_OPERATOR if not step.outcomes:
                reason = "personal" if self.incident.mute else "plan"
                self.actions += [HandToHuman(reason=reason, text=step.text), Finish()]
                return None
            case StepKind.NOTIFY if not step.confirm:
                self.actions.append(OpenTask(step=step, due_at=None))
                return self._lead(step, TaskOutcome.DONE)
        return self._task(step, since)

    # --- steps that call people -----------------------------------------------------------

    def _calling(self, step: Step, since: datetime) -> Step | None:
        # A live call counts whenever it was asked for: never two at once in one step.
        mine = [c for c in self.calls if c.step == step.id and (c.live or c.requested_at >= since)]
        settled = self._settled(step, mine)
        if settled is not None:
            if any(call.live for call in mine):
                self.actions.append(Withdraw(step=step.id))
            return self._lead(step, settled)
        live = [call for call in mine if call.live]
        if live:
            self._watch(live)
            if step.mode is Mode.IN_ORDER:  # all at once, nobody waits for another one's call
                return None
        ended = [call for call in mine if not call.live]
        if ended and ended[-1].outcome in (Outcome.TRUNK_FAILURE, Outcome.ERROR):
            self.actions.append(HandToHuman(reason=str(ended[-1].outcome)))
        if since + timedelta(seconds=step.limit) <= self.now:
            return None if live else self._lead(step, OVERDUE)
        if step.kind is StepKind.VOICE_FIRST and not mine:
            self.actions.append(HandToHuman(reason="voice", text=step.text))
        return self._next_calls(step, since, mine)

    def _settled(self, step: Step, mine: Sequence[Call]) -> str | None:
        """The outcome that ends the list, or None.

        An answer may be stored after the end of its call: all are looked at.
        """
        agreed: dict[str, set[str | None]] = {}
        for call in mine:
            if call.outcome is None:
                continue
            target = step.target(call.outcome)
            if target == CONTINUE:
                continue
            people = agreed.setdefault(target or "", set())
            people.add(call.contact_id)
            if target is None or step.stop is not Stop.N_VALID or len(people) >= step.valid:
                return str(call.outcome)
        return None

    def _watch(self, live: Sequence[Call]) -> None:
        """A call that nobody places, or that never ends, becomes a human's business."""
        late = [c.requested_at + self._patience(c) for c in live]
        stuck = min(late) <= self.now or any(self._ahead(c.requested_at) for c in live)
        if stuck:
            overdue = [c for c in live if c.requested_at + self._patience(c) <= self.now]
            behind = bool(overdue) and all(self._behind(c) for c in overdue)
            self.actions.append(HandToHuman(reason="number_busy" if behind else "unplaced"))
            return
        # Who waits behind another call is looked at again: that call may end, and this not go out.
        soon = [self.now + UNPLACED_AFTER for c in live if self._behind(c)]
        self._look_at(min([*late, *soon]))

    def _behind(self, call: Call) -> bool:
        """Say whether it waits for another call of ours to its number."""
        return call.state is CallState.REQUESTED and call.to in self.busy

    def _patience(self, call: Call) -> timedelta:
        """How long after its request a live call may stand where it is."""
        if call.state is CallState.REQUESTED:
            return ENDLESS_AFTER if self._behind(call) else UNPLACED_AFTER
        waits = call.state in (CallState.ANSWERED, CallState.FOLLOWING)
        return ENDLESS_AFTER if waits else STUCK_AFTER

    def _ahead(self, at: datetime) -> bool:
        """Written before our clock went back: waiting for it could last for hours."""
        return at > self.now + CLOCK_SKEW

    def _look_at(self, at: datetime) -> None:
        self.due_at = at if self.due_at is None else min(self.due_at, at)

    def _people(self, step: Step) -> tuple[Contact, ...]:
        return on_call(self.site, step.selectors, self.incident.kind, self.now)

    def _next_calls(self, step: Step, since: datetime, mine: list[Call]) -> Step | None:
        contacts = self._people(step)
        if not contacts and not mine:
            return self._nobody(step)
        if step.mode is Mode.ALL_AT_ONCE:
            return self._all_at_once(step, since, contacts, mine)
        while True:
            turn = turns.in_order(step, contacts, mine)
            if turn is None:
                return self._lead(step, EXHAUSTED)
            if turn.contact.phone is None:
                mine = [*mine, self._no_number(step, turn)]
                continue
            self._take_turn(step, since, turn)
            return None

    def _all_at_once(
        self, step: Step, since: datetime, contacts: Sequence[Contact], mine: list[Call]
    ) -> Step | None:
        waiting = any(call.live for call in mine)
        for turn in turns.at_once(step, contacts, mine):
            if turn.contact.phone is None:
                self._no_number(step, turn)
            else:
                self._take_turn(step, since, turn)
                waiting = True
        return None if waiting else self._lead(step, EXHAUSTED)

    def _no_number(self, step: Step, turn: turns.Turn) -> Call:
        self.actions.append(NoNumber(step=step.id, contact=turn.contact, attempt=turn.attempt))
        return turns.unnumbered(step, turn, self.now)

    def _take_turn(self, step: Step, since: datetime, turn: turns.Turn) -> None:
        """Call now, or look again when it is time."""
        ended = turn.after.ended_at if turn.after is not None else None
        at = None if ended is None or self._ahead(ended) else ended + turn.pause
        if at is not None and at > self.now:
            self._look_at(min(at, since + timedelta(seconds=step.limit)))
            return
        self._place(step, turn.contact, turn.attempt)

    def _place(self, step: Step, contact: Contact, attempt: int) -> None:
        assert contact.phone is not None, "who has no number is not called"
        self.actions.append(
            PlaceCall(
                step=step.id,
                contact=contact,
                to=contact.phone,
                attempt=attempt,
                ring_s=step.ring_s,
            )
        )
        self._look_at(self.now + UNPLACED_AFTER)

    def _nobody(self, step: Step) -> Step | None:
        """Nobody is on call: escalated at once, and the plan goes on."""
        if any(who.of(self.site, self.incident.kind) for who in step.selectors):
            self.actions.append(HandToHuman(reason=NOBODY))
            return self._lead(step, NOBODY)
        return self._lead(step, EXHAUSTED)

    # --- steps that wait for something else -------------------------------------------------

    def _task(self, step: Step, since: datetime) -> Step | None:
        mine = [t for t in self.tasks if t.step == step.id and t.requested_at >= since]
        if not mine:
            due = self.now + timedelta(seconds=step.limit)
            self.actions.append(OpenTask(step=step, due_at=due))
            if step.kind in BY_OPERATOR:
                self.actions.append(HandToHuman(reason=step.kind.value, text=step.text))
            self._look_at(due)
            return None
        task = mine[-1]
        if task.state is TaskState.OPEN:
            if task.due_at is not None and task.due_at > self.now:
                self._look_at(task.due_at)
                return None
            self.actions.append(EndTask(task=task.id, outcome=TaskOutcome.OVERDUE))
            return self._lead(step, TaskOutcome.OVERDUE)
        return self._lead(step, task.outcome or TaskOutcome.FAILED)

    def _guard(self, step: Step, since: datetime) -> Step | None:
        answer = guards.next_guard(
            step,
            self._people(step),
            [c for c in self.calls if c.step == step.id and c.requested_at >= since],
            [t for t in self.tasks if t.step == step.id and t.requested_at >= since],
            now=self.now,
            limit=since + timedelta(seconds=step.limit),
        )
        self.actions += answer.actions
        for contact, attempt in answer.call:
            self._place(step, contact, attempt)
        if answer.due_at is not None:
            self._look_at(answer.due_at)
        return None if answer.outcome is None else self._lead(step, answer.outcome)

    def _wait(self, step: Step, since: datetime) -> Step | None:
        zones = self.incident.zones.values()
        if step.restore and zones and all(state == "restored" for state in zones):
            return self._lead(step, RESTORED)
        until = _until(step, since, ZoneInfo(self.site.timezone))
        if until <= self.now or self._ahead(since):
            return self._lead(step, ELAPSED)
        self._look_at(until)
        return None

    def _go_to(self, step: Step) -> Step | None:
        taken = self.rounds.get(step.id, 0)
        if taken >= step.times:
            return self._lead(step, EXHAUSTED)
        self.rounds[step.id] = taken + 1
        return self._enter(self.plan.step(step.to), step.id, left=step.id)

    # --- from step to step --------------------------------------------------------------------

    def _lead(self, step: Step, outcome: str) -> Step | None:
        """Where ``outcome`` leads: a human, unless the plan names a step that may follow."""
        self.due_at = None
        target = step.target(outcome)
        following = self.plan.step(target) if target is not None else None
        self._weigh(step, outcome)
        refusal = str(outcome) if following is None else self._refusal(step, following, outcome)
        if following is None or refusal is not None:
            self.actions += [HandToHuman(reason=refusal or str(outcome)), Finish()]
            return None
        return self._enter(following, str(outcome))

    def _enter(self, following: Step, why: str, *, left: str | None = None) -> Step:
        self.actions.append(EnterStep(step=following.id, why=why, grounds=self.grounds, left=left))
        return following

    def _weigh(self, step: Step, outcome: str) -> None:
        """Say whether what was answered justifies a closure from here on."""
        if step.kind in NEUTRAL:
            return
        technical = self.incident.category in (Category.TECHNICAL, Category.INFORMATION)
        technical |= self.incident.kind in _OF_STATION
        held = justifies(step.kind, outcome, technical=technical) and not self._from_afar(step)
        if self.incident.kind is Kind.BANK_OPENING:
            held |= answers_well(step.kind, outcome) and not step.off_site
        self.grounds = f"{step.id}/{outcome}" if held else None

    def _from_afar(self, step: Step) -> bool:
        """From off site nobody ends a vital alarm by knowing a code: it is no knowledge (D3).

        The incident may have become vital while a keyholder spoke.
        """
        return step.off_site and self.incident.category is Category.VITAL

    def _refusal(self, step: Step, following: Step, outcome: str) -> str | None:
        """Why ``following`` may not be entered, a human's reason; None where it may."""
        if self.incident.mute and following.kind not in MUTE:
            return "personal"
        if following.kind is not StepKind.CLOSE or self.grounds is not None:
            return None
        return "not_from_afar" if self._from_afar(step) else "unjustified"


def _until(step: Step, since: datetime, zone: ZoneInfo) -> datetime:
    """When a wait that began at ``since`` is over (UTC)."""
    if not step.until:
        return since + timedelta(seconds=step.limit)
    hour, day = time.fromisoformat(step.until), since.astimezone(zone).date()
    today = datetime.combine(day, hour, tzinfo=zone).astimezone(UTC)
    if today > since:
        return today
    return datetime.combine(day + timedelta(days=1), hour, tzinfo=zone).astimezone(UTC)
