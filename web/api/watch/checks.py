"""``checks``: what people check again and again at the station, and how each stands."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from callflow.core.people.users import Role
from callflow.core.watch.checks import Check, Period, Proof, Source, Standing, Stands
from callflow.handling.base.fields import Line, Long, Short
from callflow.handling.watch import checks
from callflow.texts.station import checks as texts
from web.access.bearer import Administrator, Reader
from web.api.shapes import Body
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES
from web.station import Here

router = APIRouter(tags=["checks"], responses=RESPONSES)

_Id = Annotated[str, Field(pattern=f"^{checks.NAME.pattern}$", max_length=64)]
_Figure = Annotated[float | None, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
_Reason = Annotated[Line, Query(min_length=1, description="Why, for the audit")]


class CheckIn(Body):
    """What is checked, how often, by whom, and what proves it."""

    title: Line = Field("", max_length=200, description="Empty: as the usual list has it")
    text: Long = Field("", description="What to do; empty: as the usual list has it")
    period: Period
    who: Literal["operator", "supervisor", "administrator"] = "operator"
    proof: Proof = Proof.SIGNATURE
    unit: Short = Field("", description="Of its figure")
    lowest: _Figure = None
    highest: _Figure = None
    source: Source | None = Field(None, description="What the machine sees by itself")
    subject: Short = Field("", description="Of the source: a part, or a panel's account")


class CheckOut(BaseModel):
    """A check as it stands."""

    id: str
    title: str
    text: str
    period: Period
    who: str
    proof: Proof
    unit: str
    lowest: float | None
    highest: float | None
    source: Source | None
    subject: str
    stands: Stands
    due_at: datetime
    late_at: datetime
    done_at: datetime | None = Field(description="The last time, whatever came of it")
    done_by: str | None = Field(description="Empty: the machine saw it")
    ok: bool | None


class ChecksOut(BaseModel):
    """Those that are asked for: what failed first, then what is late, due, done."""

    items: list[CheckOut]
    next: None = None


@router.get("/checks")
async def list_checks(caller: Reader, station: Here) -> ChecksOut:
    """Every check and how it stands."""
    now = station.clock()
    found = await station.store.read(lambda tx: checks.standings(tx, now))
    return ChecksOut(items=[_out(one) for one in found])


@router.put("/checks/{check_id}", status_code=204, responses=CONFLICT)
async def put_check(check_id: _Id, body: CheckIn, caller: Administrator, station: Here) -> None:
    """It is asked for like this; one that is new, or was taken away, from now on."""
    now = station.clock()
    asked = body.model_dump() | {"who": Role(body.who)}
    wanted = Check(id=check_id, since=now, **asked)
    await station.store.write(lambda tx: checks.put(tx, wanted, caller.name, now))


@router.delete("/checks/{check_id}", status_code=204, responses=NOT_FOUND)
async def retire_check(
    check_id: _Id, reason: _Reason, caller: Administrator, station: Here
) -> None:
    """It is asked for no more; when it was done stays known."""
    now = station.clock()
    await station.store.write(lambda tx: checks.retire(tx, check_id, reason, caller.name, now))


def _out(one: Standing) -> CheckOut:
    check, last = one.check, one.last
    return CheckOut(
        id=check.id,
        title=texts.title(check.id, check.title, "en") or check.id,
        text=texts.text(check.id, check.text, "en"),
        period=check.period,
        who=check.who.value,
        proof=check.proof,
        unit=check.unit,
        lowest=check.lowest,
        highest=check.highest,
        source=check.source,
        subject=check.subject,
        stands=one.stands,
        due_at=one.due_at,
        late_at=one.late_at,
        done_at=last.at if last else None,
        done_by=last.by if last else None,
        ok=last.ok if last else None,
    )
