"""Sending a guard (D22): firms in order; accepted, on site, report; overdue or silent: the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from callflow.core.alarms.escalation.actions import Action, EndTask, HandToHuman, NoNumber, OpenTask
from callflow.core.calls.call import Call, Outcome
from callflow.core.plans.call_plan import EXHAUSTED, NOBODY, OVERDUE, Step
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.sites.site import Contact
from callflow.core.time.instants import to_iso


class GuardEvent(StrEnum):
    """News of a guard, or his firm, on the way to the report."""

    ACCEPTED = "accepted"
    ON_SITE = "on_site"


#: A task's data keeps of it, as ISO 8601 texts:
_AT = {GuardEvent.ACCEPTED: "accepted_at", GuardEvent.ON_SITE: "on_site_at"}
#: A report, or duress: the step has its outcome.
_REPORTED = frozenset({TaskOutcome.ALL_CLEAR, TaskOutcome.TRACES, TaskOutcome.DURESS})


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardTurn:
    """A send-guard step's next act. ``call``: (firm, attempt) to call at once."""

    actions: tuple[Action, ...] = ()
    call: tuple[tuple[Contact, int], ...] = ()
    due_at: datetime | None = None
    outcome: str | None = None  # the step is over


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    step: Step
    firms: Sequence[Contact]
    calls: Sequence[Call]
    tasks: Sequence[Task]
    now: datetime
    limit: datetime
    actions: list[Action] = field(default_factory=list)


def progressed(
    data: Mapping[str, Any], event: GuardEvent, step: Step, now: datetime
) -> tuple[dict[str, Any], datetime]:
    """The task's data after ``event``, and by when the next one is expected (UTC)."""
    seconds = step.arrive_s if event is GuardEvent.ACCEPTED else step.report_s
    due = now + timedelta(seconds=seconds)
    after = {**data, _AT[event]: to_iso(now)}
    if event is GuardEvent.ACCEPTED:
        after["expected_at"] = to_iso(due)
    return after, due


def next_guard(
    step: Step,
    firms: Sequence[Contact],
    calls: Sequence[Call],
    tasks: Sequence[Task],
    *,
    now: datetime,
    limit: datetime,
) -> GuardTurn:
    """The next act of a send-guard step. ``calls`` and ``tasks`` are this round's of the step."""
    current = tasks[-1] if tasks else None
    run = _Step(step=step, firms=firms, calls=calls, tasks=tasks, now=now, limit=limit)
    if current is None:
        return _next_firm(run)
    if not current.open:
        if current.outcome in _REPORTED:
            return GuardTurn(outcome=str(current.outcome))
        return _next_firm(run)
    if current.due_at is None or current.due_at > now:
        return _waiting(run, current)
    run.actions.append(EndTask(task=current.id, outcome=TaskOutcome.OVERDUE))
    if _AT[GuardEvent.ACCEPTED] in current.data:  # on the way, or there, and silent
        run.actions.append(HandToHuman(reason="guard_silent"))
    return _next_firm(run)


def _waiting(run: _Step, task: Task) -> GuardTurn:
    if _AT[GuardEvent.ACCEPTED] in task.data or _AT[GuardEvent.ON_SITE] in task.data:
        return GuardTurn(due_at=task.due_at)
    mine = [call for call in run.calls if call.contact_id == task.subject]
    if any(call.live for call in mine):
        return GuardTurn(due_at=task.due_at)
    last = mine[-1] if mine else None
    if last is not None and last.outcome is Outcome.DECLINED:
        run.actions.append(EndTask(task=task.id, outcome=TaskOutcome.FAILED))
        return _next_firm(run)
    firm = next((firm for firm in run.firms if firm.id == task.subject), None)
    if firm is None or firm.phone is None:  # removed meanwhile
        run.actions.append(EndTask(task=task.id, outcome=TaskOutcome.FAILED))
        return _next_firm(run)
    again = run.now
    if last is not None and last.ended_at is not None:
        again = last.ended_at + timedelta(seconds=run.step.delay_s)
    if again > run.now:
        due = again if task.due_at is None else min(again, task.due_at)
        return GuardTurn(due_at=due)
    return GuardTurn(call=((firm, len(mine) + 1),), due_at=task.due_at)


def _next_firm(run: _Step) -> GuardTurn:
    """The first firm that was not asked yet; one without a number is passed over, and said."""
    if run.now >= run.limit:
        return GuardTurn(actions=tuple(run.actions), outcome=OVERDUE)
    asked = {task.subject for task in run.tasks} | {call.contact_id for call in run.calls}
    for firm in run.firms:
        if firm.id in asked:
            continue
        if firm.phone is None:
            run.actions.append(NoNumber(step=run.step.id, contact=firm, attempt=1))
            continue
        due = run.now + timedelta(seconds=run.step.accept_s)
        run.actions.append(OpenTask(step=run.step, due_at=due, subject=firm.id))
        return GuardTurn(actions=tuple(run.actions), call=((firm, 1),), due_at=due)
    outcome = EXHAUSTED if asked or run.actions else NOBODY
    return GuardTurn(actions=tuple(run.actions), outcome=outcome)
