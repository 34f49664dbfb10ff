"""``GET health``, and what machines ask: ``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from callflow import handling
from callflow.storage import StoreUnavailable, Tx, incidents, people, signals
from web.accounts import Right
from web.bearer import Caller, allowed, identify, is_loopback
from web.problems import RESPONSES, ProblemError
from web.station import Station, station_of

router = APIRouter(tags=["health"], responses=RESPONSES)
machines = APIRouter(include_in_schema=False)

Here = Annotated[Station, Depends(station_of)]
#: A process that has not said for so long that it lives is not ready.
SILENT_AFTER = timedelta(seconds=10)


@router.get("/health")
async def get_health(
    caller: Annotated[Caller, Depends(allowed(Right.READ))], station: Here
) -> dict[str, Any]:
    """`status` ok, degraded or failed; processes, Asterisk, trunks, receivers."""
    return await read_health(station)


async def read_health(station: Station) -> dict[str, Any]:
    """The station's health as ``handling`` sees it."""
    now = station.clock()
    return await station.store.read(lambda tx: handling.health(tx, now))


@machines.get("/healthz")
async def healthz() -> dict[str, str]:
    """The web answers."""
    return {"status": "ok"}


@machines.get("/readyz")
async def readyz(station: Here, response: Response) -> dict[str, Any]:
    """Web, receiver and database; a lost Asterisk shows in health."""
    now = station.clock()
    try:
        rows = await station.store.read(people.processes)
    except StoreUnavailable:
        response.status_code = 503
        return {"status": "not ready", "database": False, "receiver": False}
    receiver = any(
        row["role"] == "receiver" and now - row["beat_at"] < SILENT_AFTER for row in rows
    )
    response.status_code = 200 if receiver else 503
    ready = "ready" if receiver else "not ready"
    return {"status": ready, "database": True, "receiver": receiver}


@machines.get("/metrics")
async def metrics(request: Request, station: Here) -> Response:
    """Prometheus text; a token with the right to read is needed off loopback."""
    if not is_loopback(request):
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        caller = await identify(station, token) if kind.lower() == "bearer" else None
        if caller is None or Right.READ not in caller.rights:
            raise ProblemError(401, "a token is needed", headers={"WWW-Authenticate": "Bearer"})
    text = generate_latest(await station.store.read(lambda tx: _gauges(tx, station)))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _gauges(tx: Tx, station: Station) -> CollectorRegistry:
    registry, now = CollectorRegistry(), station.clock()
    backlog = Gauge("callflow_backlog", "Signals stored, not yet correlated", registry=registry)
    backlog.set(signals.backlog_size(tx))
    standing = Gauge(
        "callflow_incidents", "Unfiled incidents", ["state", "with_human"], registry=registry
    )
    for row in incidents.queue(tx, limit=5000):
        standing.labels(row["state"], str(row["with_human"]).lower()).inc()
    up = Gauge("callflow_process_up", "Whether a process lives", ["role"], registry=registry)
    restarts = Gauge("callflow_process_restarts", "Its restarts", ["role"], registry=registry)
    for row in people.processes(tx):
        up.labels(row["role"]).set(now - row["beat_at"] < SILENT_AFTER)
        restarts.labels(row["role"]).set(row["restarts"])
    web = Gauge("callflow_web_info", "This process", ["pid"], registry=registry)
    web.labels(str(os.getpid())).set(1)
    return registry
