"""The HTTP API, one module a resource."""

from fastapi import APIRouter

from web.api.alarms import evidence, images, incidents, open_ends, reports, tasks
from web.api.calls import recordings, simulator
from web.api.desks import rosters
from web.api.interventions import measures, services
from web.api.messages import receipts, sent, subscriptions
from web.api.plans import drafts, plans, proofs, standing
from web.api.records import charges, logbook, statistics
from web.api.signals import signals
from web.api.sites import calendars, drawings, faults, holidays, instructions, on_test, sites
from web.api.watch import care, checks, health, lines, peer, probes, station

router = APIRouter(prefix="/api/v1")
for module in (
    signals,
    incidents,
    open_ends,
    evidence,
    logbook,
    statistics,
    recordings,
    images,
    reports,
    services,
    tasks,
    measures,
    charges,
    sites,
    drawings,
    on_test,
    faults,
    instructions,
    calendars,
    plans,
    drafts,
    standing,
    proofs,
    health,
    station,
    probes,
    care,
    checks,
    lines,
    peer,
    holidays,
    rosters,
    simulator,
    subscriptions,
    sent,
    receipts,
):
    router.include_router(module.router)
