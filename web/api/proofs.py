"""``plans/{id}/…/simulate``: a plan is proved before it is published, or called upon."""

from __future__ import annotations

import random
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, Field

from callflow.handling import proving
from callflow.signal import Kind
from callflow.simulation import BehaviourError, timeline_to_json
from callflow.storage import Tx
from web.accounts import Right
from web.api.plans import Here, PlanId
from web.api.shapes import Body
from web.api.site_shapes import Identifier
from web.bearer import Caller, allowed
from web.problems import NOT_FOUND, RESPONSES, ProblemError

router = APIRouter(tags=["plans"], responses=RESPONSES)

Reader = Annotated[Caller, Depends(allowed(Right.READ))]
VersionNumber = Annotated[int, Path(ge=1, le=10**6)]


class SimulateIn(Body):
    """Which alarm, where and when, and what people do."""

    site: Identifier
    kind: Kind = Kind.INTRUSION
    at: AwareDatetime | None = Field(None, description="When the alarm comes; null: now")
    behaviours: dict[str, Any] = Field(
        default_factory=dict,
        description="`contacts`, `steps`, `guards`: what each does, in order, by its id; `others`,"
        " `restored_s`. Whoever is not named doesn't answer",
    )
    random: int | None = Field(None, description="People act by chance instead, from this seed")


@router.post("/plans/{plan_id}/draft/simulate", responses=NOT_FOUND)
async def simulate_draft(
    plan_id: PlanId, body: SimulateIn, caller: Reader, station: Here
) -> dict[str, Any]:
    """Runs the draft in virtual time: who is called when, the end, and the worst case."""
    return await station.store.read(lambda tx: _simulate(tx, plan_id, body, None, station.clock()))


@router.post("/plans/{plan_id}/versions/{version}/simulate", responses=NOT_FOUND)
async def simulate_version(
    plan_id: PlanId, version: VersionNumber, body: SimulateIn, caller: Reader, station: Here
) -> dict[str, Any]:
    """The same for a published version."""
    now = station.clock()
    return await station.store.read(lambda tx: _simulate(tx, plan_id, body, version, now))


def _simulate(
    tx: Tx, plan_id: str, body: SimulateIn, version: int | None, now: AwareDatetime
) -> dict[str, Any]:
    plan = proving.plan_of(tx, plan_id, version=version, draft=version is None)
    chance = None if body.random is None else random.Random(body.random)
    try:
        done = proving.simulate(
            tx, plan, body.site, body.kind, body.at or now, script=body.behaviours, chance=chance
        )
    except BehaviourError as error:
        raise ProblemError(422, str(error), field="behaviours") from error
    return timeline_to_json(done.timeline, done.worst)
