"""What a picture of a plan says of a step: its kind, its settings, its ends."""

from collections.abc import Mapping

from callflow.core.calls.call import ANSWERS
from callflow.core.calls.on_call import Who
from callflow.core.plans.call_plan import CALLING, EXHAUSTED, Mode, Plan, Step, StepKind, Stop
from callflow.texts import OUTCOMES, RESOLUTIONS, STEP_KINDS, TASK_OUTCOMES, WAITS
from callflow.texts.plans import plan_words
from callflow.texts.plans.vocabulary import SERVICES

_ENDS = {**OUTCOMES, **TASK_OUTCOMES, **WAITS, **plan_words.ENDS}


def kind_words(step: Step, column: int) -> str:
    """What the step does. ``column`` 0 is French, 1 English."""
    return STEP_KINDS[step.kind][column]


def step_title(step: Step, column: int) -> str:
    """What people call the step: its name; without one what it does, a closure with its code."""
    named = " ".join(step.name.split())
    if named:
        return named
    match step.kind:
        case StepKind.EMERGENCY_SERVICE:
            said = SERVICES[step.service][column]
        case StepKind.CLOSE if step.code:
            code = RESOLUTIONS[step.code][column] if step.code in RESOLUTIONS else step.code
            said = plan_words.CLOSE_AS[column].format(code)
        case _:
            said = kind_words(step, column)
    return said[:1].upper() + said[1:]


def titles(plan: Plan, column: int) -> Mapping[str, str]:
    """{step: its place and what people call it, such as "2. Call list"}."""
    return {
        step.id: f"{place}. {step_title(step, column)}" for place, step in enumerate(plan.steps, 1)
    }


def end_words(step: Step, outcome: str, column: int) -> str:
    """An end of the step as people say it; of a question the answer itself."""
    if step.kind is StepKind.GO_TO and outcome == EXHAUSTED:
        return plan_words.OFTEN_ENOUGH[column]
    if step.kind is StepKind.QUESTION and outcome in ANSWERS:
        key = ANSWERS.index(outcome)
        if key < len(step.answers):
            return f"{key + 1} : {step.answers[key]}"
    return _ENDS[outcome][column] if outcome in _ENDS else outcome


def details(step: Step, column: int, titles: Mapping[str, str]) -> list[str]:
    """How the step is set, in lines: what it does where it is named otherwise, whom it calls, how
    often, what for. ``titles`` are those of the plan's steps."""
    if step.kind in CALLING:
        found = [_people(step, column), _turns(step, column)]
    else:
        found = [_setting(step, column, titles)]
    kind = kind_words(step, column) if step.name.strip() else ""
    return [line for line in (kind, *found, step.text) if line]


def _people(step: Step, column: int) -> str:
    return ", ".join(who_words(who, column) for who in step.selectors)


def who_words(who: Who, column: int) -> str:
    """Whom it names: a part played for the site, an authority, or a contact's id."""
    if who.role is not None:
        return plan_words.ROLES[who.role][column]
    if who.authority is not None:
        return plan_words.AUTHORITIES[who.authority][column]
    return who.contact or ""


def _turns(step: Step, column: int) -> str:
    parts = []
    if step.attempts > 1:
        parts.append(f"{step.attempts} ×, {plan_words.EVERY[column].format(f'{step.delay_s:g}')}")
    if step.mode is Mode.ALL_AT_ONCE:
        parts.append(plan_words.AT_ONCE[column])
    if step.stop is Stop.ALL:
        parts.append(plan_words.ALL[column])
    if step.stop is Stop.N_VALID:
        parts.append(plan_words.AGREE[column].format(step.valid))
    if step.call_back:
        parts.append(plan_words.CALL_BACK[column])
    return " · ".join(parts)


def _setting(step: Step, column: int, titles: Mapping[str, str]) -> str:
    match step.kind:
        case StepKind.SEND_GUARD:
            return _people(step, column)
        case StepKind.EMERGENCY_SERVICE:
            return SERVICES[step.service][column]
        case StepKind.NOTIFY:
            return f"{step.channel} → {step.to}"
        case StepKind.GO_TO:
            return plan_words.BACK_TO[column].format(titles.get(step.to, step.to), step.times)
        case StepKind.CLOSE:
            return RESOLUTIONS[step.code][column] if step.code in RESOLUTIONS else step.code
        case StepKind.WAIT:
            return _wait(step, column)
        case StepKind.SET_ON_TEST | StepKind.PROTECTIVE_MEASURE:
            return plan_words.FOR[column].format(_duration(step.minutes * 60))
    return ""


def _wait(step: Step, column: int) -> str:
    if step.until:
        said = plan_words.UNTIL[column].format(step.until)
    else:
        said = plan_words.FOR[column].format(_duration(step.limit))
    return f"{said}, {plan_words.RESTORE[column]}" if step.restore else said


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:g} s"
    if seconds < 7200:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h"
