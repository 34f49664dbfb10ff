"""The HTTP API, one module a resource."""

from fastapi import APIRouter

from web.api import (
    health,
    images,
    incidents,
    lines,
    logbook,
    on_test,
    plans,
    recordings,
    services,
    signals,
    simulator,
    sites,
)

router = APIRouter(prefix="/api/v1")
for module in (
    signals,
    incidents,
    logbook,
    recordings,
    images,
    services,
    sites,
    on_test,
    plans,
    health,
    lines,
    simulator,
):
    router.include_router(module.router)
