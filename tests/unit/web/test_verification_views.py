"""What a service is told of guards is true at this moment."""

from __future__ import annotations

from datetime import UTC, datetime

from callflow.core.plans.call_plan import GUARD_BY_HAND
from callflow.core.plans.task import Task, TaskState
from tests.support.rows.values import example
from web.pages.alarms.task_views import GuardView, TaskView
from web.pages.alarms.verification_views import under_way

THEN = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def task(*told: str, state: TaskState = TaskState.OPEN) -> TaskView:
    guard = example(GuardView, name="Ouest Garde", **dict.fromkeys(told, THEN))
    return TaskView(task=example(Task, state=state), step=GUARD_BY_HAND, outcomes=(), guard=guard)


def test_a_guard_who_was_only_asked_is_not_on_the_way() -> None:
    other = TaskView(task=example(Task), step=GUARD_BY_HAND, outcomes=(), guard=None)
    assert under_way([task(), other]) == []


def test_one_who_accepted_is_and_one_on_site_too() -> None:
    coming, there = task("accepted_at"), task("accepted_at", "on_site_at")
    assert under_way([coming, there]) == [coming.guard, there.guard]


def test_one_who_left_or_was_called_off_is_not_any_more() -> None:
    left, off = task("accepted_at", "left_at"), task("accepted_at", state=TaskState.ENDED)
    assert under_way([left, off]) == []
