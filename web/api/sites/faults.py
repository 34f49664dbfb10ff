"""``faults``: what does not work at sites, what is done about it, and how it ends."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callflow.core.sites.fault import Fault
from callflow.handling.base.fields import Identifier, Line
from callflow.handling.sites import faults
from callflow.storage import Tx
from callflow.storage.sites import faults as rows
from web.access.bearer import Handler, Reader
from web.api.alarms.incidents import said
from web.api.shapes import Body, Instant
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES
from web.station import Here

router = APIRouter(tags=["faults"], responses=RESPONSES)

_ACTS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **CONFLICT}


class FaultIn(Body):
    """A zone that does not work, or the panel itself (`zone` empty)."""

    account: Line = ""
    zone: Annotated[str, Field(max_length=16)] = ""
    text: Annotated[Line, AfterValidator(said)]


class AgreedIn(Body):
    """What is known of it and agreed for it, all at once."""

    cause: Line = ""
    firm: Identifier | None = Field(None, description="The maintenance firm's contact")
    quote: Line = ""
    appointment: Instant | None = None
    mail: Line = Field("", description="Where the client is reminded")


class EndIn(Body):
    """Why it is over."""

    reason: Annotated[Line, AfterValidator(said)]


class FaultOut(BaseModel):
    """A fault of a site."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    site: str = Field(validation_alias="site_id")
    incident: str | None = Field(validation_alias="incident_id")
    account: str
    zone: str
    text: str
    cause: str
    firm: str | None = Field(validation_alias="firm_id")
    quote: str
    quoted_at: datetime | None
    appointment_at: datetime | None
    mail: str
    reminders: int
    opened_by: str
    began_at: datetime
    ended_at: datetime | None
    ended_by: str
    ended_because: str


class FaultsOut(BaseModel):
    """Faults, by site."""

    items: list[FaultOut]


@router.get("/faults")
async def list_faults(
    caller: Reader, station: Here, site: Annotated[str | None, Query(max_length=64)] = None
) -> FaultsOut:
    """Those that run, of all sites; of one `site` those too that are over."""
    found = await station.store.read(
        lambda tx: rows.of_site(tx, site) if site else rows.running(tx)
    )
    return FaultsOut(items=[FaultOut.model_validate(one) for one in found])


@router.post("/sites/{site_id}/faults", responses=_ACTS, status_code=201)
async def begin(site_id: str, body: FaultIn, caller: Handler, station: Here) -> FaultOut:
    """A fault becomes known. 409 where it is known already."""
    now = station.clock()

    def run(tx: Tx) -> Fault | None:
        made = faults.begin(
            tx, site_id, body.zone, body.text, caller.name, now, account=body.account
        )
        return rows.get(tx, made.id)

    return FaultOut.model_validate(await station.store.write(run))


@router.put("/faults/{fault_id}", responses=_ACTS)
async def agree(fault_id: str, body: AgreedIn, caller: Handler, station: Here) -> FaultOut:
    """Its cause, firm, quote and appointment."""
    now = station.clock()

    def run(tx: Tx) -> Fault | None:
        faults.change(
            tx,
            fault_id,
            caller.name,
            now,
            cause=body.cause,
            firm=body.firm,
            quote=body.quote,
            appointment=body.appointment,
            mail=body.mail,
        )
        return rows.get(tx, fault_id)

    return FaultOut.model_validate(await station.store.write(run))


@router.post("/faults/{fault_id}/end", responses=_ACTS)
async def end(fault_id: str, body: EndIn, caller: Handler, station: Here) -> FaultOut:
    """It is over, for a signed reason."""
    now = station.clock()

    def run(tx: Tx) -> Fault | None:
        faults.end(tx, fault_id, caller.name, body.reason, now)
        return rows.get(tx, fault_id)

    return FaultOut.model_validate(await station.store.write(run))
