"""``plans/{id}/…/simulate``, ``…/backtest``, ``…/rehearse``: proof before publishing."""

import random
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from callflow.core.signals.signal import Kind
from callflow.core.simulation import BehaviourError, timeline_to_json
from callflow.handling.alarms import rehearsing
from callflow.handling.base.fields import Identifier
from callflow.handling.plans import backtest, simulation
from callflow.storage import Tx
from web.access.bearer import Configurer, Reader
from web.api import paging, reading
from web.api.plans.plans import VersionNumber
from web.api.shapes import Body, IncidentOut, Instant
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, ProblemError
from web.station import Here

router = APIRouter(tags=["plans"], responses=RESPONSES)


class SimulateIn(Body):
    """Which alarm, where and when, and what people do."""

    site: Identifier
    kind: Kind = Kind.INTRUSION
    at: Instant | None = Field(None, description="When the alarm comes; null: now")
    behaviours: dict[str, Any] = Field(
        default_factory=dict,
        description="`contacts`, `steps`, `guards`: what each does, in order, by its id; `others`,"
        " `restored_s`. Whoever is not named doesn't answer",
    )
    random: int | None = Field(None, description="People act by chance instead, from this seed")


@router.post("/plans/{plan_id}/draft/simulate", responses=NOT_FOUND)
async def simulate_draft(
    plan_id: Identifier, body: SimulateIn, caller: Reader, station: Here
) -> dict[str, Any]:
    """Runs the draft in virtual time: who is called when, the end, and the worst case."""
    return await station.store.read(lambda tx: _simulate(tx, plan_id, body, None, station.clock()))


@router.post("/plans/{plan_id}/versions/{version}/simulate", responses=NOT_FOUND)
async def simulate_version(
    plan_id: Identifier, version: VersionNumber, body: SimulateIn, caller: Reader, station: Here
) -> dict[str, Any]:
    """The same for a published version."""
    now = station.clock()
    return await station.store.read(lambda tx: _simulate(tx, plan_id, body, version, now))


class BacktestIn(Body):
    """Which incidents: those that followed the plan, opened since then."""

    since: Instant | None = None


class CourseOut(BaseModel):
    """Who was called, in order, by contact id, and the end: a resolution code or why a human."""

    called: list[str]
    end: str
    human_after_s: float | None


class DifferenceOut(BaseModel):
    """An incident that the plan would have treated otherwise."""

    incident: str
    opened_at: datetime
    what: list[str] = Field(description="`calls`, `end`, or both")
    was: CourseOut
    would_be: CourseOut


class BacktestOut(BaseModel):
    """One page. `unlike`: incidents that their own plan, replayed, does not call as it did (an
    operator dialled, or a crash was in the way): their comparison says less."""

    examined: int
    differences: list[DifferenceOut]
    unlike: list[str]
    next: str | None = Field(description="Give it as `after` for the page that follows")


@router.post("/plans/{plan_id}/draft/backtest", responses=NOT_FOUND)
async def backtest_draft(
    plan_id: Identifier, body: BacktestIn, caller: Reader, station: Here, after: paging.After = None
) -> BacktestOut:
    """Replays the draft over the incidents that followed the plan, oldest first."""
    start = paging.moment_of(after)
    return await station.store.read(lambda tx: _backtest(tx, plan_id, body, None, start))


@router.post("/plans/{plan_id}/versions/{version}/backtest", responses=NOT_FOUND)
async def backtest_version(
    plan_id: Identifier,
    version: VersionNumber,
    body: BacktestIn,
    caller: Reader,
    station: Here,
    after: paging.After = None,
) -> BacktestOut:
    """The same for a published version."""
    start = paging.moment_of(after)
    return await station.store.read(lambda tx: _backtest(tx, plan_id, body, version, start))


def _backtest(
    tx: Tx,
    plan_id: str,
    body: BacktestIn,
    version: int | None,
    after: tuple[datetime, str] | None,
) -> BacktestOut:
    plan = simulation.plan_of(tx, plan_id, version=version, draft=version is None)
    found = backtest.backtest_page(tx, plan_id, plan, since=body.since, after=after)
    following = None if found.next is None else paging.moment(*found.next)
    return BacktestOut.model_validate({**backtest.to_json(found), "next": following})


class RehearseIn(Body):
    """Where, about what, and which version: the newest published one unless said."""

    site: Identifier
    kind: Kind = Kind.INTRUSION
    version: int | None = Field(None, ge=1, le=10**6)
    draft: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.draft and self.version is not None:
            raise ValueError("name either a version or the draft")
        return self


@router.post("/plans/{plan_id}/rehearse", status_code=201, responses={**NOT_FOUND, **CONFLICT})
async def rehearse(
    plan_id: Identifier, body: RehearseIn, caller: Configurer, station: Here
) -> IncidentOut:
    """Calls the site's real people as the plan says, announced as an exercise; its incident.

    409 while the site is in alarm.
    """
    now = station.clock()

    def write(tx: Tx) -> IncidentOut:
        plan = simulation.plan_of(tx, plan_id, version=body.version, draft=body.draft)
        incident = rehearsing.rehearse(tx, plan, body.site, body.kind, caller.name, now)
        return IncidentOut.model_validate(reading.incidents(tx, [incident])[0])

    return await station.store.write(write)


def _simulate(
    tx: Tx, plan_id: str, body: SimulateIn, version: int | None, now: datetime
) -> dict[str, Any]:
    plan = simulation.plan_of(tx, plan_id, version=version, draft=version is None)
    chance = None if body.random is None else random.Random(body.random)
    try:
        done = simulation.simulate(
            tx, plan, body.site, body.kind, body.at or now, script=body.behaviours, chance=chance
        )
    except BehaviourError as error:
        raise ProblemError(422, str(error), field="behaviours") from error
    return timeline_to_json(done.timeline, done.worst)
