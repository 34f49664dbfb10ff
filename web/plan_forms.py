"""The form of a plan's step, made from the vocabulary: a new kind of step needs no form of its own.

What a field is comes from the schema of the step's kind (``call_plan.schema``), what it is called
from ``texts.plan_settings``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from callflow.call import ANSWERS
from callflow.call_plan import (
    CALLING,
    CONTINUE,
    ENDS,
    EXHAUSTED,
    FIELDS,
    NOBODY,
    OVERDUE,
    Plan,
    Step,
    StepKind,
    step_to_json,
)
from callflow.call_plan.schema import step_schema
from callflow.call_plan.vocabulary import LIMITS
from callflow.on_call import Who
from callflow.plan_picture.words import end_words
from callflow.site import Authority, Role
from callflow.texts import RESOLUTIONS
from callflow.texts import plan_settings as settings
from callflow.texts import plan_words as words
from web.pages.forms import Form
from web.plan_views import target_words
from web.problems import ProblemError

Row = dict[str, Any]
Body = dict[str, Any]

#: Whom a step may call: so many ways to say it.
MOST_WHO = 20
#: Characters of a field; what is too long for a plan is said beside its step.
_MOST = 5000
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
#: Ends after which no list goes on.
_NOT_ON = frozenset({EXHAUSTED, NOBODY, OVERDUE})
#: Ends that are all shown at once.
_FEW = 6
_CONTROLS = {"boolean": "flag", "array": "lines", "number": "number", "integer": "number"}


def fields(step: Step, plan: Plan, column: int) -> Iterator[Row]:
    """Each setting of a step: ``name, label, control, value``, and what the control needs.

    ``control`` is text, area, lines, hour, number, flag, choice or who. ``column`` 0 is French.
    """
    properties = step_schema(step.kind)["properties"]
    for name in ("text", *FIELDS[step.kind]):
        control = _control(step.kind, name, properties[name])
        value = getattr(step, name)
        row: Row = {
            "name": name,
            "label": settings.SETTINGS[name][column],
            "control": control,
            "value": value,
        }
        if control == "number":
            row |= _number(step.kind, name, value, properties[name])
        elif control == "choice":
            row["options"] = list(_options(name, str(value), plan, column))
        elif control == "who":
            row["value"] = [who_value(who) for who in step.selectors]
            row["options"] = list(_who_options(step.selectors, column))
        yield row


def _control(kind: StepKind, name: str, schema: Mapping[str, Any]) -> str:
    if name == "who":
        return "who"
    if "enum" in schema or name == "code" or (name == "to" and kind is StepKind.GO_TO):
        return "choice"
    of = schema["type"]
    of = of[0] if isinstance(of, list) else of
    return _CONTROLS.get(of, {"text": "area", "until": "hour"}.get(name, "text"))


def _number(kind: StepKind, name: str, value: float | None, schema: Mapping[str, Any]) -> Row:
    usual = LIMITS.get(kind) if name == "limit_s" else None
    return {
        "value": "" if value is None else f"{value:.6f}".rstrip("0").rstrip("."),
        "least": f"{schema['minimum']:g}",
        "most": f"{schema['maximum']:g}",
        "whole": schema["type"] == "integer",
        "usual": "" if usual is None else f"{usual:g}",
    }


def _options(name: str, value: str, plan: Plan, column: int) -> Iterator[tuple[str, str]]:
    """(value, words) of what may be chosen; what is there stays, whatever it is."""
    if name == "to":
        known = {step.id: f"{place}. {step.id}" for place, step in enumerate(plan.steps, 1)}
    elif name == "code":
        known = {code: pair[column] for code, pair in RESOLUTIONS.items()}
    else:
        known = {choice: pair[column] for choice, pair in settings.CHOICES[name].items()}
    if value not in known:
        yield value, value
    yield from known.items()


def who_value(who: Who) -> str:
    """``role:keyholder``, as a form has it."""
    ((name, value),) = who.to_json().items()
    return f"{name}:{value}"


def _who_options(there: tuple[Who, ...], column: int) -> Iterator[tuple[str, str]]:
    """Parts played for a site and authorities; a person only where one is named already."""
    for role in Role:
        yield f"role:{role}", words.ROLES[role][column]
    for authority in Authority:
        yield f"authority:{authority}", words.AUTHORITIES[authority][column]
    for who in there:
        if who.contact is not None:
            yield who_value(who), who.contact


def ends(step: Step, plan: Plan, column: int) -> list[Row]:
    """Each end of a step: ``outcome, words, target, options``, and whether it is ``common``: to be
    shown though it leads nowhere yet. Those that lead somewhere come first."""
    places = {each.id: place for place, each in enumerate(plan.steps, 1)}
    steps = [(each, target_words(each, places, column)) for each in places if each != step.id]
    rows = []
    for outcome in (*step.outcomes, *sorted(ENDS[step.kind] - set(step.outcomes))):
        target = step.outcomes.get(outcome, "")
        on = [(CONTINUE, words.GOES_ON[column])]
        options = [*(on if step.kind in CALLING and outcome not in _NOT_ON else []), *steps]
        if target and target not in dict(options):
            options.append((target, target))
        rows.append(
            {
                "outcome": str(outcome),
                "words": end_words(step, outcome, column),
                "target": target,
                "options": options,
                "common": _common(step, outcome),
            }
        )
    return rows


def _common(step: Step, outcome: str) -> bool:
    if outcome in ANSWERS:
        return ANSWERS.index(outcome) < len(step.answers)
    return outcome == EXHAUSTED or len(ENDS[step.kind]) <= _FEW


# --- what was typed -----------------------------------------------------------------------------


def read_step(form: Form, before: Step) -> Body:
    """The step as the form has it, of the kind that it had; a field that was not sent stays as it
    was. Raises ProblemError."""
    properties = step_schema(before.kind)["properties"]
    body: Body = {**step_to_json(before), "id": _line(form, "id").strip()}
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
        listed = (*before.outcomes, *sorted(ENDS[before.kind] - set(before.outcomes)))
        targets = {str(end): _line(form, f"end_{end}") for end in listed}
        body["outcomes"] = {end: target for end, target in targets.items() if target}
    return body


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


def added(body: Body, kind: StepKind, step_id: str, place: int) -> Body:
    """A new step before the one at ``place`` (from 1), or at the end."""
    taken = {step["id"] for step in body["steps"]}
    named = step_id or next(n for n in _names(kind.value) if n not in taken)
    step = step_to_json(Step(id=named, kind=kind))
    at = min(max(place - 1, 0), len(body["steps"]))
    return {**body, "steps": [*body["steps"][:at], step, *body["steps"][at:]]}


def _names(kind: str) -> Iterator[str]:
    yield kind
    number = 2
    while True:
        yield f"{kind}_{number}"
        number += 1


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
