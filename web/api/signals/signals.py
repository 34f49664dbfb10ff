"""``POST signals`` (a panel by webhook) and ``GET signals``: every stored one."""

import hashlib
import secrets
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request

from callflow.clock import monotonic
from callflow.core.signals import blocks
from callflow.core.signals.protocol import Heard
from callflow.core.signals.signal import UNBOUND, WEBHOOK, Signal
from callflow.handling.base import storing
from callflow.handling.base.fields import ACCOUNT
from callflow.storage import Tx
from callflow.storage.signals import signals
from callflow.storage.sites import sites
from web.access.bearer import Caller, Reader, allowed
from web.access.users import Right
from web.api import paging
from web.api.shapes import Page, SignalIn, SignalOut, Stored
from web.kit.problems import CONFLICT, RESPONSES, TOO_MANY, ProblemError
from web.station import Here

router = APIRouter(tags=["signals"], responses=RESPONSES)

#: Signals a second that one token may send for long, and how many at once.
RATE, BURST = 200.0, 1000.0
#: Two panels' keys never meet, nor do a key and what a DC-09 line makes up.
_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Sent again with the same body: the same signal, stored once",
    ),
]


async def _sender(
    request: Request, caller: Annotated[Caller, Depends(allowed(Right.SEND))]
) -> Caller:
    """Who sends, unless it sends faster than it may: it must not slow the others down."""
    wait = request.app.state.rates.wait(caller.id, monotonic())
    if wait is not None:
        raise ProblemError(
            429, f"at most {RATE:.0f} signals a second", headers={"Retry-After": str(wait)}
        )
    return caller


@router.post("/signals", status_code=201, responses=CONFLICT | TOO_MANY)
async def store_signal(
    body: SignalIn,
    caller: Annotated[Caller, Depends(_sender)],
    station: Here,
    idempotency_key: _Key = None,
) -> Stored:
    """Stores one message; answered after the commit. Not answered 201: send it again."""
    if caller.accounts is not None and body.account not in caller.accounts:
        raise ProblemError(
            403,
            "this token does not speak for this account: make one that names it",
            field="account",
        )
    signal = _signal(body, caller, station.clock(), idempotency_key)

    def store(tx: Tx) -> str:
        storing.store_signals(tx, [signal])
        sites.note_heard(tx, {signal.account: Heard(signal.received_at, signal.line)})
        kept = signals.by_deduplication(tx, signal.deduplication)
        if kept is None:
            raise RuntimeError("a stored signal is not there")
        stored = signals.get(tx, kept)
        if stored is not None and stored.raw != signal.raw:
            raise ProblemError(
                409, "this key came with another body before", field="header.Idempotency-Key"
            )
        return kept

    return Stored(id=await station.store.write(store))


def _signal(body: SignalIn, caller: Caller, now: datetime, key: str | None) -> Signal:
    if key is None:
        name = f"webhook:{secrets.token_hex(16)}"
    else:
        name = f"webhook:{hashlib.sha256(f'{caller.id}|{key}'.encode()).hexdigest()}"
    return Signal(
        account=body.account,
        format="webhook",
        code=body.code,
        zone=body.zone,
        partition=body.partition,
        text=body.text,
        user=body.user,
        raw=body.model_dump_json(exclude_defaults=True),
        received_at=now,
        panel_time=body.panel_time,
        line=UNBOUND if caller.unbound else WEBHOOK,
        extra=blocks.of_links(body.links),
        deduplication=name,
    )


@router.get("/signals")
async def list_signals(
    caller: Reader,
    station: Here,
    account: Annotated[str | None, Query(pattern=ACCOUNT)] = None,
    since: paging.Since = None,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> Page[SignalOut]:
    """Every stored signal, of unknown accounts too, oldest first."""
    start = paging.number_of(after)
    found = await station.store.read(
        lambda tx: signals.page(tx, account=account, since=since, after=start, limit=limit + 1)
    )
    shown, following = paging.page(found, limit, lambda signal: paging.encode(signal.number))
    return Page[SignalOut].model_validate({"items": shown, "next": following})
