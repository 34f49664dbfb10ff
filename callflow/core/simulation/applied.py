"""What is decided is applied here, in memory, as ``handling`` does in rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow.core.alarms import apply, escalation, incident
from callflow.core.alarms.escalation import (
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
from callflow.core.calls.dial_policy import refusal
from callflow.core.plans.call_plan import Plan, StepKind
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.site import Site

#: Nobody claims anything in a simulation: when it would ring is nothing to it.
_RINGS_AFTER = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Something that happened; ``what``: step, call, answer, task, done, guard, human, closed,
    cancelled, restored. ``who`` is a contact's id, ``outcome`` whatever it ended with."""

    at: datetime
    what: str
    step: str = ""
    who: str = ""
    outcome: str = ""


def new_incident(
    *,
    kind: Kind,
    category: Category,
    now: datetime,
    site: str | None,
    account: str = "",
    zones: Iterable[str] = ("1",),
    priority: int = 2,
) -> Incident:
    """An incident as it is opened, before anything was decided."""
    personal = kind in PERSONAL
    return Incident(
        id="simulated",
        site_id=site,
        account=account,
        kind=kind,
        category=Category.VITAL if personal else category,
        priority=priority,
        duress=kind is Kind.DURESS,
        zones=dict.fromkeys(zones, "alarm"),
        plan={},  # is given beside it
        opened_at=now,
    )


