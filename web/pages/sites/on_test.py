"""A site's tests: what is silent, by whom, until when; set, extended and ended there (D17)."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.base import refusals as base_refusals
from callflow.handling.sites import on_test
from callflow.storage import Tx
from callflow.storage.sites import contacts, sites
from callflow.storage.watch import supervision
from web.access.sessions import Handler, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.station import Here, Station

router = APIRouter(include_in_schema=False, prefix="/sites/{site_id}/tests")


#: Tests that are over and still shown, and the hours that may be chosen.
_SHOWN, _HOURS = 20, (1, 2, 4, 8, 12, 24, 48, 72)


@router.get("")
async def show(site_id: str, visitor: Reader, station: Here) -> Response:
    """Those that run, and what was."""
    return await _page(station, visitor, site_id)


@router.post("")
async def begin(site_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Sets the site, or some zones, on test."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        named = forms.line(form, "zones").replace(",", " ").split()
        on_test.set_on_test(
            tx,
            site_id,
            zones=named or None,
            lasts=_hours(form),
            reason=forms.line(form, "reason"),
            who=visitor.name,
            role=visitor.role,
            contact=form.get("contact") or None,
            now=now,
        )

    return await _done(station, visitor, site_id, await tried(station, run), form)


@router.post("/{test_id}/{act}")
async def change(
    site_id: str, test_id: str, act: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """Extends one, or ends it at once."""
    if act not in ACTS:
        raise not_found("act")
    form = await forms.sent(request)
    now, who = station.clock(), visitor.name

    def run(tx: Tx) -> None:
        if act == "end":
            on_test.end(tx, site_id, test_id, who=who, now=now)
            return
        lasts, role = _hours(form), visitor.role
        on_test.extend(tx, site_id, test_id, lasts=lasts, who=who, role=role, now=now)

    return await _done(station, visitor, site_id, await tried(station, run))


#: What is done to a test that runs.
ACTS = ("extend", "end")


def _hours(form: forms.Form) -> timedelta:
    said = form.get("hours", "")
    if not said.isascii() or not said.isdigit() or int(said) not in _HOURS:
        raise ProblemError(422, "choose for how long", field="hours")
    return timedelta(hours=int(said))


async def _done(
    station: Station,
    visitor: Visitor,
    site_id: str,
    wrong: Wrong | None,
    typed: forms.Form | None = None,
) -> Response:
    if wrong is None:
        return RedirectResponse(f"/sites/{quote(site_id, safe='')}/tests", 303)
    return await _page(station, visitor, site_id, wrong, typed)


async def _page(
    station: Station,
    visitor: Visitor,
    site_id: str,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    now = station.clock()

    def read(tx: Tx) -> dict[str, Any]:
        site = sites.get(tx, site_id)
        if site is None:
            raise not_found("site")
        found = supervision.tests_of(tx, site_id, limit=_SHOWN)
        people = contacts.called(tx, site_id)
        return {
            **frame(tx, station, visitor, "site"),
            "site": site,
            "zone": site.timezone,
            "zones": sites.zones(tx, site_id),
            "people": {row.id: row.name for row in people},
            "names": contacts.names_of(tx, {t.contact_id for t in found if t.contact_id}),
            "running": [t for t in found if t.runs(now)],
            "over": [t for t in found if t.ended_at is not None],
        }

    limit = on_test.LIMITS.get(visitor.role, timedelta())
    values = {
        **await station.store.read(read),
        **refusals.said(wrong, visitor.language),
        "typed": typed or {},
        "may_act": Right.HANDLE in visitor.rights,
        "hours": [hours for hours in _HOURS if timedelta(hours=hours) <= limit],
        "extensions": on_test.EXTENSIONS,
    }
    status = 200 if wrong is None else 409 if isinstance(wrong, base_refusals.Refused) else 422
    return page(visitor.language, "sites/on_test.html", values, status)
