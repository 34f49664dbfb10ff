"""The form of a plan's step, made from the vocabulary: a new kind of step needs no form of its own.

What a field is comes from the schema of the step's kind (``call_plan.schema``), what it is called
from ``texts.plan_settings``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from callflow.core.calls.call import ANSWERS, Outcome
from callflow.core.calls.on_call import Who
from callflow.core.plans.call_plan import (
    BY_OPERATOR,
    CALLING,
    CONTINUE,
    ELAPSED,
    ENDS,
    EXHAUSTED,
    FIELDS,
    NOBODY,
    OVERDUE,
    RESTORED,
    Plan,
    Step,
    StepKind,
    step_to_json,
)
from callflow.core.plans.call_plan.schema import step_schema
from callflow.core.plans.call_plan.vocabulary import LIMITS, NORMAL_BOUNDS
from callflow.core.plans.picture.words import end_words
from callflow.core.plans.task import TaskOutcome
from callflow.core.sites.site import Authority, Role
from callflow.texts import RESOLUTIONS
from callflow.texts.plans import plan_settings, plan_words
from web.kit.forms import Form
from web.kit.problems import ProblemError
from web.pages.plans.views import target_words

Body = dict[str, Any]

#: Whom a step may call: so many ways to say it.
MOST_WHO = 20
#: Characters of a field; what is too long for a plan is said beside its step.
_MOST = 5000
_NO_NAME = re.compile(r"[^0-9A-Za-z._-]+")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
#: Ends after which no list goes on.
_NOT_ON = frozenset({EXHAUSTED, NOBODY, OVERDUE})
#: Outcomes of calls: what a person says by a key or a code, and what the line does.
_ANSWERED = tuple(o.value for o in takewhile(lambda o: o is not Outcome.NO_ANSWER, Outcome))
_LINE = (*(o.value for o in Outcome if o not in _ANSWERED), OVERDUE)
#: Ends that are all shown at once.
_FEW = 6
#: Of more ends, those that are shown first: what an administrator decides in any plan.
_LISTED: frozenset[str] = frozenset({Outcome.ACKNOWLEDGED, Outcome.OPERATOR, EXHAUSTED, NOBODY})
_SETTLED: frozenset[str] = frozenset(
    {
        Outcome.VERIFIED_OK,
        Outcome.VERIFIED_NO_AUTHORITY,
        Outcome.GOING,
        Outcome.SEND_GUARD,
        EXHAUSTED,
        NOBODY,
    }
)
_COMMON = {StepKind.COUNTER_CALL: _SETTLED, StepKind.CALL_LIST: _SETTLED}
#: In which order ends are shown: what people answer, what is found, then what the line does.
_ORDER: Mapping[str, int] = {
    end: place
    for place, end in enumerate(
        (*_ANSWERED, *(o.value for o in TaskOutcome), ELAPSED, RESTORED, EXHAUSTED, NOBODY, *_LINE)
    )
}
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
_CONTROLS = {"boolean": "flag", "array": "lines", "number": "number", "integer": "number"}


@dataclass(frozen=True, slots=True)
class NumberField:
    """What a number may be, as it is written: ``least`` to ``most``, ``whole`` or with a fraction;
    the ``usual`` one is used where none is typed."""

    least: str
    most: str
    whole: bool
    usual: str


@dataclass(frozen=True, slots=True)
class Field:
    """A setting of a step in a form. ``control`` is text, area, lines, hour, number, flag, choice
    or who; ``options`` are (value, words) of the last two."""

    name: str
    label: str
    control: str
    value: Any
    options: list[tuple[str, str]] = field(default_factory=list)
    number: NumberField | None = None


def fields(step: Step, plan: Plan, column: int) -> Iterator[Field]:
    """Each setting of a step. ``column`` 0 is French."""
    properties = step_schema(step.kind)["properties"]
    for name in ("text", *FIELDS[step.kind]):
        control = _control(step.kind, name, properties[name])
        shown = Field(
            name, plan_settings.label(step.kind, name)[column], control, getattr(step, name)
        )
        if control == "number":
            number = _number(step.kind, name, properties[name], column)
            written = "" if shown.value is None else f"{shown.value:.6f}".rstrip("0").rstrip(".")
            yield replace(shown, value=written, number=number)
        elif control == "choice":
            options = list(_options(name, str(shown.value), step, plan, column))
            yield replace(shown, options=options)
        elif control == "who":
            called = [who_value(who) for who in step.selectors]
            yield replace(shown, value=called, options=list(_who_options(step.selectors, column)))
        else:
            yield shown


def _control(kind: StepKind, name: str, schema: Mapping[str, Any]) -> str:
    if name == "who":
        return "who"
    if "enum" in schema or name == "code" or (name == "to" and kind is StepKind.GO_TO):
        return "choice"
    of = schema["type"]
    of = of[0] if isinstance(of, list) else of
    return _CONTROLS.get(of, {"text": "area", "until": "hour"}.get(name, "text"))


def _number(kind: StepKind, name: str, schema: Mapping[str, Any], column: int) -> NumberField:
    usual = f"{LIMITS[kind]:g}" if name == "limit_s" and kind in LIMITS else ""
    if name == "ring_s":
        usual = plan_settings.AS_STATION[column]
    return NumberField(
        least=f"{schema['minimum']:g}",
        most=f"{schema['maximum']:g}",
        whole=schema["type"] == "integer",
        usual=usual,
    )


def _options(
    name: str, value: str, step: Step, plan: Plan, column: int
) -> Iterator[tuple[str, str]]:
    """(value, words) of what may be chosen; what is there stays, whatever it is."""
    if name == "to":
        before = plan.steps[: plan.steps.index(step)]
        known = {each.id: f"{place}. {each.id}" for place, each in enumerate(before, 1)}
    elif name == "code":
        known = {code: pair[column] for code, pair in RESOLUTIONS.items()}
    else:
        known = {choice: pair[column] for choice, pair in plan_settings.CHOICES[name].items()}
    if value not in known:
        yield value, value or plan_settings.CHOOSE[column]
    yield from known.items()


def who_value(who: Who) -> str:
    """``role:keyholder``, as a form has it."""
    ((name, value),) = who.to_json().items()
    return f"{name}:{value}"


def _who_options(there: tuple[Who, ...], column: int) -> Iterator[tuple[str, str]]:
    """Parts played for a site and authorities; a person only where one is named already."""
    for role in Role:
        yield f"role:{role}", plan_words.ROLES[role][column]
    for authority in Authority:
        yield f"authority:{authority}", plan_words.AUTHORITIES[authority][column]
    for who in there:
        if who.contact is not None:
            yield who_value(who), who.contact


@dataclass(frozen=True, slots=True)
class End:
    """An end of a step in a form: where it leads, may lead, and what becomes of it ``unsaid``.
    ``common``: to be shown though it leads nowhere yet."""

    outcome: str
    words: str
    target: str
    options: list[tuple[str, str]]
    unsaid: str
    common: bool


def ends(step: Step, plan: Plan, column: int) -> list[End]:
    """Each end of a step, the usual ones first.

    An outcome leads further down; a target that stands elsewhere by now is kept, to be seen.
    """
    places = {each.id: place for place, each in enumerate(plan.steps, 1)}
    later = plan.steps[places[step.id] :]
    steps = [(each.id, target_words(each.id, places, column)) for each in later]
    rows = []
    for outcome in _in_order(step):
        target = step.outcomes.get(outcome, "")
        on = [(CONTINUE, plan_words.GOES_ON[column])]
        options = [*(on if step.kind in CALLING and outcome not in _NOT_ON else []), *steps]
        if target and target not in dict(options):
            options.append((target, target_words(target, places, column)))
        rows.append(
            End(
                outcome=str(outcome),
                words=end_words(step, outcome, column),
                target=target,
                options=options,
                unsaid=_unsaid(step, outcome, column),
                common=_common(step, outcome),
            )
        )
    return rows


def _in_order(step: Step) -> list[str]:
    """The ends of a step as they are shown; answers that a question doesn't have are none."""
    known = set(step.outcomes) | ENDS[step.kind] - set(ANSWERS[len(step.answers) :])
    return sorted(known, key=lambda end: (_ORDER.get(end, len(_ORDER)), end))