class Applied:
    """An incident in memory. ``reasons`` are why a human has it, in order, each change once."""

    def __init__(self, plan: Plan, site: Site | None, opened: Incident) -> None:
        self.plan, self.site, self.incident = plan, site, opened
        self.now = opened.opened_at
        self.calls: list[Call] = []
        self.tasks: list[Task] = []
        self.due_at: datetime | None = None
        self.reasons: list[str] = []
        self.human_at: datetime | None = None
        self.closed: str | None = None
        self.entries: list[Entry] = []
        #: Placed calls that nobody waits for any more: whoever plays the network ends them.
        self.hang_ups: list[str] = []
        self.from_receipt()

    @property
    def over(self) -> bool:
        """The machine does nothing more for it."""
        return self.incident.machine is not Machine.RUNNING or self.incident.state is not State.OPEN

    @property
    def steps(self) -> list[str]:
        """The steps that were entered, in order."""
        return [entry.step for entry in self.entries if entry.what == "step"]

    def from_receipt(self) -> None:
        """Vital and personal alarms stand in front of a human from the start (D5)."""
        kind = self.incident.kind
        if incident.starts_with_human(kind, self.incident.category):
            self.hand_to_human("personal" if kind in PERSONAL else "vital")

    # --- deciding -----------------------------------------------------------------------------

    def decide(self) -> Decision:
        """Look at it now, and do what is due."""
        decision = escalation.next_steps(
            self.incident, self.plan, self.site, self.calls, self.now, self.tasks
        )
        self.due_at = decision.due_at
        at = apply.not_before(self.incident, self.calls, self.tasks, self.now)
        again = False
        for action in decision.actions:
            again |= self._act(action, at)
            if isinstance(action, NoNumber | PlaceCall | OpenTask):
                at += apply.TICK
        if again:
            self.decide()
        return decision

    def _act(self, action: escalation.Action, at: datetime) -> bool:
        """Do one thing, as of ``at``; whether it must be decided again at once."""
        match action:
            case EnterStep():
                self._enter(action, at)
            case PlaceCall():
                return self._place(action, at)
            case NoNumber():
                self._insert(action, at, Outcome.NO_NUMBER)
            case OpenTask():
                return self._open_task(action, at)
            case EndTask(task=task, outcome=outcome):
                self.end_task(task, outcome)
            case Withdraw(step=step):
                self.withdraw(step)
            case HandToHuman(reason=reason):
                self.hand_to_human(reason)
            case Close(code=code):
                self.close(code)
            case Finish():
                self._finish()
        return False

    def _enter(self, action: EnterStep, at: datetime) -> None:
        self.tell("step", step=action.step, outcome=action.why)
        self.incident = self.incident.but(**apply.enter(self.incident, action, at))

    def _place(self, action: PlaceCall, at: datetime) -> bool:
        why = refusal(action.to)
        self._insert(action, at, None if why is None else Outcome.NO_NUMBER)
        if why is not None:
            self.hand_to_human(why)
        return why is not None

    def _insert(self, action: PlaceCall | NoNumber, at: datetime, outcome: Outcome | None) -> None:
        self.calls.append(
            Call(
                id=str(len(self.calls)),
                step=action.step,
                contact_id=action.contact.id,
                to=action.contact.phone or "",
                attempt=action.attempt,
                state=CallState.REQUESTED if outcome is None else CallState.ENDED,
                outcome=outcome,
                requested_at=at,
                ended_at=None if outcome is None else self.now,
            )
        )
        what = "call" if outcome is None else "answer"
        self.tell(what, step=action.step, who=action.contact.id, outcome=str(outcome or ""))

    def withdraw(self, step: str | None = None) -> None:
        """Nobody waits for the calls of ``step`` (None: any); who speaks is not cut off."""
        self.cancel_requested(step)
        for call in self.calls:
            placed = call.state in (CallState.STARTED, CallState.RINGING)
            if placed and step in (None, call.step):
                self.hang_ups.append(call.id)

    def cancel_requested(self, step: str | None = None) -> None:
        for place, call in enumerate(self.calls):
            if call.state is CallState.REQUESTED and step in (None, call.step):
                self.calls[place] = replace(call, state=CallState.CANCELLED, ended_at=self.now)
                self.tell("cancelled", step=call.step, who=call.contact_id or "")

    def call(self, call_id: str) -> Call:
        return next(call for call in self.calls if call.id == call_id)

    def hand_to_human(self, reason: str) -> None:
        """It stands in front of a human; said once for each reason."""
        handed = apply.hand_to_human(self.incident, reason, self.now, _RINGS_AFTER)
        if handed is None:
            return
        if self.incident.state is not State.OPEN:
            self.closed = None
        self.reasons.append(str(reason))
        self.human_at = self.human_at or self.now
        self.incident = self.incident.but(**handed)
        self.tell("human", step=self.incident.step or "", outcome=reason)

    def close(self, code: str) -> None:
        self.closed = code
        self.cancel_requested()
        self.tasks = [
            replace(task, state=TaskState.CANCELLED, ended_at=self.now) if task.open else task
            for task in self.tasks
        ]
        self.incident = self.incident.but(**apply.close(self.incident, code, "", self.now))
        self.tell("closed", step=self.incident.step or "", outcome=code)

    def _finish(self) -> None:
        bank = self.incident.kind is Kind.BANK_OPENING and self.incident.state is State.OPEN
        self.incident = self.incident.but(machine=Machine.DONE)
        if bank:  # robbed until a person knows (D18)
            self.becomes_personal()

    def becomes_personal(self) -> None:
        self.withdraw()
        self.incident = self.incident.but(**apply.become_personal())

    # --- tasks ----------------------------------------------------------------------------------

    def begins(self, action: OpenTask) -> TaskOutcome | None:
        """What a task that the machine does itself ends with at once; None: it will come."""
        kind = action.step.kind
        at_once = (StepKind.PROTECTIVE_MEASURE, StepKind.SET_ON_TEST)
        return TaskOutcome.DONE if kind in at_once else None

    def _open_task(self, action: OpenTask, at: datetime) -> bool:
        step = action.step
        self.tell("task", step=step.id, who=action.subject)
        if step.kind is StepKind.NOTIFY and not step.confirm:
            return False
        task = Task(
            id=f"task {len(self.tasks)}",
            incident_id=self.incident.id,
            step=step.id,
            kind=step.kind.value,
            state=TaskState.OPEN,
            subject=action.subject,
            requested_at=at,
            due_at=action.due_at,
        )
        self.tasks.append(task)
        outcome = self.begins(action)
        if outcome is not None:
            self.end_task(task.id, outcome)
        return outcome is not None

    def task(self, task_id: str) -> Task:
        return next(task for task in self.tasks if task.id == task_id)

    def change_task(self, changed: Task) -> None:
        self.tasks = [changed if task.id == changed.id else task for task in self.tasks]

    def end_task(self, task_id: str, outcome: TaskOutcome) -> None:
        task = self.task(task_id)
        if task.open:
            ended = replace(task, state=TaskState.ENDED, outcome=outcome, ended_at=self.now)
            self.change_task(ended)
            self.tell("done", step=task.step, who=task.subject, outcome=outcome)

    def tell(self, what: str, *, step: str = "", who: str = "", outcome: str = "") -> None:
        """Something happened now."""
        entry = Entry(at=self.now, what=what, step=step, who=who, outcome=str(outcome))
        self.entries.append(entry)
