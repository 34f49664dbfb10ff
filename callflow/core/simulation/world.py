"""What happens to an incident in memory: calls end, tasks are done, zones restored, people act."""

from collections.abc import Mapping
from dataclasses import replace

from callflow.core.alarms import apply, escalation
from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.incident import Machine, State
from callflow.core.calls.call import CallState, Outcome
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.task import TaskOutcome
from callflow.core.simulation.applied import Applied


class World(Applied):
    """An incident over time: whatever happens is decided upon at once."""

    # --- tasks ----------------------------------------------------------------------------------

    def task_ended(self, task_id: str, outcome: TaskOutcome) -> None:
        """Somebody did what was asked, or said that it can't be done."""
        task = self.task(task_id)
        if task.open:
            self.end_task(task_id, outcome)
            if outcome is TaskOutcome.DURESS:
                self.duress()
            if (task.kind, outcome) == (StepKind.NOTIFY.value, TaskOutcome.FAILED):
                self.hand_to_human("undelivered")
            self.decide()

    def guard_said(self, task_id: str, event: GuardEvent) -> None:
        """A guard is on the way, or there; nothing where nobody waits for him any more."""
        task = self.task(task_id)
        if not task.open:
            return
        data, due = escalation.progressed(task.data, event, self.plan.step(task.step), self.now)
        self.change_task(replace(task, data=data, due_at=due))
        self.tell("guard", step=task.step, who=task.subject, outcome=event)
        self.decide()

    # --- calls and the site -----------------------------------------------------------------

    def call_becomes(self, call_id: str, state: CallState, outcome: Outcome | None = None) -> None:
        """A live call goes on to ``state``."""
        call = self.call(call_id)
        ended = self.now if state in (CallState.ENDED, CallState.CANCELLED) else None
        changed = replace(call, state=state, outcome=outcome, ended_at=ended)
        self.calls[self.calls.index(call)] = changed

    def concluded(self, call_id: str, outcome: Outcome) -> None:
        """What the person answered, acted upon before the call's end."""
        call = self.call(call_id)
        if outcome is Outcome.DURESS:
            self.duress()
        elif outcome in apply.NEEDS_HUMAN:
            self.hand_to_human(outcome)
        if outcome is Outcome.ACCEPTED:
            for task in [t for t in self.tasks if t.open and t.subject == call.contact_id]:
                self.guard_said(task.id, GuardEvent.ACCEPTED)

    def call_ended(self, call_id: str, outcome: Outcome) -> None:
        """The call is over, with what was answered, or with what the line said."""
        self.call_becomes(call_id, CallState.ENDED, outcome)
        call = self.call(call_id)
        self.tell("answer", step=call.step, who=call.contact_id or "", outcome=outcome)
        self.decide()

    def duress(self) -> None:
        """A code typed under threat: silently vital, mute, the machine stops (D7)."""
        self.becomes_personal()
        self.hand_to_human(Outcome.DURESS)

    def restored(self) -> None:
        """Every zone is back to normal."""
        self.zones_become(dict.fromkeys(self.incident.zones, "restored"))
        self.tell("restored")

    def zones_become(self, zones: Mapping[str, str]) -> None:
        """The zones named alarm, or are restored; a plan may wait for it."""
        self.incident = self.incident.but(zones={**self.incident.zones, **zones})
        if self.due_at is not None:
            self.decide()

    def confirmed(self) -> None:
        """By a second zone, or by the panel: vital from now on (D5)."""
        self.incident = self.incident.but(**apply.confirm())
        if self.incident.state is State.OPEN:
            self.hand_to_human("vital")

    def muted(self) -> None:
        """Another alarm of the site is personal: nothing rings there any more (D7)."""
        self.withdraw()
        self.incident = self.incident.but(duress=True)
        self.decide()

    def reopened(self) -> None:
        """A new alarm voids what was decided (D6): the plan starts over."""
        self.closed = None
        self.incident = self.incident.but(**apply.reopen(self.incident))
        self.from_receipt()
        self.decide()

    # --- what an operator does ------------------------------------------------------------------

    def taken(self) -> None:
        """The machine stops; what was not dialled yet is not dialled (D20)."""
        if self.incident.machine is Machine.RUNNING:
            self.incident = self.incident.but(machine=Machine.STOPPED)
        self.cancel_requested()
        if self.incident.state is State.OPEN and not self.incident.with_human:
            self.hand_to_human("taken")
        self.due_at = None

    def resumed(self) -> None:
        """The machine goes on at the step where it stopped."""
        if self.incident.machine is Machine.STOPPED:
            self.incident = self.incident.but(machine=Machine.RUNNING)
            self.decide()

    def closed_by_hand(self, code: str) -> None:
        """With this resolution code; nothing where it is closed already."""
        if self.incident.state is State.OPEN:
            self.close(code)
            self.due_at = None
