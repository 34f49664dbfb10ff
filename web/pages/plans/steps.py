"""The steps of a plan's draft in their order: added, led to, moved, removed."""

from collections.abc import Iterator, Mapping
from typing import Any

from callflow.core.plans.call_plan import CALLING, ELAPSED, EXHAUSTED, Step, StepKind, step_to_json
from callflow.core.plans.task import TaskOutcome
from callflow.texts import RESOLUTIONS
from callflow.texts.plans import plan_words
from web.kit.problems import ProblemError

Body = dict[str, Any]

#: How a form says that an outcome leads to a step that is still to be made: of a kind, or a closure
#: with a code. No id of a step has a colon.
NEW, CLOSED_AS = "new:", "close:"
#: What a plan ends with.
_LAST = frozenset({StepKind.HAND_TO_OPERATOR.value, StepKind.CLOSE.value})
#: The end by which a step usually goes on to the next; an operator's, and a closure, have none.
GOES_ON: Mapping[StepKind, str] = {
    **dict.fromkeys((*CALLING, StepKind.SEND_GUARD, StepKind.GO_TO), EXHAUSTED),
    StepKind.FETCH_IMAGES: TaskOutcome.DONE,
    StepKind.NOTIFY: TaskOutcome.DONE,
    StepKind.WAIT: ELAPSED,
    StepKind.SET_ON_TEST: TaskOutcome.DONE,
    StepKind.PROTECTIVE_MEASURE: TaskOutcome.DONE,
}


def added(body: Body, kind: StepKind, place: int, column: int = 1) -> Body:
    """A new step before the one at ``place`` (from 1), or at the end; its id is a word of the
    language of ``column``.

    What went on from the step before it to the one behind it goes through it then, so that steps
    that are added one after the other are done one after the other.
    """
    named = _fresh_id(body, kind, column)
    at = min(max(place - 1, 0), len(body["steps"]))
    before, behind = body["steps"][:at], body["steps"][at:]
    goes_to = behind[0]["id"] if behind and not before else ""
    if before:
        before, goes_to = _led_to(before, named, behind[0]["id"] if behind else "")
    end = GOES_ON.get(kind)
    outcomes = {str(end): goes_to} if end and goes_to else {}
    step = step_to_json(Step(id=named, kind=kind, outcomes=outcomes))
    return {**body, "steps": [*before, step, *behind]}


def _led_to(before: list[Body], named: str, behind: str) -> tuple[list[Body], str]:
    """The steps before a new one, the last of which goes on to it unless it goes on elsewhere;
    where it went on to ("": nowhere)."""
    last = before[-1]
    end = GOES_ON.get(StepKind(last["kind"]))
    ends = last.get("outcomes", {})
    led = ends.get(end, "")
    if end is None or led not in ("", behind):
        return before, ""
    return [*before[:-1], {**last, "outcomes": {**ends, str(end): named}}], led


def _fresh_id(body: Body, kind: StepKind, column: int) -> str:
    """An id that no step of the plan has."""
    taken = {step["id"] for step in body["steps"]}
    return next(n for n in _names(plan_words.STEP_IDS[kind][column]) if n not in taken)


def _names(named: str) -> Iterator[str]:
    yield named
    number = 2
    while True:
        yield f"{named}-{number}"
        number += 1


def usual_place(body: Body, kind: StepKind | None = None) -> int:
    """Where a new step usually goes (from 1): before the operator and the closures at the end; a
    closure behind them."""
    at = len(body["steps"])
    if kind is StepKind.CLOSE:
        return at + 1
    while at and body["steps"][at - 1]["kind"] in _LAST:
        at -= 1
    return at + 1


def written(body: Body, place: int, step: Body, column: int = 1) -> Body:
    """The step at ``place`` (from 1) as ``step``, with the steps that it leads to and that are
    still to be made. Raises ProblemError."""
    led = body["steps"][place - 1].get("outcomes", {})
    steps = [step if n == place else each for n, each in enumerate(body["steps"], 1)]
    found = {**body, "steps": steps}
    for end, target in step.get("outcomes", {}).items():
        if target.startswith(CLOSED_AS):
            found = _led_to_closure(found, place, end, target.removeprefix(CLOSED_AS), column)
        elif target.startswith(NEW):
            kind = target.removeprefix(NEW)
            found = _led_to_new(found, place, end, kind, led.get(end, ""), column)
    return found


def _led_to_closure(body: Body, place: int, end: str, code: str, column: int) -> Body:
    """``end`` of the step at ``place`` closes with ``code``: by the closure that does so already,
    or by a new one, at the end."""
    if code not in RESOLUTIONS:
        raise ProblemError(422, f"choose one of {', '.join(RESOLUTIONS)}")
    for step in body["steps"][place:]:
        if step["kind"] == StepKind.CLOSE and step.get("code") == code:
            return _leading(body, place, end, step["id"])
    named = _fresh_id(body, StepKind.CLOSE, column)
    closure = step_to_json(Step(id=named, kind=StepKind.CLOSE, code=code))
    return _leading({**body, "steps": [*body["steps"], closure]}, place, end, named)


def _led_to_new(body: Body, place: int, end: str, kind: str, led: str, column: int) -> Body:
    """``end`` of the step at ``place`` leads to a new step, which goes on to where it ``led``.

    It stands behind those that the step leads to already, so that they may lead to it too.
    """
    if kind not in frozenset(StepKind):
        raise ProblemError(422, f"choose one of {', '.join(StepKind)}")
    usual = usual_place(body)
    places = {step["id"]: n for n, step in enumerate(body["steps"], 1)}
    follow = {places.get(to, 0) for to in body["steps"][place - 1]["outcomes"].values()}
    behind = max([place, *(n for n in follow if n < usual)])
    named, goes_on = _fresh_id(body, StepKind(kind), column), GOES_ON.get(StepKind(kind))
    outcomes = {str(goes_on): led} if goes_on and places.get(led, 0) > behind else {}
    made = step_to_json(Step(id=named, kind=StepKind(kind), outcomes=outcomes))
    steps = [*body["steps"][:behind], made, *body["steps"][behind:]]
    return _leading({**body, "steps": steps}, place, end, named)


def _leading(body: Body, place: int, end: str, target: str) -> Body:
    """``end`` of the step at ``place`` leads to ``target``."""
    step = body["steps"][place - 1]
    changed = {**step, "outcomes": {**step["outcomes"], end: target}}
    return {**body, "steps": [*body["steps"][: place - 1], changed, *body["steps"][place:]]}


def moved(body: Body, place: int, by: int) -> Body:
    """The step at ``place`` (from 1) so many places further; never beyond an end."""
    steps = list(body["steps"])
    step = steps.pop(place - 1)
    steps.insert(min(max(place - 1 + by, 0), len(steps)), step)
    return {**body, "steps": steps}


def removed(body: Body, place: int) -> Body:
    """Without the step at ``place`` (from 1)."""
    return {**body, "steps": [s for n, s in enumerate(body["steps"], 1) if n != place]}


def ordered(body: Body, order: str) -> Body:
    """The steps in the order of their places, such as "3,1,2". Raises ProblemError."""
    places = [int(p) for p in order.split(",") if p.isascii() and p.isdigit() and len(p) < 4]
    if sorted(places) != list(range(1, len(body["steps"]) + 1)):
        raise ProblemError(422, "name each step once", field="order")
    return {**body, "steps": [body["steps"][place - 1] for place in places]}
