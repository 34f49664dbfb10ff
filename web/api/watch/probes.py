"""``probes``: what administrators have asked of the station's organs, and by which limits."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr

from callflow.core.watch.organs import Part
from callflow.core.watch.probes import OFTEN, SELDOM, Means, Probe
from callflow.handling.base.fields import Identifier, Line, Short
from callflow.handling.watch import probes
from callflow.storage.watch import probes as rows
from web.access.bearer import Administrator
from web.api.shapes import Body
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES
from web.station import Here

router = APIRouter(tags=["probes"], responses=RESPONSES)

_Figure = Annotated[float | None, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
_Asked = Annotated[str, Field(max_length=500)]


class ProbeIn(Body):
    """One organ that is asked again and again."""

    name: Line = Field(min_length=1, max_length=64)
    part: Part = Field(description="Which kind of organ it is; those the station looks after: none")
    means: Means
    target: _Asked = Field(description="An address, a file's name, or a panel's account")
    asked: _Asked = Field(
        "", description="A text of the page, an object identifier, a query, a zone"
    )
    source: Short = Field("", description="The address or the network interface to ask by")
    every: int = Field(60, ge=OFTEN, le=SELDOM, description="Seconds")
    warn: _Figure = Field(None, description="Beyond it somebody should look")
    fail: _Figure = Field(None, description="Beyond it it failed")
    below: bool = Field(False, description="It is wrong below its limits")
    unit: Short = ""
    vital: bool = Field(False, description="Its failure is a vital alarm")
    enabled: bool = True
    secret: SecretStr | None = Field(
        None, description="Write-only. Left out: as it was; null: none"
    )


class ProbeOut(BaseModel):
    """One that is set."""

    id: str
    name: str
    part: Part
    means: Means
    target: str
    asked: str
    source: str
    every: int
    warn: float | None
    fail: float | None
    below: bool
    unit: str
    vital: bool
    enabled: bool
    secret_set: bool


class ProbesOut(BaseModel):
    """All of them, by part and name."""

    items: list[ProbeOut]
    next: None = None


@router.get("/probes")
async def list_probes(caller: Administrator, station: Here) -> ProbesOut:
    """What is asked."""
    found, keyed = await station.store.read(lambda tx: (rows.every(tx), set(rows.secrets(tx))))
    return ProbesOut.model_validate(
        {"items": [{**asdict(one), "secret_set": one.id in keyed} for one in found]}
    )


@router.put("/probes/{probe_id}", status_code=204, responses=CONFLICT)
async def put_probe(
    probe_id: Identifier, body: ProbeIn, caller: Administrator, station: Here
) -> None:
    """It is asked so from now on; one that is new within a minute."""
    now = station.clock()
    wanted = Probe(id=probe_id, **body.model_dump(exclude={"secret"}))
    secret = None
    if "secret" in body.model_fields_set:
        secret = body.secret.get_secret_value() if body.secret else ""
    await station.store.write(
        lambda tx: probes.put(tx, station.vault, wanted, secret, caller.name, now)
    )


@router.delete("/probes/{probe_id}", status_code=204, responses=NOT_FOUND)
async def remove_probe(probe_id: Identifier, caller: Administrator, station: Here) -> None:
    """It is asked no more; what it raised is over."""
    now = station.clock()
    await station.store.write(lambda tx: probes.remove(tx, probe_id, caller.name, now))
