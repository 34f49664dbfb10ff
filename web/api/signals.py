"""``POST signals`` (a panel by webhook) and ``GET signals``: every stored one."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query

from callflow import handling
from callflow.signal import Signal
from callflow.storage import Tx, signals
from web.accounts import Right
from web.api import paging, reading
from web.api.shapes import ACCOUNT, Page, SignalIn, SignalOut, Stored
from web.bearer import Caller, allowed
from web.problems import CONFLICT, RESPONSES, ProblemError
from web.station import Station, station_of

router = APIRouter(tags=["signals"], responses=RESPONSES)

#: Two panels' keys never meet, nor do a key and what a DC-09 line makes up.
_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="Sent again with the same body: the same signal, stored once",
    ),
]


@router.post("/signals", status_code=201, responses=CONFLICT)
async def store_signal(
    body: SignalIn,
    caller: Annotated[Caller, Depends(allowed(Right.SEND))],
    station: Annotated[Station, Depends(station_of)],
    idempotency_key: _Key = None,
) -> Stored:
    """Stores one message; answered after the commit."""
    signal = _signal(body, caller, station.clock(), idempotency_key)

    def store(tx: Tx) -> str:
        handling.store_signals(tx, [signal])
        kept = handling.signal_id(tx, signal.deduplication)
        if kept is None:
            raise RuntimeError("a stored signal is not there")
        row = signals.get(tx, kept)
        if row is not None and row["raw"] != signal.raw:
            raise ProblemError(
                409, "this key came with another body before", field="header.Idempotency-Key"
            )
        return kept

    return Stored(id=await station.store.write(store))


def _signal(body: SignalIn, caller: Caller, now: datetime, key: str | None) -> Signal:
    if key is None:
        name = f"webhook:{uuid.uuid4().hex}"
    else:
        name = f"webhook:{hashlib.sha256(f'{caller.id}|{key}'.encode()).hexdigest()}"
    return Signal(
        account=body.account,
        format="webhook",
        code=body.code,
        zone=body.zone,
        text=body.text,
        raw=body.model_dump_json(),
        received_at=now,
        line="webhook",
        deduplication=name,
    )


@router.get("/signals")
async def list_signals(
    caller: Annotated[Caller, Depends(allowed(Right.READ))],
    station: Annotated[Station, Depends(station_of)],
    account: Annotated[str | None, Query(pattern=ACCOUNT)] = None,
    since: paging.Since = None,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> Page[SignalOut]:
    """Every stored signal, of unknown accounts too, oldest first."""
    start = paging.number_of(after)
    rows = await station.store.read(
        lambda tx: signals.page(tx, account=account, since=since, after=start, limit=limit + 1)
    )
    shown, following = paging.page(rows, limit, lambda row: paging.encode(row["number"]))
    return Page[SignalOut].model_validate(
        {"items": [reading.signal(row) for row in shown], "next": following}
    )
