"""Chargeable acts (D27): a page a client and month, files for a spreadsheet, and prices."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.plans.measure import ONE
from callflow.core.records.charges import Act, Price, PricedBy
from callflow.handling.records import corrections, prices
from callflow.storage import Tx
from callflow.storage.records import charges as rows
from callflow.storage.sites import sites
from web.access.sessions import Configurer, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import conflicts, forms, i18n, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.records.charge_files import Month, charges_file, month_of, this_month
from web.station import Here, Station

router = APIRouter(include_in_schema=False, prefix="/charges")

#: Rows of one page; a file has them all.
_MOST = 1000
_MOST_INCLUDED = 10_000
#: What is sold by contract, in the order of the form.
ACTS = tuple(Act)


@router.get("")
async def show(visitor: Reader, station: Here, month: Month = "") -> Response:
    """What each client is charged for a month."""
    month = month or this_month(station.clock())
    since, until = month_of(month)

    def read(tx: Tx) -> dict[str, Any]:
        found = rows.by_client(tx, since, until)
        return {**frame(tx, station, visitor, "sites"), "found": found}

    values = {**await station.store.read(read), **_around(month)}
    values["total"] = sum(one.amount for one in values["found"])
    return page(visitor.language, "records/charges.html", values)


def _around(month: str) -> dict[str, str]:
    """The month that is shown, the one before and the one after it."""
    since, until = month_of(month)
    before = since - timedelta(days=1)
    here = [at.astimezone(ZoneInfo(i18n.STATION_ZONE)) for at in (before, until)]
    return {"month": month, "before": here[0].strftime("%Y-%m"), "after": here[1].strftime("%Y-%m")}


@router.get("/file")
async def file(
    visitor: Reader,
    station: Here,
    month: Month = "",
    client: Annotated[str, Query(max_length=64)] = "",
    format: Literal["csv", "xlsx"] = "csv",
) -> Response:
    """A month's rows, of every client or of one."""
    month = month or this_month(station.clock())
    since, until = month_of(month)
    found = await station.store.read(
        lambda tx: rows.listed(tx, since, until, client_id=_id(client))
    )
    return charges_file(found, visitor.language, format, month)


def _id(said: str) -> str:
    """Without what no column holds."""
    return said.replace("\0", "")


@router.get("/clients/{client_id}")
async def client(client_id: str, visitor: Reader, station: Here, month: Month = "") -> Response:
    """A client's month, row by row."""
    return await _client(station, visitor, client_id, month or this_month(station.clock()))


@router.post("/clients/{client_id}")
async def add(client_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """An act that nobody wrote down otherwise."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        site = sites.get(tx, forms.line(form, "site").strip())
        if site is None or site.client_id != client_id:
            raise ProblemError(422, "this client has no such site", field="site")
        quantity = forms.cents(form, "quantity")  # hundredths, too
        corrections.add(
            tx,
            site.id,
            forms.one_of(Act, form, "kind"),
            ONE if quantity is None else quantity,
            forms.cents(form, "price"),
            forms.text(form),
            visitor.name,
            now,
        )

    return await _done(station, visitor, client_id, await tried(station, run), form)


@router.post("/clients/{client_id}/{charge_id}/correct")
async def correct(
    client_id: str, charge_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """A following row takes this one back."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        charge = rows.get(tx, charge_id)
        if charge is None or charge.client_id != client_id:
            raise not_found("charge")
        corrections.correct(tx, charge_id, forms.text(form), visitor.name, now)

    return await _done(station, visitor, client_id, await tried(station, run), form)


async def _done(
    station: Station, visitor: Visitor, client_id: str, wrong: Wrong | None, form: forms.Form
) -> Response:
    month = forms.line(form, "month")[:7] or this_month(station.clock())
    month_of(month)
    if wrong is None:
        where = f"/charges/clients/{quote(client_id, safe='')}?month={month}&saved=charge"
        return RedirectResponse(where, 303)
    return await _client(station, visitor, client_id, month, wrong, form)


async def _client(
    station: Station,
    visitor: Visitor,
    client_id: str,
    month: str,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    since, until = month_of(month)

    def read(tx: Tx) -> dict[str, Any]:
        known = sites.client(tx, client_id)
        if known is None:
            raise not_found("client")
        found = rows.listed(tx, since, until, client_id=client_id, limit=_MOST + 1)
        totals = {one.id: one for one in rows.by_client(tx, since, until)}
        return {
            **frame(tx, station, visitor, "sites"),
            "client": known,
            "found": found[:_MOST],
            "cut": len(found) > _MOST,
            "total": totals.get(client_id),
        }

    values = {
        **await station.store.read(read),
        **_around(month),
        **refusals.said(wrong, visitor.language),
        "typed": typed or {},
        "acts": ACTS,
        "may_configure": Right.CONFIGURE in visitor.rights,
    }
    return page(visitor.language, "records/charges_client.html", values, refusals.status_of(wrong))


# --- prices -------------------------------------------------------------------------------

Scope = Literal["station", "client", "site"]
Owner = Annotated[str, Query(max_length=64)]


@router.get("/prices")
async def show_prices(
    visitor: Reader, station: Here, scope: Scope = "station", owner: Owner = ""
) -> Response:
    """What each act costs at the station, for a client, or at a site."""
    return await _prices(station, visitor, PricedBy(scope), _id(owner))


@router.post("/prices")
async def set_price(request: Request, visitor: Configurer, station: Here) -> Response:
    """Another price from now on; nothing typed: as is said further off."""
    form, now = await forms.sent(request), station.clock()
    scope, owner = forms.one_of(PricedBy, form, "scope"), forms.line(form, "owner")[:64]

    def run(tx: Tx) -> None:
        kind = forms.one_of(Act, form, "kind")
        conflicts.unchanged(form, _as_is(_by_act(tx, scope, owner).get(kind)))
        included = forms.whole(form, "included", _MOST_INCLUDED)
        price = forms.cents(form, "price")
        prices.set_price(tx, kind, scope, owner, price, included, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _prices(station, visitor, scope, owner, wrong)
    where = f"/charges/prices?scope={scope}&owner={quote(owner, safe='')}&saved=price"
    return RedirectResponse(where, 303)


def _by_act(tx: Tx, scope: PricedBy, owner: str) -> dict[Act, Price]:
    return {one.kind: one for one in rows.prices_of(tx, scope, owner)}


def _as_is(price: Price | None) -> list[int] | None:
    """What a form shows of a price."""
    return [price.price, price.included] if price else None


async def _prices(
    station: Station, visitor: Visitor, scope: PricedBy, owner: str, wrong: Wrong | None = None
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        site = sites.get(tx, owner) if scope is PricedBy.SITE else None
        of = site.client_id if site else owner
        known = sites.client(tx, of) if scope is not PricedBy.STATION else None
        if scope is not PricedBy.STATION and known is None:
            raise not_found("price list")
        own = _by_act(tx, scope, owner)
        further = [] if scope is PricedBy.STATION else rows.prices(tx, of if site else "")
        listed = {one.kind: one for one in sorted(further, key=lambda one: one.scope == "client")}
        return {
            **frame(tx, station, visitor, "sites"),
            "site": site,
            "client": known,
            "lines": [
                (act, own.get(act), listed.get(act), conflicts.stamp(_as_is(own.get(act))))
                for act in ACTS
            ],
        }

    values = {
        **await station.store.read(read),
        **refusals.said(wrong, visitor.language),
        "scope": scope,
        "owner": owner,
        "may_configure": Right.CONFIGURE in visitor.rights,
    }
    return page(visitor.language, "records/charge_prices.html", values, refusals.status_of(wrong))
