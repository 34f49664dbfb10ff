"""The form of a plan's step, made from the vocabulary: a new kind of step needs no form of its own.

What a field is comes from the schema of the step's kind (``call_plan.schema``), what it is called
from ``texts.plan_settings``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from callflow.core.calls.on_call import Who
from callflow.core.plans.call_plan import ENDS, FIELDS, Plan, Step, StepKind, step_to_json
from callflow.core.plans.call_plan.schema import step_schema
from callflow.core.plans.call_plan.vocabulary import LIMITS, NORMAL_BOUNDS
from callflow.core.plans.picture.words import titles
from callflow.core.sites.site import Authority, Role
from callflow.texts import RESOLUTIONS
from callflow.texts.plans import plan_settings, plan_words
from web.kit.forms import Form
from web.kit.problems import ProblemError
from web.pages.plans.ends import ORDER

Body = dict[str, Any]

#: Whom a step may call: so many ways to say it.
MOST_WHO = 20
#: Characters of a field; what is too long for a plan is said beside its step.
_MOST = 5000
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
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
        named = titles(plan, column)
        known = {each.id: named[each.id] for each in plan.steps[: plan.steps.index(step)]}
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


# --- what was typed -----------------------------------------------------------------------------


def read_step(form: Form, before: Step) -> Body:
    """The step as the form has it, of the kind and id that it had; a field that was not sent stays
    as it was. Raises ProblemError."""
    properties = step_schema(before.kind)["properties"]
    body: Body = step_to_json(before)
    if "name" in form:
        body["name"] = " ".join(_line(form, "name").split())
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
        new = sorted(ENDS[before.kind] - set(before.outcomes), key=ORDER.__getitem__)
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
