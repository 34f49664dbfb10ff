"""``plans/{id}/draft``: what is being written. Its ETag is its revision: who changes it names it
in If-Match, and is told (412) where somebody else was quicker."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from callflow.core.plans import check
from callflow.core.plans.call_plan import Finding, from_json
from callflow.core.plans.version import Draft
from callflow.handling.base.fields import Identifier
from callflow.handling.plans import plans
from callflow.storage import Tx
from web.access.bearer import Configurer, Reader
from web.api.etags import IfMatch, named, needed, tag
from web.api.plans.plans import Sent, answer, checked_id
from web.api.plans.shapes import (
    AS_TEXT,
    REQUEST,
    DraftOut,
    FindingOut,
    Findings,
    PlanOut,
    PublishIn,
    out,
    wants_text,
)
from web.kit.problems import CONFLICT, NOT_FOUND, PRECONDITION, RESPONSES
from web.station import Here

router = APIRouter(tags=["plans"], responses=RESPONSES)

_CHANGED = {**NOT_FOUND, **PRECONDITION}


@router.get(
    "/plans/{plan_id}/draft", response_model=DraftOut, responses={**NOT_FOUND, 200: AS_TEXT}
)
async def get_draft(
    plan_id: Identifier, caller: Reader, station: Here, request: Request, response: Response
) -> DraftOut | Response:
    """The draft and its ETag; only the plan, as text, where `Accept` says `application/yaml`."""
    draft = await station.store.read(lambda tx: plans.get_draft(tx, plan_id))
    plan = from_json(draft.body)
    if wants_text(request):
        text = answer(request, plan)
        assert isinstance(text, Response), "asked for as text"
        text.headers["ETag"] = tag(draft.revision)
        return text
    response.headers["ETag"] = tag(draft.revision)
    return _draft(draft)


@router.put("/plans/{plan_id}/draft", responses=_CHANGED, openapi_extra=REQUEST)
async def put_draft(
    plan_id: Identifier,
    caller: Configurer,  # before the body is read
    body: Sent,
    station: Here,
    response: Response,
    if_match: IfMatch = None,
    based_on: Annotated[
        int | None,
        Query(ge=0, le=10**6, description="The version it goes on from; left out: as before"),
    ] = None,
) -> DraftOut:
    """Begins a draft, or changes the one with this ETag. It need not be sound yet."""
    fields = checked_id(plan_id, body).fields()
    revision, now = named(if_match), station.clock()

    def write(tx: Tx) -> Draft:
        plans.save_draft(tx, fields, caller.name, now, revision=revision, based_on=based_on)
        return plans.get_draft(tx, plan_id)

    draft = await station.store.write(write)
    response.headers["ETag"] = tag(draft.revision)
    return _draft(draft)


@router.delete("/plans/{plan_id}/draft", status_code=204, responses=_CHANGED)
async def delete_draft(
    plan_id: Identifier, caller: Configurer, station: Here, if_match: IfMatch = None
) -> None:
    """Throws the draft with this ETag away."""
    revision, now = needed(if_match), station.clock()
    await station.store.write(lambda tx: plans.drop_draft(tx, plan_id, revision, caller.name, now))


@router.post("/plans/{plan_id}/draft/validate", responses=NOT_FOUND)
async def validate_draft(plan_id: Identifier, caller: Reader, station: Here) -> Findings:
    """What is found in the draft, alone and at every site that follows the plan."""
    now = station.clock()
    found = await station.store.read(lambda tx: plans.validate_draft(tx, plan_id, now))
    return _findings(found)


@router.post("/plans/{plan_id}/draft/publish", status_code=201, responses={**_CHANGED, **CONFLICT})
async def publish_draft(
    plan_id: Identifier,
    body: PublishIn,
    caller: Configurer,
    station: Here,
    if_match: IfMatch = None,
) -> PlanOut:
    """Makes the draft with this ETag the next version. Errors refuse it (422, `findings`);
    warnings need a reason in `accept_warnings`."""
    revision, now = needed(if_match), station.clock()
    found = await station.store.read(lambda tx: plans.validate_draft(tx, plan_id, now))
    fresh = await station.store.write(
        lambda tx: plans.publish_draft(
            tx,
            plan_id,
            revision,
            found,
            caller.name,
            now,
            why=body.why,
            accept_warnings=body.accept_warnings,
        )
    )
    return PlanOut.model_validate(fresh)


def _draft(draft: Draft) -> DraftOut:
    return DraftOut(
        plan=out(from_json(draft.body)),
        based_on=draft.based_on,
        changed_by=draft.changed_by,
        changed_at=draft.changed_at,
    )


def _findings(found: list[Finding]) -> Findings:
    return Findings(
        publishable=not check.errors(found),
        findings=[FindingOut.model_validate(finding.to_json()) for finding in found],
    )
