"""Sites that run with a fault: what is done about each, and the list as a table for others."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from callflow.core.sites.fault import Fault
from callflow.core.sites.files.writing import to_csv
from callflow.handling.base.refusals import Refused
from callflow.handling.sites import faults
from callflow.storage import Tx
from callflow.storage.sites import contacts, sites
from callflow.storage.sites import faults as fault_rows
from web.access.sessions import Handler, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import forms, i18n, refusals
from web.kit.problems import not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.station import Here, Station

router = APIRouter(include_in_schema=False, prefix="/faults")

_ZONE = ZoneInfo(i18n.STATION_ZONE)

_Site = Annotated[str, Query(max_length=64)]
_Part = Annotated[str, Query(max_length=16)]
_Incident = Annotated[str, Query(max_length=64)]


@router.get("")
async def show(
    visitor: Reader,
    station: Here,
    site: _Site = "",
    account: _Part = "",
    zone: _Part = "",
    incident: _Incident = "",
) -> Response:
    """Every fault that runs, or a site's with those that are over."""
    typed = {"site": site, "account": account, "zone": zone, "incident": incident}
    return await _page(station, visitor, site, typed=typed)


@router.get("/list.csv")
async def listed(visitor: Reader, station: Here) -> Response:
    """The list of sites that run with a fault, as a table."""
    now = station.clock()
    head, rows = await station.store.read(lambda tx: _table(tx, visitor.language))
    name = f"{_FILES[visitor.language]}-{now:%Y-%m-%d}.csv"
    return StreamingResponse(
        iter(to_csv(head, [rows], visitor.language)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("")
async def begin(request: Request, visitor: Handler, station: Here) -> Response:
    """A fault becomes known."""
    form = await forms.sent(request)
    site, now = form.get("site", ""), station.clock()

    def run(tx: Tx) -> None:
        faults.begin(
            tx,
            site,
            forms.line(form, "zone"),
            forms.line(form, "text"),
            visitor.name,
            now,
            account=forms.line(form, "account"),
            incident=form.get("incident") or None,
        )

    return await _done(station, visitor, site, await tried(station, run), form)


@router.post("/{fault_id}/{act}")
async def change(
    fault_id: str, act: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """What is known of it and agreed for it; or its end."""
    doing = ACTS.get(act)
    if doing is None:
        raise not_found("act")
    form = await forms.sent(request)
    now = station.clock()
    wrong = await tried(station, lambda tx: doing(tx, fault_id, visitor.name, form, now))
    return await _done(station, visitor, form.get("of", ""), wrong, form)


def _change(tx: Tx, fault_id: str, who: str, form: forms.Form, now: datetime) -> None:
    faults.change(
        tx,
        fault_id,
        who,
        now,
        cause=forms.line(form, "cause"),
        firm=form.get("firm") or None,
        quote=forms.line(form, "quote"),
        appointment=forms.moment(form, "appointment", _ZONE),
        mail=forms.line(form, "mail"),
        seen=form.get("seen", ""),
    )


def _end(tx: Tx, fault_id: str, who: str, form: forms.Form, now: datetime) -> None:
    faults.end(tx, fault_id, who, forms.line(form, "text"), now)


#: What is done to a fault that runs.
ACTS = {"change": _change, "end": _end}


async def _done(
    station: Station, visitor: Visitor, site: str, wrong: Wrong | None, typed: forms.Form
) -> Response:
    if wrong is None:
        return RedirectResponse(f"/faults?site={quote(site, safe='')}" if site else "/faults", 303)
    return await _page(station, visitor, site, wrong, typed)


async def _page(
    station: Station,
    visitor: Visitor,
    site: str,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    now = station.clock()

    def read(tx: Tx) -> dict[str, Any]:
        found = fault_rows.of_site(tx, site)[::-1] if site else fault_rows.running(tx)
        ids = sorted({one.site_id for one in found} | ({site} if site else set()))
        return {
            **frame(tx, station, visitor, "faults"),
            "found": found,
            "names": sites.names_of(tx, ids),
            "zones": {one: sites.zone_names(tx, one) for one in ids},
            "firms": {one: faults.maintenance(tx, one) for one in ids},
            "accounts": [one.account for one in sites.accounts(tx, site)] if site else [],
        }

    values = await station.store.read(read)
    more = {
        **refusals.said(wrong, visitor.language),
        "site": site if site in values["names"] else "",
        "typed": typed or {},
        "may_act": Right.HANDLE in visitor.rights,
        "now": now,
    }
    status = 200 if wrong is None else 409 if isinstance(wrong, Refused) else 422
    return page(visitor.language, "sites/faults.html", {**values, **more}, status)


_FILES = {"fr": "defauts", "en": "faults"}
_HEAD = {
    "fr": (
        *("Site", "Abonné", "Zone", "Défaut", "Cause", "Depuis", "Mainteneur", "Devis"),
        *("Rendez-vous", "Rappels au client"),
    ),
    "en": (
        *("Site", "Account", "Zone", "Fault", "Cause", "Since", "Firm", "Quote"),
        *("Appointment", "Reminders to the client"),
    ),
}


def _table(tx: Tx, language: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    running = fault_rows.running(tx)
    names = sites.names_of(tx, [one.site_id for one in running])
    firms = contacts.names_of(tx, {one.firm_id for one in running if one.firm_id})
    return _HEAD[language], [_cells(one, names, firms) for one in running]


def _cells(one: Fault, names: dict[str, str], firms: dict[str, str]) -> tuple[str, ...]:
    return (
        names.get(one.site_id, one.site_id),
        one.account,
        one.zone,
        one.text,
        one.cause,
        _local(one.began_at),
        firms.get(one.firm_id or "", ""),
        one.quote,
        _local(one.appointment_at),
        str(one.reminders),
    )


def _local(at: datetime | None) -> str:
    return f"{at.astimezone(_ZONE):%Y-%m-%d %H:%M}" if at is not None else ""
