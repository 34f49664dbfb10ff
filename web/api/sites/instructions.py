"""``sites/{id}/instructions``: what is agreed for a site for a while (D19)."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from callflow.core.signals.signal import Kind
from callflow.core.sites.instructions import Instruction, InstructionKind, InstructionState, Lowers
from callflow.handling.base.fields import Identifier, Long
from callflow.handling.sites import instructions
from callflow.handling.sites.shape import Phone
from callflow.storage import Tx
from callflow.storage.engine.values import columns
from callflow.storage.sites import instructions as rows
from callflow.storage.sites import sites
from web.access.bearer import Configurer, Handler, Reader
from web.api import paging
from web.api.shapes import Body, Empty, Instant, Page
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, not_found
from web.station import Here

router = APIRouter(tags=["provisional instructions"], responses=RESPONSES)

_ACTS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **CONFLICT}
#: Instructions that a site's list shows, the newest ones.
_SHOWN = 200


class InstructionIn(Body):
    """What is agreed. `plan` and `kinds` are a plan's, `contact` and `replacement` an absence's,
    `contact` and `phone` a number's."""

    kind: InstructionKind
    text: Long = ""
    begins_at: Instant | None = Field(None, description="null: now")
    ends_at: Instant = Field(description="At most 31 days after its beginning")
    plan: Identifier | None = None
    kinds: list[Kind] = Field(default_factory=list, max_length=50)
    contact: Identifier | None = None
    replacement: Identifier | None = None
    phone: Phone | None = None
    lowers_protection: bool = Field(
        False, description="Its author says so; by rule it is looked at in any case"
    )
    asked_by: Identifier | None = Field(None, description="The contact who asked for it")


class TranscriptIn(Body):
    """What was said, in writing."""

    text: Long = Field(min_length=1)
    lowers_protection: bool = Field(
        description="They find that it does; somebody else countersigns it in any case"
    )


class InstructionOut(BaseModel):
    """One provisional instruction."""

    id: str
    site: str
    kind: InstructionKind
    text: str
    begins_at: datetime
    ends_at: datetime
    plan: str | None
    kinds: list[Kind]
    contact: str | None
    replacement: str | None
    phone: str | None
    voice: str | None = Field(description="What was said on the phone: `GET recordings/spoken/…`")
    transcriber: str | None = Field(description="Who listened to it and wrote it down")
    transcribed_at: datetime | None
    state: InstructionState
    lowers_protection: bool
    lowers: list[Lowers] = Field(description="Why it lowers protection")
    expires_soon: bool = Field(description="It counts, and ends within 24 hours")
    author: str
    asked_by: str | None
    made_at: datetime
    signer: str | None
    signed_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None


def _out(made: Instruction, now: datetime) -> InstructionOut:
    return InstructionOut.model_validate(
        {
            **columns(made),
            "site": made.site_id,
            "contact": made.contact_id,
            "replacement": made.replacement_id,
            "state": made.state(now),
            "lowers_protection": bool(made.lowers),
            "expires_soon": made.expires_soon(now),
        }
    )


@router.get("/sites/{site_id}/instructions", responses=NOT_FOUND)
async def list_instructions(
    site_id: Identifier, caller: Reader, station: Here
) -> Page[InstructionOut]:
    """The site's last instructions, oldest first."""
    now = station.clock()

    def read(tx: Tx) -> list[InstructionOut]:
        if sites.get(tx, site_id) is None:
            raise not_found("site")
        return [_out(each, now) for each in reversed(rows.of_site(tx, site_id, limit=_SHOWN))]

    return Page[InstructionOut](items=await station.store.read(read))


@router.get("/instructions")
async def list_expiring(
    caller: Reader,
    station: Here,
    within_h: Annotated[float, Query(gt=0, le=31 * 24)] = 24.0,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> Page[InstructionOut]:
    """The station's instructions that end within so many hours, the soonest first."""
    now, within, last = station.clock(), timedelta(hours=within_h), paging.moment_of(after)

    def read(tx: Tx) -> Page[InstructionOut]:
        found = instructions.expiring(tx, now, within=within, after=last, limit=limit + 1)
        shown, following = paging.page(found, limit, lambda one: paging.moment(one.ends_at, one.id))
        return Page[InstructionOut](items=[_out(each, now) for each in shown], next=following)

    return await station.store.read(read)


@router.post("/sites/{site_id}/instructions", status_code=201, responses=_ACTS)
async def make(
    site_id: Identifier, body: InstructionIn, caller: Handler, station: Here
) -> InstructionOut:
    """Writes one. Where it lowers protection it is inactive until countersigned."""
    now = station.clock()
    made = Instruction(
        id="",
        site_id=site_id,
        kind=body.kind,
        begins_at=body.begins_at or now,
        ends_at=body.ends_at,
        author=caller.name,
        made_at=now,
        text=body.text,
        plan=body.plan,
        kinds=frozenset(body.kinds),
        contact_id=body.contact,
        replacement_id=body.replacement,
        phone=body.phone,
        asked_by=body.asked_by,
    )
    lowers = body.lowers_protection
    return await station.store.write(
        lambda tx: _out(instructions.make(tx, site_id, made, lowers=lowers, now=now), now)
    )


@router.post("/sites/{site_id}/instructions/{instruction}/countersign", responses=_ACTS)
async def countersign(
    site_id: Identifier,
    instruction: Identifier,
    caller: Configurer,
    station: Here,
    body: Empty | None = None,
) -> InstructionOut:
    """The second signature. 409 for its author, and where none is awaited."""
    now = station.clock()
    return await station.store.write(
        lambda tx: _out(
            instructions.countersign(tx, site_id, instruction, who=caller.name, now=now), now
        )
    )


@router.post("/sites/{site_id}/instructions/{instruction}/transcribe", responses=_ACTS)
async def transcribe(
    site_id: Identifier, instruction: Identifier, body: TranscriptIn, caller: Handler, station: Here
) -> InstructionOut:
    """Writes down what was said on the phone, by whoever has listened to it (409 otherwise); it
    counts once somebody else has countersigned it."""
    now = station.clock()
    text, lowers = body.text, body.lowers_protection
    return await station.store.write(
        lambda tx: _out(
            instructions.transcribe(
                tx, site_id, instruction, text=text, lowers=lowers, who=caller.name, now=now
            ),
            now,
        )
    )


@router.post("/sites/{site_id}/instructions/{instruction}/withdraw", responses=_ACTS)
async def withdraw(
    site_id: Identifier,
    instruction: Identifier,
    caller: Handler,
    station: Here,
    body: Empty | None = None,
) -> InstructionOut:
    """It counts no more. 409 once it is over."""
    now = station.clock()
    return await station.store.write(
        lambda tx: _out(
            instructions.withdraw(tx, site_id, instruction, who=caller.name, now=now), now
        )
    )
