"""Protective measures of every site: what protects which one, until when, at which cost; opened,
reported of, extended, lifted; and the calendars that programs read."""

import secrets
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.interventions.feed import Feed
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import EndsWhen, ProtectiveMeasure
from callflow.handling.interventions import feeds, measures
from callflow.storage import Tx
from callflow.storage.interventions import feeds as feed_rows
from callflow.storage.interventions import measures as rows
from callflow.storage.sites import sites
from web.access import names
from web.access.sessions import Configurer, Handler, Reader, Visitor
from web.access.users import Right, digest
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.interventions.measure_views import extended, firms, shown, wanted
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: Measures of one page.
_MOST = 200
_ICS = "text/calendar; charset=utf-8"


@router.get("/measures")
async def show(visitor: Reader, station: Here) -> Response:
    """Those that nobody lifted yet, the first to end first."""
    return await _page(station, visitor)


@router.get("/measures.ics")
async def calendar(visitor: Reader, station: Here) -> Response:
    """The same, and appointments, as a file."""
    now = station.clock()
    data = await station.store.read(lambda tx: feeds.calendar(tx, visitor.language, now))
    return _file(data)


def _file(data: bytes) -> Response:
    name = {"Content-Disposition": 'attachment; filename="callflow.ics"'}
    return Response(data, media_type=_ICS, headers={**name, "Cache-Control": "no-store"})


@router.post("/measures")
async def protect(request: Request, visitor: Handler, station: Here) -> Response:
    """A measure protects a site, whatever alarms there are."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        site = sites.get(tx, forms.line(form, "site").strip())
        if site is None:
            raise ProblemError(422, "there is no such site", field="site")
        asked = wanted(form, ZoneInfo(site.timezone), now)
        of = site.id, asked.kind, asked.text, asked.lasts, now
        measures.protect_site(tx, *of, who=visitor.name, terms=asked.terms)

    return await _done(station, visitor, await tried(station, run), form)


@router.post("/measures/feeds")
async def make_feed(request: Request, visitor: Configurer, station: Here) -> Response:
    """An address for a program that reads the calendar, which is shown this once."""
    form, now = await forms.sent(request), station.clock()
    token = secrets.token_urlsafe(32)

    def run(tx: Tx) -> Feed:
        return feeds.make_feed(
            tx,
            digest(token),
            forms.line(form, "name"),
            visitor.language,
            visitor.name,
            now,
            client_id=forms.line(form, "client") or None,
            firm_id=forms.line(form, "firm") or None,
        )

    made = await tried(station, run)
    if not isinstance(made, Feed):
        return await _page(station, visitor, made, typed=form)
    address = f"{names.origin(station.settings, request)}/calendars/{token}.ics"
    return await _page(station, visitor, made={"name": made.name, "address": address})


@router.post("/measures/feeds/{feed_id}/revoke")
async def revoke_feed(feed_id: str, visitor: Configurer, station: Here) -> Response:
    """It shows nothing any more."""
    now = station.clock()
    wrong = await tried(station, lambda tx: feeds.revoke_feed(tx, feed_id, visitor.name, now))
    return await _done(station, visitor, wrong)


#: What is done to one that runs.
ACTS = ("report", "extend", "lift")


@router.post("/measures/{measure_id}/{act}")
async def change(
    measure_id: str, act: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """Reports of one, extends it, lifts it."""
    if act not in ACTS:
        raise not_found("act")
    form, now, who = await forms.sent(request), station.clock(), visitor.name

    def run(tx: Tx) -> ProtectiveMeasure:
        measure = rows.get(tx, measure_id)
        if measure is None:
            raise not_found("measure")
        of = measure.site_id, measure.id
        if act == "lift":
            return measures.lift_measure(tx, *of, who, now)
        if act == "report":
            return measures.report(tx, *of, forms.text(form), who, now)
        until = extended(form, measure)
        return measures.extend(tx, *of, until, forms.text(form), who, now)

    done = await tried(station, run)
    wrong = None if isinstance(done, ProtectiveMeasure) else done
    return await _done(station, visitor, wrong)


@router.get("/calendars/{token}.ics")
async def feed(token: str, station: Here) -> Response:
    """The calendar of whoever has the address; of one that was revoked, or never was, nothing."""
    now, kept = station.clock(), digest(token[:200])

    def read(tx: Tx) -> tuple[Feed, bytes] | None:
        known = feed_rows.in_force(tx, kept)
        if known is None:
            return None
        about = {"client_id": known.client_id, "firm_id": known.firm_id}
        return known, feeds.calendar(tx, known.language, now, **about)

    found = await station.store.read(read)
    if found is None:
        raise not_found("calendar")
    known, data = found
    if feeds.to_be_noted(known, now):
        await station.store.write(lambda tx: feeds.noted(tx, known, now))
    return _file(data)


async def _done(
    station: Station, visitor: Visitor, wrong: Wrong | None, typed: forms.Form | None = None
) -> Response:
    if wrong is None:
        return RedirectResponse("/measures?saved=measure", 303)
    return await _page(station, visitor, wrong, typed=typed)


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    *,
    typed: forms.Form | None = None,
    made: Mapping[str, str] | None = None,
) -> Response:
    now, configures = station.clock(), Right.CONFIGURE in visitor.rights

    def read(tx: Tx) -> dict[str, Any]:
        found = rows.not_lifted(tx, limit=_MOST)
        return {
            **frame(tx, station, visitor, "sites"),
            "found": shown(tx, found, now),
            "firms": firms(tx),
            "feeds": feed_rows.all_of(tx) if configures else [],
        }

    values = {
        **await station.store.read(read),
        **refusals.said(wrong, visitor.language),
        "typed": typed or {},
        "made": made,
        "kinds": tuple(Measure),
        "ends": tuple(EndsWhen),
        "may_act": Right.HANDLE in visitor.rights,
        "may_configure": configures,
    }
    return page(visitor.language, "interventions/measures.html", values, refusals.status_of(wrong))
