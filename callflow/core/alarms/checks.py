"""What is looked at before an alarm is filed (mission 5.2): computed from its rows. Pure.

Was it taken within its target, is each step of its plan done or explained away, was the doubt
verified, did the services give their reference and the guard his report, are costs counted, are
zones and arming as they should be. What is missing is waived by the reason that the alarm is closed
with; what protects people is a line that only two people sign (``filing.What.SERVICE``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.alarms.filing import Standing, What
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, Outcome
from callflow.core.interventions.directory import ServiceCall, ServiceReport
from callflow.core.interventions.law import Finding, Verification
from callflow.core.plans.call_plan import BY_OPERATOR, CALLING, Plan, Step, StepKind
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.signals.signal import Category, Kind


class Looked(StrEnum):
    """What is looked at."""

    TAKEN = "taken"  # within its target, by a human or the machine
    STEP = "step"  # of the plan
    VERIFIED = "verified"
    REFERENCE = "reference"  # of a service that was called
    REPORT = "report"  # of each guard who was there
    COSTS = "costs"
    ZONES = "zones"
    ARMING = "arming"


class Result(StrEnum):
    """What is found."""

    DONE = "done"
    NOT_NEEDED = "not_needed"
    MISSING = "missing"
    LATER = "later"  # the machine does it by itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One line. ``name``: the step's kind; ``late``: by how much it was taken too late;
    ``protects``: it may be what people's safety hangs on."""

    what: Looked
    result: Result
    name: str = ""
    late: timedelta | None = None
    protects: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Handled:
    """What the rows say of how an alarm was handled. ``taken_at``: the first act of a human or the
    machine (UTC); ``counted``: chargeable acts that are; ``chargeable``: those that should be."""

    plan: Plan
    stands: Standing
    target: timedelta
    taken_at: datetime | None = None
    calls: Sequence[Call] = ()
    tasks: Sequence[Task] = ()
    verifications: Sequence[Verification] = ()
    called: Sequence[ServiceCall] = ()
    reports: Sequence[ServiceReport] = ()
    counted: int = 0
    chargeable: int = 0


#: Steps that are acts: what only waits, leads on or ends is none.
_ACTS = CALLING | BY_OPERATOR | {StepKind.SEND_GUARD, StepKind.FETCH_IMAGES, StepKind.NOTIFY}
_EXPLAINED = frozenset({Outcome.VERIFIED_OK, Outcome.KNOWN_CAUSE})
_NOTHING_FOUND = frozenset({TaskOutcome.ALL_CLEAR, TaskOutcome.NOTHING})
#: Alarms whose doubt is to be verified before anybody closes them.
_TO_VERIFY = frozenset({Kind.INTRUSION, Kind.FIRE, Kind.GAS, Kind.FLOOD, Kind.TAMPER})


def checks(incident: Incident, handled: Handled) -> tuple[Check, ...]:
    """Each line, in the order in which a shift goes through them."""
    explains = is_explained(incident, handled)
    return (
        _taken(incident, handled),
        *(_step(incident, step, handled, explains) for step in handled.plan.steps if _is_act(step)),
        *_verified(incident, handled, explains),
        *_of(handled, Looked.REFERENCE, bool(handled.called or handled.reports), What.REFERENCE),
        *_of(handled, Looked.REPORT, bool(_guards(handled)), What.GUARD),
        *_costs(handled),
        _as_it_should_be(Looked.ZONES, (What.ZONE, What.BYPASS), handled),
        _as_it_should_be(Looked.ARMING, (What.ARMING,), handled),
    )


def missing_service(incident: Incident, handled: Handled) -> bool:
    """Say whether a vital alarm's plan names an emergency service that nobody called, though
    nothing explains the alarm: two people sign that it is filed (D30)."""
    if incident.category is not Category.VITAL or incident.mute or handled.reports:
        return False
    steps = [step for step in handled.plan.steps if step.kind is StepKind.EMERGENCY_SERVICE]
    undone = [step for step in steps if not _is_done(step, handled)]
    return bool(undone) and not is_explained(incident, handled)


def is_explained(incident: Incident, handled: Handled) -> bool:
    """Say whether anybody told, heard or saw what it was: then what was left out was not needed."""
    spoken = any(
        call.outcome in _EXPLAINED
        or call.result in _EXPLAINED
        or (call.outcome is Outcome.OPERATOR and call.answered_at is not None)
        for call in handled.calls
    )
    seen = any(one.result is Finding.NOTHING for one in handled.verifications)
    looked = any(task.outcome in _NOTHING_FOUND for task in handled.tasks)
    return spoken or seen or looked or incident.resolution_code == "cancelled"


def _taken(incident: Incident, handled: Handled) -> Check:
    if handled.taken_at is None:
        return Check(what=Looked.TAKEN, result=Result.MISSING)
    late = handled.taken_at - incident.opened_at - handled.target
    if late <= timedelta():
        return Check(what=Looked.TAKEN, result=Result.DONE)
    return Check(what=Looked.TAKEN, result=Result.MISSING, late=late)


def _is_act(step: Step) -> bool:
    return step.kind in _ACTS


def _step(incident: Incident, step: Step, handled: Handled, explains: bool) -> Check:
    protects = step.kind in (StepKind.EMERGENCY_SERVICE, StepKind.SEND_GUARD)
    if _is_done(step, handled):
        result = Result.DONE
    elif explains or incident.category in (Category.TECHNICAL, Category.INFORMATION):
        result = Result.NOT_NEEDED
    else:
        result = Result.MISSING
    return Check(what=Looked.STEP, result=result, name=step.kind.value, protects=protects)


def _is_done(step: Step, handled: Handled) -> bool:
    if step.kind is StepKind.EMERGENCY_SERVICE:
        said = {one.service for one in handled.reports}
        if step.service in said | {one.service for one in handled.called if one.call_id}:
            return True
    if step.kind is StepKind.SEND_GUARD and any(one.outcome for one in _guards(handled)):
        return True
    called = any(call.step == step.id and call.placed_at for call in handled.calls)
    return called or any(one.step == step.id and one.outcome for one in handled.tasks)


def _guards(handled: Handled) -> list[Task]:
    """The guards who accepted."""
    kind = StepKind.SEND_GUARD.value
    return [one for one in handled.tasks if one.kind == kind and "accepted_at" in one.data]


def _verified(incident: Incident, handled: Handled, explains: bool) -> list[Check]:
    if incident.kind not in _TO_VERIFY:
        return []
    done = explains or bool(handled.verifications)
    return [Check(what=Looked.VERIFIED, result=Result.DONE if done else Result.MISSING)]


def _of(handled: Handled, what: Looked, asked: bool, line: What) -> list[Check]:
    """A line where there is something to look at."""
    if not asked:
        return []
    lines = handled.stands.reference + handled.stands.owed
    is_open = any(one.what is line for one in lines)
    return [Check(what=what, result=Result.MISSING if is_open else Result.DONE, protects=True)]


def _costs(handled: Handled) -> list[Check]:
    if not handled.chargeable:
        return []
    done = handled.counted >= handled.chargeable
    return [Check(what=Looked.COSTS, result=Result.DONE if done else Result.LATER)]


def _as_it_should_be(what: Looked, lines: tuple[What, ...], handled: Handled) -> Check:
    found = any(one.what in lines for one in handled.stands.abnormal)
    return Check(what=what, result=Result.MISSING if found else Result.DONE, protects=True)
