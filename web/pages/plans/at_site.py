"""A plan at one of the sites that share it: which alarms the site chose it for, and the settings of
its steps that the site has otherwise."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.plans import call_plan, overrides
from callflow.core.plans.call_plan import Plan, PlanError, Step
from callflow.handling.plans import plans, preview
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.shape import Site
from callflow.storage import Tx
from callflow.storage.sites import sites
from callflow.texts.plans import plan_settings
from web.access.sessions import Configurer, Reader, Visitor
from web.kit import forms, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.plans import forms as plan_forms
from web.pages.plans import views
from web.pages.plans.editor import opened
from web.pages.plans.plan import CHOSEN_FOR, around, shown
from web.pages.sites import saving
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


ACTS = ("save", "clear")
_HELD = "this site follows another plan for these alarms: end that on that plan's page first"


@router.get("/plans/{plan_id}/sites/{site_id}")
async def show(
    plan_id: str,
    site_id: str,
    visitor: Reader,
    station: Here,
    step: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> Response:
    """The plan as the site has it; the form of the step at the place ``step``."""
    return await _page(station, visitor, plan_id, site_id, place=step)


@router.post("/plans/{plan_id}/sites")
async def choose(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """A site is to follow the plan, for a kind or category of alarm or any security alarm."""
    form = await forms.sent(request)
    typed = forms.line(form, "site").strip()

    def find(tx: Tx) -> str:
        return preview.site_named(tx, typed)

    site_id = await tried(station, find)
    if not isinstance(site_id, str):
        raise ProblemError(404, "there is no site of this id or account")

    def changed(site: Site) -> Site:
        alarms = _chosen_for(form)
        held = site.plans.get(alarms, plan_id)
        if held != plan_id:
            raise ProblemError(409, _HELD, about=held)
        return site.changed(plans={**site.plans, alarms: plan_id})

    return await _save(station, visitor, plan_id, site_id, form, changed, anew=True)


@router.post("/plans/{plan_id}/sites/{site_id}/drop")
async def drop(
    plan_id: str, site_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """The site is to follow it for these alarms no more."""
    form = await forms.sent(request)

    def changed(site: Site) -> Site:
        gone = _chosen_for(form)
        kept = {k: p for k, p in site.plans.items() if (k, p) != (gone, plan_id)}
        return site.changed(plans=kept)

    return await _save(station, visitor, plan_id, site_id, form, changed)


@router.post("/plans/{plan_id}/sites/{site_id}/steps/{place}/{act}")
async def act_on_step(
    plan_id: str,
    site_id: str,
    place: str,
    act: str,
    request: Request,
    visitor: Configurer,
    station: Here,
) -> Response:
    """``save`` what the site has otherwise in a step, or ``clear``: as the plan has it again."""
    if act not in ACTS:
        raise not_found("act")
    form = await forms.sent(request)
    plan = await station.store.read(lambda tx: plans.get_version(tx, plan_id))
    at = next((s for s in plan.steps if s.id == form.get("step")), None)
    if at is None:
        raise ProblemError(409, "somebody removed this step meanwhile")

    def changed(site: Site) -> Site:
        own = dict(site.plan_overrides.get(plan_id, {}))
        own.pop(at.id, None)
        if act == "save":
            typed = {**form, "id": at.id}
            body = {**plan_forms.read_step(typed, at), "outcomes": dict(at.outcomes)}
            try:
                (step,) = call_plan.from_json({"id": "p", "steps": [body]}).steps
            except PlanError as error:
                raise ProblemError(422, str(error), field=error.field.split(".")[-1]) from error
            settings = overrides.differing(at, step)
            own |= {at.id: settings} if settings else {}
            _check(plan, own, visitor.language)
        others = {k: v for k, v in site.plan_overrides.items() if k != plan_id}
        return site.changed(plan_overrides={**others, plan_id: own} if own else others)

    here = plan.steps.index(at) + 1 if act == "save" else 0
    return await _save(station, visitor, plan_id, site_id, form, changed, place=here)


def _chosen_for(form: forms.Form) -> str:
    said = form.get("for", "")
    if said not in CHOSEN_FOR:
        raise ProblemError(422, "choose a kind of alarm", field="for")
    return said


def _check(plan: Plan, own: Mapping[str, Any], language: str) -> None:
    """Raises ProblemError where the plan could not be used with these settings."""
    for problem in call_plan.problems(overrides.merged(plan, own)):
        raise ProblemError(422, problem.said(language), field=problem.field.split(".")[-1])


async def _save(
    station: Station,
    visitor: Visitor,
    plan_id: str,
    site_id: str,
    form: forms.Form,
    change: Callable[[Site], Site],
    *,
    place: int = 0,
    anew: bool = False,
) -> Response:
    """Write the site as ``change`` makes it; say why not where it's wrong. ``anew``: whatever was
    changed since, which this change doesn't touch."""
    now = station.clock()

    def run(tx: Tx) -> None:
        plans.get_version(tx, plan_id)
        if anew:
            site, _ = saving.current(tx, site_id, to_change=True)
        else:
            site = saving.unchanged(tx, site_id, form)
        sites_sites.put_site(tx, station.vault, site_id, change(site), visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _page(station, visitor, plan_id, site_id, place=place, wrong=wrong, typed=form)
    at = f"/plans/{quote(plan_id, safe='')}/sites/{quote(site_id, safe='')}"
    return RedirectResponse(at, 303)


@dataclass(frozen=True, slots=True)
class Own:
    """A setting that a site has otherwise, and the plan's."""

    label: str
    here: str
    plan: str


def _differing(plan: Plan, here: Step, own: Collection[str], language: str) -> list[Own]:
    """Those of a step, of the settings named ``own``."""
    column = views.column_of(language)
    there = plan.step(here.id)
    return [
        Own(
            plan_settings.label(here.kind, name)[column],
            views.value_words(here, name, column),
            views.value_words(there, name, column),
        )
        for name in own
        if getattr(here, name, None) != getattr(there, name, None)
    ]


async def _page(
    station: Station,
    visitor: Visitor,
    plan_id: str,
    site_id: str,
    *,
    place: int = 0,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    language = visitor.language

    def read(tx: Tx) -> dict[str, Any]:
        of, row = shown(tx, plan_id), sites.get(tx, site_id)
        if row is None:
            raise not_found("site")
        own = row.plan_overrides.get(plan_id, {})
        here = overrides.applied(of.plan, own)
        return {
            **around(tx, station, visitor, of, "sites"),
            "site": row,
            "as_of": saving.current(tx, site_id)[1],
            "own": own,
            "lost": [
                views.setting_named(of.plan, where, views.column_of(language))
                for where in overrides.lost(of.plan, own)
            ],
            "differs": {
                s.id: _differing(of.plan, s, own.get(s.id, ()), language) for s in here.steps
            },
            "rows": views.side_by_side(of.plan, here, language).rows,
            "chosen": sorted(k for k, plan in row.plans.items() if plan == plan_id),
            "open": opened(here, place, typed if wrong else None, language),
            "settable": {s.id: bool(overrides.settable(s.kind)) for s in of.plan.steps},
        }

    values = await station.store.read(read)
    values |= {
        **refusals.said(wrong, language),
        "chosen_for": CHOSEN_FOR,
    }
    return page(visitor.language, "plans/plan_site.html", values, refusals.status_of(wrong))
