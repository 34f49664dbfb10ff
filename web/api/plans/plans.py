"""``plans``: the newest version of each, their versions, pictures, and ways back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from callflow.core.plans import picture as plan_picture
from callflow.core.plans import text
from callflow.core.plans.call_plan import Plan, from_json
from callflow.core.plans.standing import Standing
from callflow.handling.base.fields import Identifier
from callflow.handling.plans import plans
from callflow.storage import Tx
from callflow.storage.sites import sites
from web.access.bearer import Caller, Configurer, Reader
from web.api.plans.shapes import (
    AS_TEXT,
    REQUEST,
    ChangeOut,
    PlanIn,
    PlanOut,
    RollBackIn,
    VersionOut,
    out,
    sent_plan,
    wants_text,
)
from web.api.shapes import Page
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, ProblemError
from web.station import Here, Station

router = APIRouter(tags=["plans"], responses=RESPONSES)

VersionNumber = Annotated[int, Path(ge=1, le=10**6)]
Sent = Annotated[PlanIn, Depends(sent_plan)]
_TEXT: dict[int | str, dict[str, Any]] = {200: AS_TEXT}


@router.get("/plans")
async def list_plans(
    caller: Reader,
    station: Here,
    state: Annotated[Standing | None, Query(description="Left out: those in use")] = None,
) -> Page[PlanOut]:
    """The newest version of each plan that sites may follow, by id; or of each that is
    withdrawn."""
    gone = state is Standing.WITHDRAWN
    bodies = await station.store.read(lambda tx: sites.plan_bodies(tx, withdrawn=gone))
    return Page[PlanOut].model_validate({"items": bodies, "next": None})


@router.get("/plans/{plan_id}", response_model=PlanOut, responses={**NOT_FOUND, **_TEXT})
async def get_plan(
    plan_id: Identifier, caller: Reader, station: Here, request: Request
) -> PlanOut | Response:
    """The newest version of a plan; as text where `Accept` says `application/yaml`."""
    return answer(request, await station.store.read(lambda tx: plans.get_version(tx, plan_id)))


@router.post("/plans", status_code=201, responses=CONFLICT, openapi_extra=REQUEST)
async def publish_plan(caller: Configurer, body: Sent, station: Here) -> PlanOut:
    """Publishes a plan as its next version, without a draft; running incidents keep theirs
    (invariant 7). Errors of the plan itself refuse it, and so does that it could reach nobody at
    any site that follows it; its sites are not looked at any further."""
    return await _publish(body, caller, station)


@router.put("/plans/{plan_id}", responses=CONFLICT, openapi_extra=REQUEST)
async def put_plan(plan_id: Identifier, caller: Configurer, body: Sent, station: Here) -> PlanOut:
    """The same, by its address."""
    return await _publish(checked_id(plan_id, body), caller, station)


@router.get("/plans/{plan_id}/versions", responses=NOT_FOUND)
async def list_versions(plan_id: Identifier, caller: Reader, station: Here) -> Page[VersionOut]:
    """Every version: who published it, when and why; oldest first."""
    versions = await station.store.read(lambda tx: plans.history(tx, plan_id))
    return Page(items=[VersionOut.model_validate(each) for each in versions])


@router.get(
    "/plans/{plan_id}/versions/{version}", response_model=PlanOut, responses={**NOT_FOUND, **_TEXT}
)
async def get_version(
    plan_id: Identifier, version: VersionNumber, caller: Reader, station: Here, request: Request
) -> PlanOut | Response:
    """One version, as it was published; as text where `Accept` says `application/yaml`."""
    plan = await station.store.read(lambda tx: plans.get_version(tx, plan_id, version))
    return answer(request, plan)


@router.get("/plans/{plan_id}/compare", responses=NOT_FOUND)
async def compare(
    plan_id: Identifier,
    caller: Reader,
    station: Here,
    before: Annotated[int, Query(alias="from", ge=1, le=10**6)],
    after: Annotated[
        int | None, Query(alias="to", ge=1, le=10**6, description="Left out: the draft")
    ] = None,
) -> Page[ChangeOut]:
    """What changes from one version to another, or to the draft."""
    changes = await station.store.read(lambda tx: plans.compare(tx, plan_id, before, after))
    items = [change.to_json() for change in changes]
    return Page[ChangeOut].model_validate({"items": items, "next": None})


@router.post("/plans/{plan_id}/roll-back", status_code=201, responses={**NOT_FOUND, **CONFLICT})
async def roll_back(
    plan_id: Identifier, body: RollBackIn, caller: Configurer, station: Here
) -> PlanOut:
    """Publishes what an earlier version says as the next one."""
    now, number = station.clock(), body.version
    reach = await station.store.read(lambda tx: plans.reach_of(tx, plan_id, number, now))
    fresh = await station.store.write(
        lambda tx: plans.roll_back(tx, plan_id, number, caller.name, now, why=body.why, reach=reach)
    )
    return PlanOut.model_validate(fresh)


@router.get(
    "/plans/{plan_id}/picture.svg",
    response_class=Response,
    responses={**NOT_FOUND, 200: {"content": {"image/svg+xml": {}}}},
)
async def picture(
    plan_id: Identifier,
    caller: Reader,
    station: Here,
    version: Annotated[int | None, Query(ge=1, le=10**6)] = None,
    draft: bool = False,
    language: Annotated[str, Query(pattern="^(fr|en)$")] = "fr",
) -> Response:
    """A version (the newest unless said), or the draft, as a picture."""

    def read(tx: Tx) -> Plan:
        if draft:
            return from_json(plans.get_draft(tx, plan_id).body)
        return plans.get_version(tx, plan_id, version)

    svg = plan_picture.draw(await station.store.read(read), language)
    return Response(svg, media_type="image/svg+xml")


def answer(request: Request, plan: Plan) -> PlanOut | Response:
    """A plan as JSON, or as text where that is asked for."""
    if wants_text(request):
        return Response(text.write(plan), media_type="application/yaml")
    return out(plan)


def checked_id(plan_id: str, body: PlanIn) -> PlanIn:
    """The plan that was sent, of the id in the address. Raises ProblemError."""
    if body.id != plan_id:
        raise ProblemError(422, "it differs from the address", field="id")
    return body


async def _publish(body: PlanIn, caller: Caller, station: Station) -> PlanOut:
    fields = body.fields()
    now = station.clock()
    reach = await station.store.read(lambda tx: plans.reach(tx, from_json(fields), now))

    def write(tx: Tx) -> PlanOut:
        fresh = plans.publish_checked(tx, fields, caller.name, now, reach=reach)
        return PlanOut.model_validate(fresh)

    return await station.store.write(write)