def _unsaid(step: Step, outcome: str, column: int) -> str:
    """What becomes of an end for which nothing is chosen."""
    others = {end: to for end, to in step.outcomes.items() if end != outcome}
    target = replace(step, outcomes=others).target(outcome)
    if target == CONTINUE:
        return plan_words.UNSAID_NEXT[column]
    if target is not None or (outcome == NOBODY and step.kind in CALLING):
        return plan_words.UNSAID_AS[column]
    said = plan_words.UNSAID_KEPT if step.kind in BY_OPERATOR else plan_words.UNSAID_OPERATOR
    return said[column]


def _common(step: Step, outcome: str) -> bool:
    few = len(ENDS[step.kind]) <= _FEW
    return few or outcome in ANSWERS or outcome in _COMMON.get(step.kind, _LISTED)


# --- what was typed -----------------------------------------------------------------------------


def read_step(form: Form, before: Step) -> Body:
    """The step as the form has it, of the kind that it had; a field that was not sent stays as it
    was. Raises ProblemError."""
    properties = step_schema(before.kind)["properties"]
    named = _line(form, "id").strip()
    body: Body = {**step_to_json(before), "id": named if named == before.id else as_name(named)}
    for name in ("text", *FIELDS[before.kind]):
        control = _control(before.kind, name, properties[name])
        if control != "flag" and (f"{name}_0" if name == "who" else name) not in form:
            continue
        if name == "who":
            said_who = list(_who(form))
            usual = not before.who and said_who == [each.to_json() for each in before.selectors]
            body[name] = [] if usual else said_who
        elif control == "number":
            body.pop(name, None)
            value = _figure(form, name)
            if value is not None:
                body[name] = value
        elif control == "flag":
            body[name] = bool(form.get(name))
        elif control == "lines":
            lines = _line(form, name).split("\n")
            body[name] = [line.strip() for line in lines if line.strip()]
        else:
            body[name] = _line(form, name)
    if ENDS[before.kind]:
        new = sorted(ENDS[before.kind] - set(before.outcomes), key=_ORDER.__getitem__)
        listed = (*before.outcomes, *new)
        targets = {str(end): _line(form, f"end_{end}") for end in listed}
        body["outcomes"] = {end: target for end, target in targets.items() if target}
    return body


