"""A plan's draft: its steps written, ordered, added and removed; published or thrown away.

Each form changes the draft as it is read now, or begins one from the newest version. Who comes
second is refused and shown both: what stands now, and what they would have made of it.
"""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.plans import call_plan, check
from callflow.core.plans.call_plan import Finding, PlanError, StepKind
from callflow.handling.base.refusals import Changed
from callflow.handling.plans import plans
from callflow.storage import Tx
from callflow.storage.plans import plans as rows
from web.access.sessions import Configurer, Visitor
from web.kit import forms
from web.kit.listing import Words
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.pages.plans import forms as plan_forms
from web.pages.plans import simulation, steps, views
from web.pages.plans.editor import CHANGED, Body, Work, editor, working
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

ACTS = ("save", "up", "down", "remove")


def _unchanged(tx: Tx, plan_id: str, form: forms.Form) -> Work:
    """What is being written, which is as the form's page showed it. Raises a problem."""
    work = working(tx, plan_id)
    if form.get("as_of") != work.as_of:
        raise ProblemError(409, CHANGED)
    return work


@router.get("/plans/{plan_id}/edit")
async def show(
    plan_id: str,
    visitor: Configurer,
    station: Here,
    step: Annotated[int, Query(ge=0, le=1000)] = 1,
    add: Annotated[int, Query(ge=0, le=1000)] = 0,
    did: Annotated[str, Query(max_length=10)] = "",
    sim_site: Words = "",
    sim_kind: Words = "",
    sim_others: Words = "",
) -> Response:
    """The draft: its steps, its picture, the form of the one at the place ``step``, its run.

    ``add`` is where a step is to be added (0: where it usually is), ``did`` what was done to the
    one that is shown: whoever works by keys goes on from there.
    """
    if await station.store.read(lambda tx: bool(rows.withdrawals(tx, [plan_id]))):
        return RedirectResponse(_home(plan_id), 303)  # there it is said, and it may be brought back
    chosen = {"sim_site": sim_site, "sim_kind": sim_kind, "sim_others": sim_others}
    return await editor(station, visitor, plan_id, place=step, add=add, did=did, typed=chosen)


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
    """A new step, before the one at the place ``before`` ("": where it usually stands); its form is
    open then."""
    form = await forms.sent(request)
    placed = [_whole(form, "before")]

    def changed(body: Body) -> Body:
        kind = forms.one_of(StepKind, form, "kind")
        placed[0] = placed[0] or steps.usual_place(body, kind)
        return steps.added(body, kind, placed[0], views.column_of(visitor.language))

    def then() -> tuple[int, str]:
        return placed[0], "add"

    return await _change(station, visitor, plan_id, form, changed, then=then)


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
            return steps.removed(body, at)
        if act != "save":
            return steps.moved(body, at, -1 if act == "up" else 1)
        before = call_plan.from_json(body).steps[at - 1]
        column = views.column_of(visitor.language)
        return steps.written(body, at, plan_forms.read_step(form, before), column)

    here = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else 1
    now_at = max(1, here + {"up": -1, "down": 1}.get(act, 0))
    return await _change(
        station, visitor, plan_id, form, changed, opened=here, then=lambda: (now_at, act)
    )


@router.post("/plans/{plan_id}/edit/order")
async def order(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """The steps in another order: ``order`` has their places, such as "3,1,2"."""
    form = await forms.sent(request)
    return await _change(
        station,
        visitor,
        plan_id,
        form,
        lambda body: steps.ordered(body, forms.line(form, "order")),
        then=lambda: (_whole(form, "at"), "order"),
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
        return await editor(station, visitor, plan_id, wrong=_worded(left), typed=form)
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
        place = _whole(form, "here")
        return await editor(
            station, visitor, plan_id, place=place, wrong=said, typed=form, found=found
        )
    return RedirectResponse(_home(plan_id), 303)


_LATER = "another version was published meanwhile: compare it with this draft, then go on from it"


def _worded(wrong: Wrong) -> Wrong:
    """What ``handling`` refuses, in words that have a translation."""
    if isinstance(wrong, Changed):
        return ProblemError(409, CHANGED)
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
    then: Callable[[], tuple[int, str]] | None = None,
    on_newest: bool = False,
) -> Response:
    """Save the draft as ``change`` makes it, and show the step whose place ``then`` gives, with
    what was done to it; say why not, with what was typed and the step that is ``opened``, where
    it's wrong. By default both are the one that is shown."""
    now, here = station.clock(), opened or _whole(form, "here") or 1

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
        return await editor(
            station, visitor, plan_id, place=here, wrong=said, typed=form, change=change
        )
    place, did = then() if then else (here, "")
    asked = {"step": str(place), "did": did, **{n: form.get(n, "") for n in simulation.FIELDS}}
    query = urlencode({name: value for name, value in asked.items() if value})
    return RedirectResponse(f"{_home(plan_id)}/edit?{query}", 303)
