"""A plan's draft: its steps written, ordered, added and removed; published or thrown away.

Each form changes the draft as it is read now, or begins one from the newest version. Who comes
second is refused and shown both: what stands now, and what they would have made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.plans import call_plan, check
from callflow.core.plans.call_plan import Finding, Plan, PlanError, StepKind
from callflow.core.plans.version import Draft
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Changed
from callflow.handling.plans import plans
from callflow.storage import Tx
from callflow.storage.plans import plans as rows
from callflow.storage.sites import sites
from callflow.texts.plans import plan_settings
from web.access.sessions import Configurer, Visitor
from web.kit import forms, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.plans import forms as plan_forms
from web.pages.plans import views
from web.pages.plans.plan import Shown, around
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

Body = dict[str, Any]

ACTS = ("save", "up", "down", "remove")
_CHANGED = (
    "somebody else changed this plan meanwhile and yours is not saved: both versions stand below;"
    " do again what you still want"
)


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


def _unchanged(tx: Tx, plan_id: str, form: forms.Form) -> Work:
    """What is being written, which is as the form's page showed it. Raises a problem."""
    work = working(tx, plan_id)
    if form.get("as_of") != work.as_of:
        raise ProblemError(409, _CHANGED)
    return work


@router.get("/plans/{plan_id}/edit")
async def show(
    plan_id: str,
    visitor: Configurer,
    station: Here,
    step: Annotated[int, Query(ge=0, le=1000)] = 0,
    at: Annotated[int, Query(ge=0, le=1000)] = 0,
    did: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The draft's steps; the form of the one at the place ``step``. ``did`` is what was done to the
    one ``at`` a place: whoever works by keys goes on from there."""
    if await station.store.read(lambda tx: bool(rows.withdrawals(tx, [plan_id]))):
        return RedirectResponse(_home(plan_id), 303)  # there it is said, and it may be brought back
    return await _forms(station, visitor, plan_id, place=step, done=(at, did))


@router.post("/plans/{plan_id}/edit")
async def of_the_plan(
    plan_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """What the plan is called, and how long a treated site has to be back to normal."""
    form = await forms.sent(request)
    return await _change(
        station, visitor, plan_id, form, lambda body: plan_forms.read_plan(form, plan_id, body)
    )


@router.post("/plans/{plan_id}/edit/steps")
async def add(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """A new step; its form is open then."""
    form = await forms.sent(request)
    before = _whole(form, "before")

    def changed(body: Body) -> Body:
        kind = forms.one_of(StepKind, form, "kind")
        column = views.column_of(visitor.language)
        return plan_forms.added(body, kind, forms.line(form, "id").strip(), before, column)

    then = f"?step={before}#step-{before}"
    return await _change(station, visitor, plan_id, form, changed, opened=before, then=then)


@router.post("/plans/{plan_id}/edit/steps/{place}/{act}")
async def act_on_step(
    plan_id: str, place: str, act: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """``save`` what its form has, move it ``up`` or ``down``, or ``remove`` it."""
    if act not in ACTS:
        raise not_found("act")
    form = await forms.sent(request)

    def changed(body: Body) -> Body:
        at = _place(body, form)
        if act == "remove":
            return plan_forms.removed(body, at)
        if act != "save":
            return plan_forms.moved(body, at, -1 if act == "up" else 1)
        before = call_plan.from_json(body).steps[at - 1]
        return plan_forms.written(body, at, plan_forms.read_step(form, before))

    here = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else 0
    opened = here if act == "save" else 0
    now_at = max(1, here + {"up": -1, "down": 1}.get(act, 0))
    then = f"?at={now_at}&did={act}"
    return await _change(station, visitor, plan_id, form, changed, opened=opened, then=then)


@router.post("/plans/{plan_id}/edit/order")
async def order(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """The steps in another order: ``order`` has their places, such as "3,1,2"."""
    form = await forms.sent(request)
    return await _change(
        station,
        visitor,
        plan_id,
        form,
        lambda body: plan_forms.ordered(body, forms.line(form, "order")),
        then=f"?at={_whole(form, 'at')}&did=order",
    )


@router.post("/plans/{plan_id}/edit/rebase")
async def rebase(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """The draft goes on from the newest version: who saves it has compared them."""
    form = await forms.sent(request)
    return await _change(station, visitor, plan_id, form, lambda body: body, on_newest=True)


@router.post("/plans/{plan_id}/edit/drop")
async def drop(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """Throws the draft away."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> int:
        work = _unchanged(tx, plan_id, form)
        plans.drop_draft(tx, plan_id, form.get("as_of", ""), visitor.name, now)
        return work.newest

    left = await tried(station, run)
    if not isinstance(left, int):
        return await _forms(station, visitor, plan_id, wrong=_worded(left), typed=form)
    return RedirectResponse(_home(plan_id) if left else "/plans", 303)


@router.post("/plans/{plan_id}/edit/publish")
async def publish(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """Makes the draft the next version, or says what keeps it from being one."""
    form = await forms.sent(request)
    now, as_of = station.clock(), form.get("as_of", "")

    def read(tx: Tx) -> list[Finding]:
        return [] if working(tx, plan_id).draft is None else plans.validate_draft(tx, plan_id, now)

    found = await station.store.read(read)  # before the transaction: thousands of sites take long

    def run(tx: Tx) -> None:
        work = _unchanged(tx, plan_id, form)
        if work.draft is not None and work.based_on != work.newest:
            raise ProblemError(409, _LATER)
        why, accepted = forms.line(form, "why"), forms.line(form, "accept")
        plans.publish_draft(
            tx, plan_id, as_of, found, visitor.name, now, why=why, accept_warnings=accepted
        )

    wrong = await tried(station, run)
    if wrong is not None:
        said = _worded(wrong)
        return await _forms(station, visitor, plan_id, wrong=said, typed=form, found=found)
    return RedirectResponse(_home(plan_id), 303)


_LATER = "another version was published meanwhile: compare it with this draft, then go on from it"


def _worded(wrong: Wrong) -> Wrong:
    """What ``handling`` refuses, in words that have a translation."""
    if isinstance(wrong, Changed):
        return ProblemError(409, _CHANGED)
    if isinstance(wrong, plans.Faulty):
        if check.errors(wrong.findings):
            return ProblemError(422, "it can't be published: its errors stand below")
        return ProblemError(422, "accept its warnings with a reason, or mend them", field="accept")
    return wrong


def _home(plan_id: str) -> str:
    return f"/plans/{quote(plan_id, safe='')}"


def _whole(form: forms.Form, name: str) -> int:
    said = form.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else 0


def _place(body: Body, form: forms.Form) -> int:
    """Where the step is that a form is about, from 1. Raises ProblemError where it is gone."""
    known = [step["id"] for step in body["steps"]]
    place = _whole(form, "place")
    if 1 <= place <= len(known) and known[place - 1] == form.get("step"):
        return place
    if form.get("step") not in known:
        raise ProblemError(409, "somebody removed this step meanwhile")
    return known.index(form["step"]) + 1


async def _change(
    station: Station,
    visitor: Visitor,
    plan_id: str,
    form: forms.Form,
    change: Callable[[Body], Body],
    *,
    opened: int = 0,
    then: str = "",
    on_newest: bool = False,
) -> Response:
    """Save the draft as ``change`` makes it, and show it where ``then`` says; say why not, with
    what was typed, where it's wrong."""
    now = station.clock()

    def run(tx: Tx) -> None:
        work = _unchanged(tx, plan_id, form)
        revision = work.draft.revision if work.draft else None
        based_on = work.newest if on_newest else work.based_on
        try:
            plans.save_draft(
                tx, change(work.body), visitor.name, now, revision=revision, based_on=based_on
            )
        except PlanError as error:
            raise ProblemError(422, str(error), field=error.field.split(".")[-1]) from error

    wrong = await tried(station, run)
    if wrong is not None:
        said = _worded(wrong)
        return await _forms(
            station,
            visitor,
            plan_id,
            place=opened,
            wrong=said,
            typed=form,
            change=change,
        )
    return RedirectResponse(f"{_home(plan_id)}/edit{then}", 303)


async def _forms(
    station: Station,
    visitor: Visitor,
    plan_id: str,
    *,
    place: int = 0,
    done: tuple[int, str] = (0, ""),
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
    found: Sequence[Finding] | None = None,
    change: Callable[[Body], Body] | None = None,
) -> Response:
    """The page. ``found`` is what was found at the plan's sites too; ``change`` what somebody would
    have made of the plan, had nobody else changed it."""
    now, language = station.clock(), visitor.language
    conflict = isinstance(wrong, ProblemError) and wrong.detail == _CHANGED

    def read(tx: Tx) -> dict[str, Any]:
        work = working(tx, plan_id)
        plan = call_plan.from_json(work.body)
        seen = check.check(plan, now=now) if found is None else found
        of = Shown(plan, "draft" if work.draft else str(work.newest), work.newest, work.draft)
        mine = _mine(work.body, change) if conflict else None
        shown = mine or plan
        return {
            **around(tx, station, visitor, of, "edit"),
            "as_of": work.as_of,
            "based_on": work.based_on,
            "steps": views.steps(plan, seen, language),
            "general": views.findings([f for f in seen if not f.step], language, plan),
            "names": sites.names_of(tx, {f.site for f in seen if f.site}),
            "normal_minutes": load_policy(tx).back_to_normal / 60,
            "grave": len(check.errors(seen)),
            "count": len(seen),
            "add_at": plan_forms.usual_place(work.body),
            "done": (min(done[0], len(plan.steps)), done[1]),
            "open": opened(shown, _named(shown, place, typed), typed, language),
            "compared": views.side_by_side(plan, mine, language) if mine else None,
        }

    values = await station.store.read(read)
    values |= {
        **refusals.said(wrong, language),
        "typed": refusals.typed_again(typed),
        "kinds": [(kind.value, views.does(kind, language)) for kind in StepKind],
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


def _named(plan: Plan, place: int, typed: forms.Form | None) -> int:
    """Where the step that was written stands by now; else ``place``."""
    if not place or typed is None or "step" not in typed:
        return place
    known = {step.id: n for n, step in enumerate(plan.steps, 1)}
    return known.get(typed["step"], known.get(typed.get("id", ""), 0))


@dataclass(frozen=True, slots=True)
class StepForm:
    """A step's form; of its ends those that are ``said`` stand first."""

    place: int
    does: str
    id: str
    fields: list[plan_forms.Field]
    said: list[plan_forms.End]
    unsaid: list[plan_forms.End]


def opened(plan: Plan, place: int, typed: forms.Form | None, language: str) -> StepForm | None:
    """The form of the step at ``place``, with what was ``typed`` where it was refused."""
    if not 1 <= place <= len(plan.steps):
        return None
    step, column = plan.steps[place - 1], views.column_of(language)
    id, fields = step.id, list(plan_forms.fields(step, plan, column))
    ends = plan_forms.ends(step, plan, column)
    if typed is not None and "step" in typed:
        id = typed.get("id", id)
        fields = [replace(each, value=_as_typed(each, typed)) for each in fields]
        ends = [replace(end, target=typed.get(f"end_{end.outcome}", "")) for end in ends]
    return StepForm(
        place=place,
        does=plan_settings.DOES[step.kind][column],
        id=id,
        fields=fields,
        said=[end for end in ends if end.target or end.common],
        unsaid=[end for end in ends if not (end.target or end.common)],
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