def read_plan(form: Form, plan_id: str, body: Body) -> Body:
    """The plan with what its own form says; a field that was not sent stays as it was. Raises
    ProblemError."""
    read = {**body, "name": _line(form, "name").strip() or plan_id}
    if "normal_minutes" not in form:
        return read
    minutes = _figure(form, "normal_minutes")
    least, most = (bound // 60 for bound in NORMAL_BOUNDS)
    if minutes is not None and not least <= minutes <= most:
        raise ProblemError(422, "write a number of minutes, a week at most", field="normal_minutes")
    read.pop("normal_s", None)
    return read if minutes is None else {**read, "normal_s": minutes * 60}


def _line(form: Form, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").replace("\0", "")[:_MOST]


def _figure(form: Form, name: str) -> float | int | None:
    said = form.get(name, "").strip().replace(",", ".")
    if not said:
        return None
    if not _NUMBER.fullmatch(said):
        raise ProblemError(422, "write a number", field=name)
    return float(said) if "." in said else int(said)


def _who(form: Form) -> Iterator[dict[str, str]]:
    for place in range(MOST_WHO):
        name, colon, value = form.get(f"who_{place}", "").partition(":")
        if colon:
            yield {name: value}


# --- the steps in their order ---------------------------------------------------------------------


def added(body: Body, kind: StepKind, step_id: str, place: int, column: int = 1) -> Body:
    """A new step before the one at ``place`` (from 1), or at the end; named in the language of
    ``column`` where it is given no name.

    What went on from the step before it to the one behind it goes through it then, so that steps
    that are added one after the other are done one after the other.
    """
    taken = {step["id"] for step in body["steps"]}
    own = plan_words.STEP_NAMES[kind][column]
    named = as_name(step_id) or next(n for n in _names(own) if n not in taken)
    at = min(max(place - 1, 0), len(body["steps"]))
    before, behind = body["steps"][:at], body["steps"][at:]
    goes_to = behind[0]["id"] if behind and not before else ""
    if before:
        before, goes_to = _led_to(before, named, behind[0]["id"] if behind else "")
    end = GOES_ON.get(kind)
    outcomes = {str(end): goes_to} if end and goes_to else {}
    step = step_to_json(Step(id=named, kind=kind, outcomes=outcomes))
    return {**body, "steps": [*before, step, *behind]}


def as_name(typed: str) -> str:
    """What was typed as a step may be named: without accents, hyphens for blanks; as it is where
    nothing of it is left."""
    letters = unicodedata.normalize("NFKD", typed)
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    return _NO_NAME.sub("-", plain).strip("-") or typed


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


def _names(named: str) -> Iterator[str]:
    yield named
    number = 2
    while True:
        yield f"{named}-{number}"
        number += 1


def usual_place(body: Body) -> int:
    """Where a new step usually goes (from 1): before the operator and the closures at the end."""
    at = len(body["steps"])
    while at and body["steps"][at - 1]["kind"] in _LAST:
        at -= 1
    return at + 1


def written(body: Body, place: int, step: Body) -> Body:
    """The step at ``place`` (from 1) as ``step``; what led to it leads there by its new name."""
    old, new = body["steps"][place - 1]["id"], step["id"]
    steps = [step if n == place else each for n, each in enumerate(body["steps"], 1)]
    if old != new and new:
        steps = [_renamed(each, old, new) for each in steps]
    return {**body, "steps": steps}


def _renamed(step: Body, old: str, new: str) -> Body:
    ends = {end: new if to == old else to for end, to in step.get("outcomes", {}).items()}
    changed = {**step, "outcomes": ends} if "outcomes" in step else dict(step)
    if step["kind"] == StepKind.GO_TO and step.get("to") == old:
        changed["to"] = new
    return changed


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
