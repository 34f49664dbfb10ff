"""``GET health``, and what machines ask: ``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from callflow.handling.watch import health
from callflow.storage import StoreUnavailable, Tx
from callflow.storage.alarms import incidents
from callflow.storage.people import users
from callflow.storage.signals import signals
from web.access.bearer import Caller, allowed_before, identify, is_loopback
from web.access.users import Right
from web.kit.problems import RESPONSES, ProblemError
from web.station import Here, Station
from web.store_watch import soon

router = APIRouter(tags=["health"], responses=RESPONSES)
machines = APIRouter(include_in_schema=False)

#: A process that has not said for so long that it lives is not ready.
SILENT_AFTER = timedelta(seconds=10)


@router.get("/health")
async def get_health(
    caller: Annotated[Caller, Depends(allowed_before(Right.READ))], station: Here
) -> dict[str, Any]:
    """`status` ok, degraded or failed; processes, Asterisk, trunks, receivers.

    `sip` is what each node's Asterisk refused since its telephony began, by reason; `door` what the
    door of browsers' telephones did.
    `database.writable` false: nothing is stored, hence nothing acknowledged. Where the database
    can't be read either, the rest is what was known last.
    """
    return await read_health(station)


async def read_health(station: Station) -> dict[str, Any]:
    """The station's health as ``handling`` sees it, or saw it last."""
    try:
        return await soon(station.store.read(station.health))
    except StoreUnavailable as error:
        return station.watch.health_unread(error.reason)


@machines.get("/healthz")
async def healthz() -> dict[str, str]:
    """The web answers."""
    return {"status": "ok"}


@machines.get("/readyz")
async def readyz(station: Here, response: Response) -> dict[str, Any]:
    """Web, receiver and database; a lost Asterisk shows in health."""
    beats_at = station.watch.beats_at(station.clock())
    try:
        processes = await soon(station.store.read(users.processes))
    except StoreUnavailable:
        response.status_code = 503
        return {"status": "not ready", "database": False, "receiver": False}
    receiver = any(
        process.role == "receiver" and beats_at - process.beat_at < SILENT_AFTER
        for process in processes
    )
    database = station.watch.outage is None
    ready = database and receiver
    response.status_code = 200 if ready else 503
    status = "ready" if ready else "not ready"
    return {"status": status, "database": database, "receiver": receiver}


#: What is told of who waits on the line.
_CALLERS = {
    "waiting": "People who wait on the line for a human",
    "longest_wait": "The longest of their waits, seconds",
    "call_backs": "Callers to be called back, and instructions left on the phone to see to",
}


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


#: What strangers were refused, as `health` has it.
_REFUSED = (
    ("sip", "SIP messages refused", health.SIP_REFUSED),
    ("door", "Connections for browsers' telephones refused", health.DOOR_REFUSED),
)


def _gauges(tx: Tx, station: Station) -> CollectorRegistry:
    registry, beats_at = CollectorRegistry(), station.watch.beats_at(station.clock())
    backlog = Gauge("callflow_backlog", "Signals stored, not yet correlated", registry=registry)
    backlog.set(signals.backlog_size(tx))
    standing = Gauge(
        "callflow_incidents", "Unfiled incidents", ["state", "with_human"], registry=registry
    )
    for one in incidents.queue(tx, limit=5000):
        standing.labels(one.state.value, str(one.with_human).lower()).inc()
    health = station.health(tx)
    for name, value in health["callers"].items():
        text = _CALLERS[name]
        Gauge(f"callflow_callers_{name}", text, registry=registry).set(value)
    why = ["node", "reason"]
    for where, text, reasons in _REFUSED:
        refused = Gauge(f"callflow_{where}_refused", text, why, registry=registry)
        for node in health[where]:
            for reason in reasons:
                refused.labels(node["node"], reason).set(node.get(reason, 0))
    which = ["role", "name", "node"]
    up = Gauge("callflow_process_up", "Whether a process lives", which, registry=registry)
    restarts = Gauge("callflow_process_restarts", "Its restarts", which, registry=registry)
    for process in users.processes(tx):
        labels = [getattr(process, label) for label in which]
        up.labels(*labels).set(beats_at - process.beat_at < SILENT_AFTER)
        restarts.labels(*labels).set(process.restarts)
    writable = Gauge("callflow_database_writable", "Whether it can be written", registry=registry)
    writable.set(station.watch.outage is None)
    web = Gauge("callflow_web_info", "This process", ["pid"], registry=registry)
    web.labels(str(os.getpid())).set(1)
    return registry
