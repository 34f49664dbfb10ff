"""The page on which a plan's draft is written: its steps, its picture, the form of one of them, and
its run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Response

from callflow.core.plans import call_plan, check
from callflow.core.plans.call_plan import Finding, Plan, PlanError, StepKind
from callflow.core.plans.picture.words import step_title
from callflow.core.plans.version import Draft
from callflow.core.signals.signal import Kind
from callflow.handling.base.policy import load_policy
from callflow.storage import Tx
from callflow.storage.plans import plans as rows
from callflow.storage.sites import sites
from callflow.texts import RESOLUTIONS
from callflow.texts.plans import plan_settings
from web.access.sessions import Visitor
from web.kit import forms, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong
from web.kit.rendering import page
from web.pages.plans import ends as plan_ends
from web.pages.plans import forms as plan_forms
from web.pages.plans import simulation, steps, views
from web.pages.plans.plan import Shown, around
from web.station import Station

Body = dict[str, Any]

CHANGED = (
    "somebody else changed this plan meanwhile and yours is not saved: both versions stand below;"
    " do again what you still want"
)
#: Settings that say who has to do with a step, or by which way; the others say how.
_WHO = frozenset({"who", "mode", "stop", "valid", "service", "channel", "to"})


@dataclass(frozen=True, slots=True)
class Work:
    """What is being written: the draft, or the newest version where there is none yet."""

    body: Body
    draft: Draft | None
    newest: int

    @property
    def as_of(self) -> str:
        """Another after each change, by whomever."""
        return self.draft.revision if self.draft else f"v{self.newest}"

    @property
    def based_on(self) -> int:
        return self.draft.based_on if self.draft else self.newest


def working(tx: Tx, plan_id: str) -> Work:
    """Raises ProblemError where there is no such plan."""
    newest, draft = sites.plan_body(tx, plan_id), rows.draft(tx, plan_id)
    body = draft.body if draft else newest
    if body is None:
        raise not_found("plan")
    return Work(body, draft, int(newest["version"]) if newest else 0)


async def editor(
    station: Station,
    visitor: Visitor,
    plan_id: str,
    *,
    place: int = 1,
    add: int = 0,
    did: str = "",
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
    found: Sequence[Finding] | None = None,
    change: Callable[[Body], Body] | None = None,
) -> Response:
    """The page. ``found`` is what was found at the plan's sites too; ``change`` what somebody would
    have made of the plan, had nobody else changed it."""
    now, language = station.clock(), visitor.language
    conflict = isinstance(wrong, ProblemError) and wrong.detail == CHANGED
    sent = typed or {}

    def read(tx: Tx) -> dict[str, Any]:
        work = working(tx, plan_id)
        plan = call_plan.from_json(work.body)
        seen = check.check(plan, now=now) if found is None else found
        of = Shown(plan, "draft" if work.draft else str(work.newest), work.newest, work.draft)
        mine = _mine(work.body, change) if conflict else None
        shown = mine or plan
        listed = views.steps(plan, seen, language)
        here = opened(shown, _named(shown, place, sent), sent if wrong else None, language)
        return {
            **around(tx, station, visitor, of, "edit"),
            "as_of": work.as_of,
            "based_on": work.based_on,
            "steps": listed,
            "faulty": next(
                (s.place for s in listed if any(f.level == "error" for f in s.findings)), 0
            ),
            "general": views.findings([f for f in seen if not f.step], language, plan),
            "names": sites.names_of(tx, {f.site for f in seen if f.site}),
            "normal_minutes": load_policy(tx).back_to_normal / 60,
            "grave": len(check.errors(seen)),
            "count": len(seen),
            "add_at": min(add, len(plan.steps) + 1) or steps.usual_place(work.body),
            "open": here,
            "picture": views.picture_beside(plan, language, here.id if here else ""),
            "run": simulation.tried(tx, plan, sent, now, language),
            "compared": views.side_by_side(plan, mine, language) if mine else None,
        }

    values = await station.store.read(read)
    values |= {
        **refusals.said(wrong, language),
        "typed": refusals.typed_again(typed) if wrong else {},
        "adding": bool(add),
        "did": did,
        "kinds": [(kind.value, views.does(kind, language)) for kind in StepKind],
        "codes": [(code, pair[views.column_of(language)]) for code, pair in RESOLUTIONS.items()],
        "alarms": [kind.value for kind in Kind],
    }
    return page(visitor.language, "plans/plan_edit.html", values, refusals.status_of(wrong))


def _mine(body: Body, change: Callable[[Body], Body] | None) -> Plan | None:
    """What would have become of the plan as it is now; None where that makes no sense any more."""
    if change is None:
        return None
    try:
        return call_plan.from_json(change(body))
    except (PlanError, ProblemError):
        return None


def _named(plan: Plan, place: int, typed: forms.Form) -> int:
    """Where the step that was written stands by now; else ``place``, or the nearest there is."""
    known = {step.id: n for n, step in enumerate(plan.steps, 1)}
    return known.get(typed.get("step", ""), min(max(place, 1), len(plan.steps)))


@dataclass(frozen=True, slots=True)
class StepForm:
    """A step's form: who has to do with it, how it is done, and what follows its ends, in groups.
    ``title`` is what it is called where it has no name of its own."""

    place: int
    id: str
    does: str
    name: str
    title: str
    who: list[plan_forms.Field]
    how: list[plan_forms.Field]
    groups: list[plan_ends.Group]

    @property
    def fields(self) -> list[plan_forms.Field]:
        """Every setting."""
        return [*self.who, *self.how]


def opened(plan: Plan, place: int, typed: forms.Form | None, language: str) -> StepForm | None:
    """The form of the step at ``place``, with what was ``typed`` where it was refused."""
    if not 1 <= place <= len(plan.steps):
        return None
    step, column = plan.steps[place - 1], views.column_of(language)
    name, fields = step.name, list(plan_forms.fields(step, plan, column))
    ends = plan_ends.ends(step, plan, column)
    if typed is not None and "step" in typed:
        name = typed.get("name", name)
        fields = [replace(each, value=_as_typed(each, typed)) for each in fields]
        ends = [replace(end, target=typed.get(f"end_{end.outcome}", "")) for end in ends]
    return StepForm(
        place=place,
        id=step.id,
        does=plan_settings.DOES[step.kind][column],
        name=name,
        title=step_title(replace(step, name=""), column),
        who=[each for each in fields if each.name in _WHO],
        how=[each for each in fields if each.name not in _WHO],
        groups=plan_ends.groups(ends, column),
    )


def _as_typed(of: plan_forms.Field, typed: forms.Form) -> Any:
    """The field's value."""
    match of.control:
        case "who":
            named = (typed.get(f"who_{n}", "") for n in range(plan_forms.MOST_WHO))
            return [each for each in named if each]
        case "flag":
            return bool(typed.get(of.name))
        case "lines":
            return typed.get(of.name, "").splitlines()
    return typed.get(of.name, "")
