"""What can be found in a sound plan whatever the site."""

from collections.abc import Iterator

from callflow.core.calls.call import ANSWERS
from callflow.core.calls.dial_policy import refusal
from callflow.core.messages.outbox import Channel, wrong_address
from callflow.core.plans.call_plan import (
    BY_OPERATOR,
    CALL_BACK_S,
    CALLING,
    ELAPSED,
    ENDS,
    EXHAUSTED,
    NOBODY,
    RESTORED,
    At,
    Finding,
    Plan,
    Step,
    StepKind,
    impossible,
    reachable,
)
from callflow.core.plans.task import TaskOutcome
from callflow.texts import RESOLUTIONS

#: Rings of one person by one step beyond which an administrator should have meant it.
_OFTEN = 20
#: Seconds that a wait may last before it is told of.
_LONG = 86400.0
#: Ends that may go to an operator without a word: something is wrong, or somebody is in danger.
_HUMAN_ANYWAY = frozenset({TaskOutcome.OVERDUE, TaskOutcome.DURESS, TaskOutcome.TRACES})


def alone(plan: Plan) -> Iterator[Finding]:
    """What is found in a sound plan by itself, in the order of its steps."""
    done = reachable(plan)
    for place, step in enumerate(plan.steps):
        at = At(step, place)
        if step.id not in done:
            yield at.found("unreachable")
        yield from _unsaid(at)
        yield from _figures(at, plan)
        yield from _addresses(at)


def _unsaid(at: At) -> Iterator[Finding]:
    step = at.step
    never = impossible(step)
    for outcome in step.outcomes:
        if outcome in never:
            yield at.found("impossible_outcome", f"outcomes.{outcome}", outcome=outcome)
    for outcome in sorted(_to_say(step) - never):
        if outcome not in step.outcomes:
            yield at.found("unsaid", "outcomes", outcome=outcome)
    if step.kind is StepKind.QUESTION:
        for key, answer in enumerate(ANSWERS[: len(step.answers)], 1):
            if step.target(answer) is None:
                yield at.found("answer_unsaid", "outcomes", key=key)


def _to_say(step: Step) -> frozenset[str]:
    """Ends that are nobody's fault: what follows them should be written down."""
    if step.kind in CALLING:
        return frozenset({EXHAUSTED})
    if step.kind in BY_OPERATOR:
        return frozenset()  # a person has it already
    if step.kind is StepKind.WAIT:
        return frozenset({ELAPSED, RESTORED})
    return ENDS[step.kind] - _HUMAN_ANYWAY - {NOBODY}


def _figures(at: At, plan: Plan) -> Iterator[Finding]:
    step = at.step
    if len(set(step.who)) < len(step.who):
        yield at.found("who_twice", "who")
    rings = (step.attempts + step.call_back) * _rounds(plan, at.place)
    if step.kind in CALLING and rings > _OFTEN:
        yield at.found("rings_often", "attempts", rings=rings)
    needs = _needs(step)
    if needs > step.limit:
        yield at.found("limit_too_short", "limit_s", limit=step.limit, needs=needs)
    if step.kind is StepKind.WAIT and not step.until and step.limit > _LONG:
        yield at.found("long_wait", "limit_s", hours=round(step.limit / 3600, 1))
    if step.kind is StepKind.CLOSE and step.code not in RESOLUTIONS:
        yield at.found("unknown_code", "code", code=step.code)


def _rounds(plan: Plan, place: int) -> int:
    """How often the step at ``place`` may be begun: go_tos are counted once an incident."""
    places = {step.id: where for where, step in enumerate(plan.steps)}
    return 1 + sum(
        step.times
        for where, step in enumerate(plan.steps)
        if step.kind is StepKind.GO_TO and places[step.to] <= place <= where
    )


def _needs(step: Step) -> float:
    """Seconds that the step takes at least until its list is at its end, or its second firm's."""
    if step.kind in CALLING:
        return max((step.attempts - 1) * step.delay_s, CALL_BACK_S if step.call_back else 0.0)
    return step.accept_s if step.kind is StepKind.SEND_GUARD else 0.0


def _addresses(at: At) -> Iterator[Finding]:
    step = at.step
    if step.kind is not StepKind.NOTIFY:
        return
    channel = Channel(step.channel)
    if channel in (Channel.SMS, Channel.FAX) and refusal(step.to) is not None:
        yield at.found("refused_number", "to", name="to", number=step.to)
    if wrong_address(channel, step.to) is not None:
        yield at.found("bad_address", "to", to=step.to, channel=channel.value)
