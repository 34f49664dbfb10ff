"""The HTTP API, one module a resource."""

from fastapi import APIRouter

from web.api import (
    calendars,
    health,
    holidays,
    images,
    incidents,
    instructions,
    lines,
    logbook,
    on_test,
    plan_drafts,
    plan_standing,
    plans,
    proofs,
    recordings,
    rosters,
    services,
    signals,
    simulator,
    sites,
    tasks,
)

router = APIRouter(prefix="/api/v1")
for module in (
    signals,
    incidents,
    logbook,
    recordings,
    images,
    services,
    tasks,
    sites,
    on_test,
    instructions,
    calendars,
    plans,
    plan_drafts,
    plan_standing,
    proofs,
    health,
    lines,
    holidays,
    rosters,
    simulator,
):
    router.include_router(module.router)
