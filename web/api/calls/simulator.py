"""``simulator``: the demo's phones and what the simulated network saw. In demo mode only."""

import asyncio
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from web.access.bearer import Caller, Reader, allowed
from web.access.users import Right
from web.api.shapes import Page
from web.kit.problems import NOT_FOUND, RESPONSES, ProblemError, not_found
from web.station import Here, Network

router = APIRouter(tags=["simulator"], responses={**RESPONSES, **NOT_FOUND})

Number = Annotated[str, Path(pattern=r"^(\+|%2B)?[0-9]{5,15}$", description="E.164")]


def network(station: Here) -> Network:
    """The simulated network; without one nothing is here."""
    if station.network is None:
        raise ProblemError(404, "there is no simulated network: this is no demo")
    return station.network


Simulated = Annotated[Network, Depends(network)]


@router.get("/simulator/phones/{number}")
async def get_phone(
    number: Number,
    caller: Reader,
    simulated: Simulated,
) -> dict[str, Any]:
    """What a phone does when it is called."""
    phone = await asyncio.to_thread(simulated.phone, _e164(number))
    if phone is None:
        raise not_found("phone")
    return phone


@router.put("/simulator/phones/{number}")
async def put_phone(
    number: Number,
    body: dict[str, Any],
    caller: Annotated[Caller, Depends(allowed(Right.SIMULATE))],
    simulated: Simulated,
) -> dict[str, Any]:
    """Changes a phone for the next call to it; unknown numbers come into being."""
    try:
        return await asyncio.to_thread(simulated.set_phone, _e164(number), body)
    except (TypeError, ValueError) as error:
        field, colon, detail = str(error).partition(": ")
        raise ProblemError(
            422, detail if colon else str(error), field=field if colon else "body"
        ) from None


class TrunkBody(BaseModel):
    """What becomes of a trunk's calls: up, refuse (503), broken (500), barred (403), no_route
    (404), announce (183, then 503), silent (nothing is ever answered)."""

    model_config = ConfigDict(extra="forbid")

    behaviour: str = Field(max_length=16)


@router.put("/simulator/trunks/{name}")
async def put_trunk(
    name: Annotated[str, Path(max_length=16)],
    body: TrunkBody,
    caller: Annotated[Caller, Depends(allowed(Right.SIMULATE))],
    simulated: Simulated,
) -> dict[str, str]:
    """What the network does with every call of one trunk, from the next one on."""
    try:
        await asyncio.to_thread(simulated.set_trunk, name, body.behaviour)
    except ValueError as error:
        field, _, detail = str(error).partition(": ")
        raise ProblemError(422, detail, field=field) from None
    return {"name": name, "behaviour": body.behaviour}


@router.get("/simulator/calls")
async def list_calls(caller: Reader, simulated: Simulated) -> Page[dict[str, Any]]:
    """Every INVITE that the network saw from the station, oldest first."""
    return Page[dict[str, Any]](items=await asyncio.to_thread(simulated.calls))


def _e164(number: str) -> str:
    return "+" + re.sub(r"[^0-9]", "", number.removeprefix("%2B"))
