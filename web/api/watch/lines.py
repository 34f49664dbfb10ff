"""``GET lines``: the lines that signals arrive on, and the panels that need a look."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from callflow.handling.base.fields import ACCOUNT
from callflow.handling.watch import lines
from callflow.handling.watch.lines import Trouble
from web.access.bearer import Reader
from web.api import paging
from web.api.shapes import Page
from web.kit.problems import RESPONSES
from web.station import Here

router = APIRouter(tags=["lines"], responses=RESPONSES)


class LineOut(BaseModel):
    """One line; counters are since its process began."""

    line: str
    protocol: str
    mode: str = Field(description="server, client or udp")
    state: str = Field(description="listening, connected, reconnecting or down")
    ok: bool = Field(description="Whether an alarm could arrive on it, as far as anybody can tell")
    peer: str
    last_at: datetime | None = Field(description="The last good message")
    per_minute: float
    received: int | None = Field(description="null where it is not counted")
    bad: dict[str, int] = Field(description="Bad frames by reason")
    heartbeat: str = Field(description="none (nothing sends one), ok or lost")


class PanelOut(BaseModel):
    """An account as it is declared and heard."""

    account: str
    site: str | None
    line: str | None = Field(description="Where it is declared to be heard")
    last_line: str
    last_heard: datetime | None
    skew: float | None = Field(description="Seconds its clock is ahead of ours")
    poll_every: float | None = Field(description="seconds")
    test_every: float | None = Field(description="hours")
    test_due: datetime | None
    keyed: bool
    troubles: list[Trouble]


class StrangerOut(BaseModel):
    """An account that is heard and belongs to no site."""

    account: str
    line: str
    last_heard: datetime | None
    signals: int = Field(description="Among the station's newest")
    key_missing: bool


class LinesOut(Page[LineOut]):
    """Every line, and one page of panels."""

    connections: int
    not_stored_since: datetime | None = Field(description="Since when nothing is acknowledged")
    panels: Page[PanelOut]
    troubles: dict[str, int] = Field(description="How many accounts have each; `accounts`: all")
    unknown_accounts: list[StrangerOut]


@router.get("/lines")
async def get_lines(
    caller: Reader,
    station: Here,
    account: Annotated[
        str | None,
        Query(pattern=ACCOUNT, description="Panels whose account begins so; else ill ones"),
    ] = None,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> LinesOut:
    """Lines; panels that need a look, paged by `panels.next`; accounts that nobody declared."""
    start = paging.decode(after, 1)[0] if after is not None else ""
    now = station.clock()
    found = await station.store.read(
        lambda tx: lines.lines(tx, now, begins=account, after=start, limit=limit)
    )
    return LinesOut(
        items=[_line(line) for line in found.lines],
        connections=found.connections,
        not_stored_since=found.not_stored_since,
        panels=Page[PanelOut](
            items=[PanelOut.model_validate(asdict(panel)) for panel in found.panels],
            next=paging.encode(found.next) if found.next is not None else None,
        ),
        troubles=found.troubles,
        unknown_accounts=[StrangerOut.model_validate(asdict(s)) for s in found.strangers],
    )


def _line(line: lines.Line) -> LineOut:
    told = asdict(line)
    return LineOut(**{"line": told.pop("name"), "ok": line.well} | told)
