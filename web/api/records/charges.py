"""Chargeable acts with their prices, for a program that bills (D27)."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from callflow.core.plans.measure import ONE, Unit
from callflow.core.records.charges import Act, PricedBy
from callflow.core.time.instants import from_iso, to_iso
from callflow.handling.base.fields import Identifier, Line, Long
from callflow.handling.records import corrections, prices
from callflow.storage import Tx
from callflow.storage.records import charges as rows
from web.access.bearer import Configurer, Reader
from web.api.alarms.incidents import said
from web.api.paging import After, Limit, Since, decode, encode
from web.api.shapes import Body, Page
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, ProblemError
from web.pages.records.charge_files import FORMATS, Month, charges_file, month_of
from web.station import Here

router = APIRouter(tags=["charges"], responses=RESPONSES)

#: What is younger may not be written yet.
_SETTLED = timedelta(seconds=2)


class ChargeOut(BaseModel):
    """One chargeable act; never changed. What was wrong is taken back by a following row, which
    `corrects` it. `quantity` counts `unit`s, money is in cents; null: no price is set."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    site: str = Field(validation_alias="site_id")
    client: str = Field(validation_alias="client_id")
    incident: str | None = Field(validation_alias="incident_id")
    kind: Act
    unit: Unit
    quantity: Annotated[float, BeforeValidator(lambda parts: parts / ONE)]
    unit_price_cents: int | None = Field(validation_alias="unit_price")
    amount_cents: int | None = Field(validation_alias="amount")
    priced_by: PricedBy
    at: datetime = Field(description="When it was done")
    made_at: datetime = Field(description="When it was charged for: `after` follows this order")
    by: str
    why: str
    corrects: str | None


class ChargeIn(Body):
    """An act that nobody wrote down otherwise."""

    kind: Act
    quantity: float = Field(1, gt=0, le=100_000, strict=True)
    unit_price_cents: int | None = Field(
        None, strict=True, description="null: as the price list says"
    )
    why: Annotated[Long, AfterValidator(said)]


class WhyIn(Body):
    """The reason of a correction."""

    why: Annotated[Long, AfterValidator(said)]


class PriceIn(Body):
    """What an act costs; `price_cents` null: as is said further off."""

    price_cents: int | None = Field(strict=True)
    included: int = Field(0, strict=True, description="Units of a month that cost nothing")


class PriceOut(BaseModel):
    """What an act costs somewhere."""

    model_config = ConfigDict(from_attributes=True)

    kind: Act
    scope: PricedBy
    owner: str = Field(description="The site's or the client's id; empty: the station")
    price_cents: int = Field(validation_alias="price")
    included: int
    set_by: str
    set_at: datetime


class PricesOut(BaseModel):
    """Prices, those of the station first."""

    items: list[PriceOut]


@router.get("/charges")
async def list_charges(
    caller: Reader,
    station: Here,
    since: Since = None,
    after: After = None,
    limit: Limit = 200,
) -> Page[ChargeOut]:
    """Charges in the order in which they were made, `since` then: who asks on with `next` gets each
    once.

    One that was just made is listed two seconds later: others of that moment may not be written
    yet, and would be passed over.
    """
    made_at, charge_id = (since, "") if after is None else _place(after)
    until = station.clock() - _SETTLED
    found = await station.store.read(
        lambda tx: rows.after(tx, made_at, charge_id, until, limit=limit)
    )
    more = len(found) == limit
    last = encode(to_iso(found[-1].made_at), found[-1].id) if more else None
    return Page[ChargeOut](items=list(map(ChargeOut.model_validate, found)), next=last)


def _place(after: str) -> tuple[datetime, str]:
    at, charge_id = decode(after, 2)
    try:
        return from_iso(at), charge_id
    except ValueError:
        raise ProblemError(422, "this cursor is none of ours", field="query.after") from None


@router.get(
    "/charges/export",
    response_class=Response,
    responses={
        200: {
            "content": {kind: {"schema": {"type": "string"}} for kind in FORMATS.values()},
            "description": "The file",
        }
    },
)
async def export(
    caller: Reader,
    station: Here,
    month: Month,
    client: Annotated[Line, Query(description="Only this client's sites")] = "",
    format: Annotated[Literal["csv", "xlsx"], Query()] = "csv",
    language: Annotated[Literal["fr", "en"], Query()] = "fr",
) -> Response:
    """What was done in a month (2026-11), by client and site, as a file for a spreadsheet."""
    since, until = month_of(month)
    found = await station.store.read(lambda tx: rows.listed(tx, since, until, client_id=client))
    return charges_file(found, language, format, month)


@router.post("/sites/{site_id}/charges", status_code=201, responses={**NOT_FOUND, **CONFLICT})
async def add_charge(
    site_id: Identifier, body: ChargeIn, caller: Configurer, station: Here
) -> ChargeOut:
    """Charges for an act by hand."""
    now = station.clock()

    def run(tx: Tx) -> ChargeOut:
        made = corrections.add(
            tx,
            site_id,
            body.kind,
            round(body.quantity * ONE),
            body.unit_price_cents,
            body.why,
            caller.name,
            now,
        )
        return ChargeOut.model_validate(rows.shown(tx, made.id))

    return await station.store.write(run)


@router.post("/charges/{charge_id}/correct", responses={**NOT_FOUND, **CONFLICT})
async def correct(charge_id: str, body: WhyIn, caller: Configurer, station: Here) -> ChargeOut:
    """Takes a charge back by a following row, which this gives."""
    now = station.clock()

    def run(tx: Tx) -> ChargeOut:
        back = corrections.correct(tx, charge_id, body.why, caller.name, now)
        return ChargeOut.model_validate(rows.shown(tx, back.id))

    return await station.store.write(run)


_SCOPES = Literal["station", "client", "site"]
_Owner = Annotated[Line, Query(description="The site's or the client's id; empty: the station")]


@router.get("/charge-prices/{scope}")
async def list_prices(
    scope: _SCOPES, caller: Reader, station: Here, owner: _Owner = ""
) -> PricesOut:
    """The prices that are set there."""
    found = await station.store.read(lambda tx: rows.prices_of(tx, PricedBy(scope), owner))
    return PricesOut(items=[PriceOut.model_validate(one) for one in found])


@router.put("/charge-prices/{scope}/{kind}", responses={**NOT_FOUND, **CONFLICT})
async def put_price(
    scope: _SCOPES,
    kind: Act,
    body: PriceIn,
    caller: Configurer,
    station: Here,
    owner: _Owner = "",
) -> PricesOut:
    """Sets what an act costs from now on; what was charged for stays as it is."""
    now = station.clock()
    await station.store.write(
        lambda tx: prices.set_price(
            tx,
            kind,
            PricedBy(scope),
            owner,
            body.price_cents,
            body.included,
            caller.name,
            now,
        )
    )
    return await list_prices(scope, caller, station, owner)
