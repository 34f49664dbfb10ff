"""A plan's pages for whoever may read: its steps, its picture, what is found in it, whom it calls,
the sites that follow it, its versions and how two of them differ."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from callflow.core.plans import call_plan
from callflow.core.plans import check as plan_check
from callflow.core.plans.call_plan import Plan
from callflow.core.plans.picture.words import kind_words, titles
from callflow.core.plans.standing import Standing
from callflow.core.plans.version import Draft
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import ANY_KIND
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.plans import lists, plans, preview, withdrawal
from callflow.handling.plans.simulation import site_of
from callflow.storage import Tx
from callflow.storage.plans import plans as rows
from callflow.storage.sites import sites
from web.access.sessions import Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import conflicts, forms, refusals
from web.kit.listing import MOST, Listed, Words
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, refusal
from web.kit.rendering import page
from web.pages.plans import views
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

DRAFT = "draft"
#: What a site may choose a plan for.
CHOSEN_FOR = (ANY_KIND, *(c.value for c in Category), *(k.value for k in Kind))
#: When: now, at three on the morning of a holiday, or at a moment that is chosen.
WHENS = ("now", "holiday", "at")


@dataclass(frozen=True, slots=True)
class Shown:
    """The plan that a page is about. ``which`` is "draft" or the number of a version; ``newest``
    is 0 where none was published."""

    plan: Plan
    which: str
    newest: int
    draft: Draft | None


def shown(tx: Tx, plan_id: str, v: str = "") -> Shown:
    """A version, the draft, or ("") the newest there is. Raises NotFound, ProblemError."""
    newest, draft = sites.plan_body(tx, plan_id), rows.draft(tx, plan_id)
    if newest is None and draft is None:
        raise not_found("plan")
    number = int(newest["version"]) if newest else 0
    if v == DRAFT or (not v and newest is None):
        body = plans.get_draft(tx, plan_id).body
        return Shown(call_plan.from_json(body), DRAFT, number, draft)
    if v and not (v.isascii() and v.isdigit() and len(v) < 7):
        raise not_found("plan")
    plan = plans.get_version(tx, plan_id, int(v) if v else None)
    return Shown(plan, str(plan.version), number, draft)


def around(tx: Tx, station: Station, visitor: Visitor, of: Shown, tab: str) -> dict[str, Any]:
    """What every page of a plan has."""
    standing = withdrawal.get_standing(tx, of.plan.id) if of.newest else None
    withdrawn = standing is not None and standing.state is Standing.WITHDRAWN
    may_configure = Right.CONFIGURE in visitor.rights
    return {
        **frame(tx, station, visitor, "plans"),
        "plan": of.plan,
        "which": of.which,
        "newest": of.newest,
        "draft": of.draft,
        "tab": tab,
        "at_version": urlencode({"v": of.which}) if of.which != str(of.newest) else "",
        "standing": standing,
        "withdrawn": withdrawn,
        "may_configure": may_configure,
        "may_change": may_configure and not withdrawn,
        "typed": {},
        "refused": "",
        "field": "",
    }


@router.get("/plans/{plan_id}")
async def show(
    plan_id: str,
    visitor: Reader,
    station: Here,
    v: Words = "",
    check: Annotated[bool, Query()] = False,
) -> Response:
    """The plan in words and drawn, and what is found in it; ``check``: at its sites too."""
    return await answer(plan_id, visitor, station, v=v, check=check)


async def answer(
    plan_id: str,
    visitor: Visitor,
    station: Station,
    *,
    v: str = "",
    check: bool = False,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    """The page; ``wrong``: why it was not withdrawn, or brought back, with what was ``typed``."""
    now, language = station.clock(), visitor.language

    def read(tx: Tx) -> dict[str, Any]:
        of = shown(tx, plan_id, v)
        found = plans.validate(tx, of.plan, now) if check else plan_check.check(of.plan, now=now)
        values = around(tx, station, visitor, of, "plan")
        kept = withdrawal.why_kept(tx, plan_id, now) if of.newest and values["may_change"] else None
        return {
            **values,
            "steps": views.steps(of.plan, found, language),
            "general": views.findings([f for f in found if not f.step], language, of.plan),
            "count": len(found),
            "grave": len(plan_check.errors(found)),
            "checked": check,
            "names": sites.names_of(tx, {f.site for f in found if f.site}),
            "picture": views.picture(of.plan, language),
            "kept": refusal(kept, language),
        }

    values = await station.store.read(read)
    values |= {**refusals.said(wrong, language), "typed": typed or {}}
    return page(visitor.language, "plans/plan.html", values, refusals.status_of(wrong))


@router.get("/plans/{plan_id}/called")
async def called(
    plan_id: str,
    visitor: Reader,
    station: Here,
    v: Words = "",
    site: Words = "",
    kind: Words = Kind.INTRUSION.value,
    when: Words = "now",
    at: Words = "",
) -> Response:
    """Whom the plan calls at a site: now, at three on a holiday, or at a moment."""
    now = station.clock()
    asked = {"site": site, "kind": kind, "when": when, "at": at}

    def read(tx: Tx) -> dict[str, Any]:
        of = shown(tx, plan_id, v)
        values: dict[str, Any] = {
            **around(tx, station, visitor, of, "called"),
            **choices(tx, plan_id, now),
            "asked": asked,
            "preview": None,
            "titles": titles(of.plan, views.column_of(visitor.language)),
            "kind_words": lambda step: kind_words(step, views.column_of(visitor.language)),
        }
        if not site.strip():
            return values
        try:
            values["preview"] = _preview(tx, of.plan, asked, now)
        except (Refused, ProblemError) as wrong:
            values["refused"] = refusal(wrong, visitor.language)
        return values

    values = await station.store.read(read)
    status = 422 if values["refused"] else 200
    return page(visitor.language, "plans/plan_called.html", values, status)


def choices(tx: Tx, plan_id: str, now: datetime) -> dict[str, Any]:
    """What a form that asks for a site and an alarm offers."""
    known, _ = lists.followers(tx, plan_id, now, text="", offset=0, limit=MOST)
    return {"sites": known, "kinds": [kind.value for kind in Kind], "whens": WHENS}


def _preview(tx: Tx, plan: Plan, asked: forms.Form, now: datetime) -> preview.Preview:
    site_id = preview.site_named(tx, asked["site"].replace("\0", "").strip())
    kind = forms.one_of(Kind, asked, "kind")
    return preview.preview(tx, plan, site_id, kind, moment(tx, site_id, kind, asked, now))


def moment(tx: Tx, site_id: str, kind: Kind, asked: forms.Form, now: datetime) -> datetime:
    """The instant that is asked for, in UTC. Raises ProblemError, NotFound."""
    if asked["when"] not in WHENS:
        raise ProblemError(422, f"choose one of {', '.join(WHENS)}", field="when")
    if asked["when"] == "now":
        return now
    site = site_of(tx, site_id, kind, now)
    if asked["when"] == "holiday":
        return preview.night_of_a_holiday(tx, site, now)
    chosen = forms.moment(asked, "at", ZoneInfo(site.timezone))
    if chosen is None or not 1971 <= chosen.year <= 9000:
        raise ProblemError(422, "choose a day and a time", field="at")
    return chosen


@router.get("/plans/{plan_id}/sites")
async def followers(
    plan_id: str,
    visitor: Reader,
    station: Here,
    asked: Listed,
) -> Response:
    """The sites that follow the plan, for which alarms and why; searched and paged."""
    now = station.clock()

    def read(tx: Tx) -> dict[str, Any]:
        of = shown(tx, plan_id)
        found, count = lists.followers(
            tx, plan_id, now, text=asked.text, offset=asked.offset, limit=MOST
        )
        column = views.column_of(visitor.language)
        named = [
            replace(
                site, otherwise=[views.setting_named(of.plan, o, column) for o in site.otherwise]
            )
            for site in found
        ]
        return {**around(tx, station, visitor, of, "sites"), "found": named, "count": count}

    values = await station.store.read(read)
    values |= {
        "chosen_for": CHOSEN_FOR,
        "asked": asked,
    }
    return page(visitor.language, "plans/plan_sites.html", values)


@router.get("/plans/{plan_id}/versions")
async def versions(
    plan_id: str,
    visitor: Reader,
    station: Here,
    before: Words = "",
    after: Words = "",
) -> Response:
    """Every version, the newest first; two of them side by side where they are chosen."""

    def read(tx: Tx) -> dict[str, Any]:
        of = shown(tx, plan_id)
        return {
            **around(tx, station, visitor, of, "versions"),
            **versions_of(tx, plan_id, of),
            "compared": _compared(tx, plan_id, before, after, visitor.language),
            "before": before,
            "after": after,
        }

    return page(visitor.language, "plans/plan_versions.html", await station.store.read(read))


def versions_of(tx: Tx, plan_id: str, of: Shown) -> dict[str, Any]:
    """The rows of the versions, the newest first."""
    versions = list(reversed(plans.history(tx, plan_id))) if of.newest else []
    return {"versions": versions, "as_of": conflicts.stamp(of.newest)}


def _compared(tx: Tx, plan_id: str, before: str, after: str, language: str) -> views.Sides | None:
    if not (before and after):
        return None
    try:
        old, new = shown(tx, plan_id, before), shown(tx, plan_id, after)
    except NotFound:
        raise not_found("plan") from None
    return views.side_by_side(old.plan, new.plan, language)
