"""The one act that an alarm's page puts before all others, for whoever looks at it."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from callflow.core.alarms.checks import Check, Looked, Result
from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call, CallState
from callflow.core.plans.call_plan import StepKind
from callflow.core.sites.declared import Called
from callflow.core.sites.site import Role
from web.pages.alarms.task_views import TaskView


class Do(StrEnum):
    """Kinds of acts, in the order in which they come first."""

    TAKE = "take"  # nobody holds it
    TAKE_OVER = "take_over"  # the machine speaks with somebody
    GUARD = "guard"  # the firm that was asked does not come: the next one
    TASK = "task"  # the plan asks something of a person
    SERVICE = "service"  # the plan asks that a service is called
    CALL = "call"  # the plan was calling people, and somebody of them was not called yet
    VERIFY = "verify"  # nobody knows what it was
    CLOSE = "close"  # nothing else is asked


@dataclass(frozen=True, slots=True)
class NextAct:
    """``of``: the call's, task's or contact's id, or the service; ``name``: of firm or contact."""

    do: Do
    of: str = ""
    name: str = ""


#: Whom a step of the plan calls, where a person goes on with it by hand.
_CALLED = {
    StepKind.COUNTER_CALL: (Role.PREMISES, Role.KEYHOLDER),
    StepKind.CALL_LIST: (Role.KEYHOLDER,),
}
#: What nobody is led past: it is done, or left out by a decision of a person's own.
_OWED = frozenset({Looked.STEP, Looked.REFERENCE, Looked.REPORT})


@dataclass(frozen=True, kw_only=True, slots=True)
class Handling:
    """What an alarm's page knows of how it is handled. ``step``: the kind of the plan's step;
    ``firm``: the next one to be asked for a guard, "" for none; ``mute``: nothing may ring there;
    ``is_open``: something keeps it from being filed."""

    calls: Sequence[Call]
    tasks: Sequence[TaskView]
    contacts: Sequence[Called]
    away: AbstractSet[str]
    checks: Collection[Check]
    step: str | None
    firm: str
    mute: bool
    is_open: bool


def next_act(row: Incident, who: str, how: Handling) -> NextAct | None:
    """What ``who`` does next; None where nothing stands before the rest, where it is over, or
    somebody else's."""
    if row.state in (State.FILED, State.HANDLED) or row.holder not in (None, who):
        return None
    if row.holder is None:
        return NextAct(Do.TAKE)
    if call := next((call for call in how.calls if _is_the_machine_s(call)), None):
        return NextAct(Do.TAKE_OVER, call.id)
    if how.firm and row.state is State.OPEN and not how.mute and not row.exercise:
        return NextAct(Do.GUARD, name=how.firm)
    return _asked(how) or _left(row, how)


def _is_the_machine_s(call: Call) -> bool:
    """Say whether a person can take it over: somebody answered, no operator is in it, and what it
    was made for is not settled."""
    alone = not call.is_leg and call.room is None and call.result is None
    return call.state is CallState.ANSWERED and alone and call.step != "fax"


def _asked(how: Handling) -> NextAct | None:
    """What the plan asks of a person."""
    for one in how.tasks:
        if one.task.open and (one.outcomes or one.guard):
            return NextAct(Do.TASK, one.task.id)
        if one.task.open and one.step.kind is StepKind.EMERGENCY_SERVICE:
            return NextAct(Do.SERVICE, one.step.service)
    return None


def _left(row: Incident, how: Handling) -> NextAct | None:
    """What is left to a person; nothing while a call about the alarm goes on."""
    if any(call.live for call in how.calls):
        return None
    if row.state is not State.OPEN:
        return None if how.is_open else NextAct(Do.CLOSE)
    if not how.mute and (contact := _uncalled(how)):
        return NextAct(Do.CALL, contact.id, contact.name)
    missing = {one.what for one in how.checks if one.result is Result.MISSING}
    if Looked.VERIFIED in missing and row.site_id:
        return NextAct(Do.VERIFY)
    return None if missing & _OWED else NextAct(Do.CLOSE)


def _uncalled(how: Handling) -> Called | None:
    """The first of those whom the step calls."""
    if how.step not in _CALLED:
        return None
    rung = {call.contact_id for call in how.calls if call.placed_at}
    can = [one for one in how.contacts if one.phone and one.id not in how.away | rung]
    roles = _CALLED[StepKind(how.step)]
    return next((one for role in roles for one in can if one.role is role), None)
