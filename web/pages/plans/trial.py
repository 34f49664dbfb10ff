"""A plan tried before it is in use: simulated at a site, replayed over what happened, rehearsed
with real people; and the way back to an earlier version."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.calls.call import Outcome
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import Plan
from callflow.core.signals.signal import Kind
from callflow.core.simulation import BehaviourError
from callflow.core.simulation.backtest import Course, Difference
from callflow.core.sites.site import Site
from callflow.handling.alarms import rehearsing
from callflow.handling.base.refusals import Refused
from callflow.handling.plans import backtest as plans_backtest
from callflow.handling.plans import plans, preview
from callflow.handling.plans import simulation as plans_simulation
from callflow.storage import Tx
from callflow.storage.sites import contacts
from callflow.texts import REASONS, RESOLUTIONS, word
from web.access.sessions import Configurer, Reader, Visitor
from web.api import paging
from web.kit import conflicts, forms, i18n
from web.kit.listing import Words
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, refusal, status_of, tried
from web.kit.rendering import page
from web.pages.plans.plan import Shown, around, choices, moment, shown, versions_of
from web.pages.plans.simulation import UNSOUND, outcomes, told
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


#: Whoever is not named does this: an outcome, or anything by chance.
CHANCE = "chance"
#: Contacts of a site whose answers may be chosen.
_MOST_PEOPLE = 40
_WEEK = 604_800  # seconds


# --- simulated ------------------------------------------------------------------------------


@router.get("/plans/{plan_id}/simulate")
async def simulate(plan_id: str, request: Request, visitor: Reader, station: Here) -> Response:
    """The plan run in virtual time at a site, where one is asked for."""
    asked = {name: value[:100].replace("\0", "") for name, value in request.query_params.items()}
    return await _simulated(station, visitor, plan_id, asked)


async def _simulated(
    station: Station,
    visitor: Visitor,
    plan_id: str,
    asked: forms.Form,
    wrong: Wrong | None = None,
) -> Response:
    """``wrong``: why it was not rehearsed."""
    now, language = station.clock(), visitor.language
    form = {"site": "", "kind": Kind.INTRUSION.value, "when": "now", "at": "", **asked}

    def read(tx: Tx) -> dict[str, Any]:
        of = shown(tx, plan_id, form.get("v", ""))
        values: dict[str, Any] = {
            **around(tx, station, visitor, of, "simulate"),
            **choices(tx, plan_id, now),
            "asked": {"others": Outcome.NO_ANSWER.value, "restored_s": "", **form},
            "outcomes": outcomes(of.plan),
            "people": [],
            "done": None,
            "chance": CHANCE,
            "refused": refusal(wrong, language),
        }
        if not form["site"].strip():
            return values
        try:
            site, done = _run(tx, of.plan, form, now)
        except (Refused, ProblemError) as failure:
            values["refused"] = values["refused"] or refusal(failure, language)
            return values
        people = [c for c in site.contacts if c.phone is not None][:_MOST_PEOPLE]
        return {**values, "people": people, "done": told(of.plan, done, language)}

    values = await station.store.read(read)
    status = 409 if wrong is not None else 422 if values["refused"] else 200
    return page(visitor.language, "plans/plan_simulate.html", values, status)


def _run(
    tx: Tx, plan: Plan, form: forms.Form, now: datetime
) -> tuple[Site, plans_simulation.Simulated]:
    if next(call_plan.problems(plan), None) is not None:
        raise ProblemError(422, UNSOUND)
    site_id = preview.site_named(tx, form["site"].strip())
    kind = forms.one_of(Kind, form, "kind")
    at = moment(tx, site_id, kind, form, now)
    others = form.get("others") or Outcome.NO_ANSWER.value
    chance = random.Random(form.get("seed", "")) if others == CHANCE else None
    script: dict[str, Any] = {"contacts": _answers(form)}
    if chance is None:
        script["others"] = others
    restored = form.get("restored_s", "").strip()
    if restored:
        if not (restored.isascii() and restored.isdigit() and int(restored) <= _WEEK):
            raise ProblemError(422, "write a number of seconds, a week at most")
        script["restored_s"] = int(restored)
    try:
        done = plans_simulation.simulate(tx, plan, site_id, kind, at, script=script, chance=chance)
    except BehaviourError as error:
        raise ProblemError(422, f"nobody can do that in this plan: {error}") from error
    return done.site, done


def _answers(form: forms.Form) -> dict[str, str]:
    return {
        name.removeprefix("c_"): value
        for name, value in form.items()
        if name.startswith("c_") and value
    }


# --- replayed -------------------------------------------------------------------------------


@router.get("/plans/{plan_id}/backtest")
async def backtest(
    plan_id: str,
    visitor: Reader,
    station: Here,
    v: Words = "",
    since: Words = "",
    run: Annotated[bool, Query()] = False,
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """The plan replayed over incidents that followed a version of it: what would be otherwise."""
    language = visitor.language
    begin, start = _day(since), paging.moment_of(after)

    def read(tx: Tx) -> dict[str, Any]:
        of = shown(tx, plan_id, v)
        values = {**around(tx, station, visitor, of, "backtest"), "since": since, "found": None}
        if not run:
            return values
        if next(call_plan.problems(of.plan), None) is not None:
            return {**values, "refused": i18n.catalogue(language).gettext(UNSOUND)}
        found = plans_backtest.backtest_page(tx, plan_id, of.plan, since=begin, after=start)
        return {**values, "found": found, "differences": _differences(tx, found, language)}

    def following(at: tuple[datetime, str]) -> str:
        more = {"v": v, "since": since, "run": "1", "after": paging.moment(*at)}
        query = urlencode({name: value for name, value in more.items() if value})
        return f"/plans/{quote(plan_id, safe='')}/backtest?{query}"

    values = await station.store.read(read)
    status = 422 if values["refused"] else 200
    values["following"] = following
    return page(visitor.language, "plans/plan_backtest.html", values, status)


def _day(since: str) -> datetime | None:
    """A day's first moment at the station, in UTC; None: no day is named."""
    try:
        day = datetime.fromisoformat(since).date() if since else None
    except ValueError:
        raise ProblemError(422, "choose a day", field="since") from None
    if day is None:
        return None
    if not 1971 <= day.year <= 9000:
        raise ProblemError(422, "choose a day", field="since")
    return datetime.combine(day, time(), ZoneInfo(i18n.STATION_ZONE)).astimezone(UTC)


