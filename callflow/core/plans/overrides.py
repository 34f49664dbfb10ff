"""What one of the sites that share a plan has otherwise: its own settings of steps.

Pure. As JSON, of one plan: ``{"keyholders": {"attempts": 3, "text": "…"}}``, by step and setting.
Which steps there are, and where their outcomes lead, stays the plan's.
"""

from collections.abc import Mapping
from typing import Any

from callflow.core.plans.call_plan import (
    FIELDS,
    Plan,
    PlanError,
    Step,
    StepKind,
    from_json,
    problems,
    to_json,
)
from callflow.core.plans.call_plan.plan import setting_to_json

#: {step: {setting: value as it is written in a plan}}
Own = Mapping[str, Mapping[str, Any]]


def settable(kind: StepKind) -> tuple[str, ...]:
    """The settings of a step that a site may have otherwise."""
    return () if kind is StepKind.GO_TO else ("text", *FIELDS[kind])


def applied(plan: Plan, own: Own) -> Plan:
    """``plan`` with a site's own settings, as far as they fit; as it is where it would be unusable
    with them: a template that changed must not keep a site from being called."""
    if not own:
        return plan
    found = _with(plan, own)
    return plan if found is None else found


def lost(plan: Plan, own: Own) -> list[str]:
    """What doesn't fit any more, as ``step.setting``; every one where the plan is unusable with
    them."""
    steps = {step.id: step for step in plan.steps}
    gone = [
        f"{step}.{name}"
        for step, settings in own.items()
        for name in settings
        if step not in steps or name not in settable(steps[step].kind)
    ]
    if gone or not own or _with(plan, own) is not None:
        return gone
    return [f"{step}.{name}" for step, settings in own.items() for name in settings]


def differing(template: Step, step: Step) -> dict[str, Any]:
    """What ``step`` has otherwise than the plan's, as it is kept."""
    return {
        name: setting_to_json(getattr(step, name))
        for name in settable(template.kind)
        if getattr(step, name) != getattr(template, name)
    }


def merged(plan: Plan, own: Own) -> Plan:
    """``plan`` with those of the settings that its steps have, usable or not. Raises PlanError."""
    body = to_json(plan)
    body["steps"] = [
        {
            **step,
            **{
                name: value
                for name, value in own.get(step["id"], {}).items()
                if name in settable(StepKind(step["kind"]))
            },
        }
        for step in body["steps"]
    ]
    return from_json(body)


def _with(plan: Plan, own: Own) -> Plan | None:
    try:
        found = merged(plan, own)
    except PlanError:
        return None
    return found if next(problems(found), None) is None else None
