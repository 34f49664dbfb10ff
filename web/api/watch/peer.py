"""``POST peer``: another station tells of an alarm that nobody takes there; ``POST peer/here``: it
asks whether it could."""

import hmac
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from callflow.core.signals.signal import Category, Kind
from callflow.core.station import peer
from callflow.core.station.peer import LONGEST_TEXT, SKEW, Told
from callflow.handling.watch import peers
from callflow.notify.webhook import signature
from web.access.bearer import Caller, allowed
from web.access.users import Right
from web.api.shapes import Body, Instant
from web.kit.problems import NOT_FOUND, RESPONSES, ProblemError, not_found
from web.station import Here

router = APIRouter(tags=["peer"], responses=RESPONSES)

_Name = Annotated[str, Field(min_length=1, max_length=64)]
_Text = Annotated[str, Field(max_length=LONGEST_TEXT)]


class PeerIn(Body):
    """An alarm of another station. The same `id` again is the same alarm."""

    id: _Name
    station: _Name
    kind: Kind
    category: Category
    since: Instant
    site: _Text = ""
    place: _Text = ""
    account: Annotated[str, Field(max_length=16)] = ""
    mute: bool = False
    numbers: Annotated[tuple[Annotated[str, Field(max_length=120)], ...], Field(max_length=8)] = ()


class PeerOut(BaseModel):
    """How far it is here."""

    taken: bool = Field(description="Somebody here has it")
    by: str


async def _signed(
    request: Request,
    caller: Annotated[Caller, Depends(allowed(Right.SEND))],
    station: Here,
    timestamp: Annotated[
        str, Header(alias="X-Callflow-Timestamp", max_length=20, description="Seconds since 1970")
    ] = "",
    signed: Annotated[
        str,
        Header(
            alias="X-Callflow-Signature",
            max_length=80,
            description="`sha256=` and the hex HMAC-SHA-256 of the time stamp, a full stop and the"
            " body, with `CALLFLOW_PEER_KEY`",
        ),
    ] = "",
) -> Caller:
    """Beside its token the station signs, now: 403 otherwise. 404 where this is nobody's backup
    station."""
    key = station.settings.peer_key
    if not key:
        raise not_found("peer")
    wanted = f"sha256={signature(key, timestamp, await request.body())}"
    now = station.clock().timestamp()
    fresh = timestamp.isdecimal() and abs(now - int(timestamp)) <= SKEW
    if not fresh or not hmac.compare_digest(wanted.encode(), signed.encode()):
        raise ProblemError(403, "not signed with this station's key, or not now")
    return caller


_signed.declared = allowed(Right.SEND).declared  # type: ignore[attr-defined]


class HereIn(Body):
    """Who asks."""

    station: _Name


class HereOut(BaseModel):
    """Somebody is here."""

    at: datetime = Field(description="By the clock of this station")


@router.post("/peer/here", responses=NOT_FOUND)
async def here(body: HereIn, caller: Annotated[Caller, Depends(_signed)], station: Here) -> HereOut:
    """Say that another station's alarms would be taken in here; nothing is kept."""
    return HereOut(at=station.clock())


@router.post("/peer", responses=NOT_FOUND)
async def tell(body: PeerIn, caller: Annotated[Caller, Depends(_signed)], station: Here) -> PeerOut:
    """An alarm of this station's own, once; whoever takes it here is answered when it is told
    again."""
    told = Told(**body.model_dump())
    now = station.clock()
    answer: peer.Answer = await station.store.write(lambda tx: peers.take(tx, told, now))
    return PeerOut(taken=answer.taken, by=answer.by)