def _differences(tx: Tx, found: plans_backtest.Backtest, language: str) -> list[Difference]:
    """With people's names for whom is called, and the end in words."""
    courses = [course for each in found.differences for course in (each.was, each.would_be)]
    names = contacts.names_of(tx, {contact for course in courses for contact in course.called})
    ends = {**RESOLUTIONS, **REASONS}

    def said(of: Course) -> Course:
        called = tuple(names.get(contact, contact) for contact in of.called)
        return replace(of, called=called, end=word(ends, of.end, language))

    return [
        replace(each, was=said(each.was), would_be=said(each.would_be))
        for each in found.differences
    ]


# --- rehearsed, rolled back -------------------------------------------------------------------


@router.post("/plans/{plan_id}/simulate/rehearse")
async def rehearse(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """Calls the site's real people as the plan says, announced as an exercise; its incident."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> str:
        of = shown(tx, plan_id, forms.line(form, "v"))
        if not form.get("sure"):
            raise ProblemError(422, "say that you know that these people are called")
        if next(call_plan.problems(of.plan), None) is not None:
            raise ProblemError(422, UNSOUND)
        site = preview.site_named(tx, forms.line(form, "site").strip())
        kind = forms.one_of(Kind, form, "kind")
        return rehearsing.rehearse(tx, of.plan, site, kind, visitor.name, now).id

    made = await tried(station, run)
    if isinstance(made, str):
        return RedirectResponse(f"/incidents/{made}", 303)
    asked = {name: form.get(name, "") for name in ("v", "site", "kind")}
    return await _simulated(station, visitor, plan_id, asked, made)


@router.post("/plans/{plan_id}/versions/roll-back")
async def roll_back(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """Publishes what an earlier version says as the next one."""
    form = await forms.sent(request)
    now, version = station.clock(), form.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 7 else 0

    reach = await station.store.read(lambda tx: plans.reach_of(tx, plan_id, number, now))

    def run(tx: Tx) -> None:
        if not number:
            raise ProblemError(422, "choose a version")
        conflicts.unchanged(form, shown(tx, plan_id).newest)
        plans.roll_back(
            tx, plan_id, number, visitor.name, now, why=forms.line(form, "why"), reach=reach
        )

    return await _versions(station, visitor, plan_id, form, run)


async def _versions(
    station: Station,
    visitor: Visitor,
    plan_id: str,
    form: forms.Form,
    run: Callable[[Tx], None],
) -> Response:
    """Do it; the versions then, or why not."""
    wrong = await tried(station, run)
    if wrong is None:
        return RedirectResponse(f"/plans/{quote(plan_id, safe='')}/versions", 303)
    if isinstance(wrong, plans.Faulty):
        wrong = ProblemError(409, wrong.findings[0].said(visitor.language))

    def read(tx: Tx) -> dict[str, Any]:
        of: Shown = shown(tx, plan_id)
        return {
            **around(tx, station, visitor, of, "versions"),
            **versions_of(tx, plan_id, of),
            "compared": None,
            "before": "",
            "after": "",
            "typed": {"why": form.get("why", ""), "version": form.get("version", "")},
            "refused": refusal(wrong, visitor.language),
        }

    values = await station.store.read(read)
    return page(visitor.language, "plans/plan_versions.html", values, status_of(wrong))
