"""What is still open at an alarm, what was looked at, and what people do about it."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field

from callflow.core.alarms.checks import Looked, Result
from callflow.core.alarms.filing import Act, Open, What
from callflow.core.alarms.promise import PromiseKind
from callflow.handling.alarms.ends import reopening, signing
from callflow.handling.alarms.ends.checking import check_list
from callflow.handling.alarms.ends.filing import standing
from callflow.handling.base.fields import Line, Long
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from web.access.bearer import Handler, Reader
from web.access.users import Right
from web.api.alarms.incidents import act_on, said
from web.api.shapes import Body, IncidentOut
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, not_found
from web.station import Here

router = APIRouter(tags=["incidents"], responses=RESPONSES)

_ACTS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **CONFLICT}


class OpenOut(BaseModel):
    """One line of what is still open. `key` names it where it is signed."""

    what: What
    key: str
    name: str
    since: datetime
    who: str
    due: datetime | None
    next: list[Act]
    blocks: bool = Field(description="It keeps the alarm from being filed")
    asked_by: str = Field(description="Who asks to end it with a reason: a second person signs")


class CheckOut(BaseModel):
    """One line of what is looked at before it is filed."""

    what: Looked
    name: str
    result: Result
    late_s: float | None
    protects: bool


class EndsOut(BaseModel):
    """What is still open at an alarm, and what was looked at."""

    open: list[OpenOut]
    checks: list[CheckOut]


class SignIn(Body):
    """A line that ends by a reason."""

    what: What
    key: Long = ""
    reason: Annotated[Long, AfterValidator(said)]


class PromiseIn(Body):
    """What is owed to the site, or was left there."""

    kind: PromiseKind = PromiseKind.PROMISE
    text: Annotated[Line, AfterValidator(said)]
    owes: Line = Field("", description="Who owes it; left out: whoever writes it down")
    minutes: float = Field(60, strict=True, ge=1, le=60 * 1440)


class KeepIn(Body):
    """What was promised is done."""

    text: Long = ""


class ReopenIn(Body):
    """Why a filed alarm is opened again."""

    reason: Annotated[Long, AfterValidator(said)]


class PromiseOut(BaseModel):
    """What is owed."""

    id: str
    kind: PromiseKind
    text: str
    who: str
    due: datetime | None


@router.get("/incidents/{incident_id}/open", responses=NOT_FOUND)
async def get_open(incident_id: str, caller: Reader, station: Here) -> EndsOut:
    """What is still open, each line with its next acts and its deadline; and the check list."""
    now = station.clock()

    def read(tx: Tx) -> EndsOut:
        incident = incidents.get(tx, incident_id)
        if incident is None:
            raise not_found("incident")
        stands = standing(tx, incident, now, shown=True)
        return EndsOut(
            open=[_open(one, blocks=one in stands.open) for one in stands.list + stands.police],
            checks=[
                CheckOut(
                    what=one.what,
                    name=one.name,
                    result=one.result,
                    late_s=one.late.total_seconds() if one.late else None,
                    protects=one.protects,
                )
                for one in check_list(tx, incident, stands)
            ],
        )

    return await station.store.read(read)


def _open(one: Open, *, blocks: bool) -> OpenOut:
    return OpenOut(
        what=one.what,
        key=one.key,
        name=one.name,
        since=one.since,
        who=one.who,
        due=one.due,
        next=list(one.next),
        blocks=blocks,
        asked_by=one.signature.by if one.signature else "",
    )


@router.post("/incidents/{incident_id}/open/sign", responses=_ACTS)
async def sign(incident_id: str, body: SignIn, caller: Handler, station: Here) -> IncidentOut:
    """Ends a line with a reason. What protects people takes two, one of both a supervisor (D30):
    the first is answered 403 and the reason is noted, the second ends it by the same call."""
    supervises = Right.SUPERVISE in caller.rights

    def act(tx: Tx, now: datetime) -> object:
        return signing.sign(
            tx,
            incident_id,
            caller.name,
            body.what,
            body.key,
            body.reason,
            now,
            supervises=supervises,
            identity=f"token {caller.id}",
        )

    return await act_on(station, incident_id, act)


@router.post("/incidents/{incident_id}/promises", responses=_ACTS, status_code=201)
async def promise(incident_id: str, body: PromiseIn, caller: Handler, station: Here) -> PromiseOut:
    """Something is owed to the site, or was left there: it is open until it is done."""
    now = station.clock()

    def run(tx: Tx) -> PromiseOut:
        made = signing.promise(
            tx,
            incident_id,
            caller.name,
            body.kind,
            body.text,
            now,
            owes=body.owes,
            within=timedelta(minutes=body.minutes),
        )
        return PromiseOut(id=made.id, kind=made.kind, text=made.text, who=made.who, due=made.due_at)

    return await station.store.write(run)


@router.post("/incidents/{incident_id}/promises/{promise_id}/keep", responses=_ACTS)
async def keep(
    incident_id: str, promise_id: str, body: KeepIn, caller: Handler, station: Here
) -> IncidentOut:
    """What was promised is done, or what was left there is fetched."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: signing.keep(tx, incident_id, promise_id, caller.name, body.text, now),
    )


@router.post("/incidents/{incident_id}/reopen", responses=_ACTS)
async def reopen(incident_id: str, body: ReopenIn, caller: Handler, station: Here) -> IncidentOut:
    """A filed alarm is the caller's again, within an hour of its filing."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: reopening.reopen(tx, incident_id, caller.name, body.reason, now),
    )
