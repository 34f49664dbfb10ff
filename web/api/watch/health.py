"""``GET health``, and what machines ask: ``/healthz``, ``/readyz``, ``/metrics``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from callflow.handling.watch.organs import living
from callflow.storage import StoreUnavailable
from callflow.storage.people import users
from web.access.bearer import Caller, allowed_before, near
from web.access.users import Right
from web.api.watch.metrics import read_metrics
from web.kit.problems import RESPONSES
from web.station import Here, Station
from web.store_watch import AT_ONCE, soon

router = APIRouter(tags=["health"], responses=RESPONSES)
#: What this machine itself may ask, and others with a token only.
machines = APIRouter(include_in_schema=False, dependencies=[Depends(near)])


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
    """The station's health as ``handling`` sees it; within a second, else as it saw it last."""
    within = AT_ONCE if station.watch.last is not None else None
    try:
        return await soon(station.store.read(station.health), within)
    except StoreUnavailable as error:
        return station.watch.unread(error).told()


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
    receiver = any(process.role == "receiver" for process in living(processes, beats_at))
    database = station.watch.outage is None
    ready = database and receiver
    response.status_code = 200 if ready else 503
    status = "ready" if ready else "not ready"
    return {"status": status, "database": database, "receiver": receiver}


@machines.get("/metrics")
async def metrics(station: Here) -> Response:
    """Prometheus text."""
    return Response(await read_metrics(station), media_type=CONTENT_TYPE_LATEST)
