"""The application factory: what is served, and how errors are said."""

import asyncio
import contextlib
import functools
import json
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from callflow import clock
from callflow.core.plans.call_plan import PlanError
from callflow.dispatch.identity import Identity, only
from callflow.handling.alarms.ends import filing
from callflow.handling.base import refusals
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Changed
from callflow.handling.interventions import services
from callflow.handling.plans.plans import Faulty
from callflow.handling.sites.contacts import SharedContact
from callflow.handling.watch import health
from callflow.probes.machine import Probe
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.people import access, users
from callflow.vault import Unreadable, Vault
from web.access import cookies, security
from web.access.addresses import Entrance, Forwarded, Proxies
from web.access.compression import Compression
from web.access.guesses import Limits
from web.access.oidc import Directory
from web.access.page_rights import leaves
from web.access.rates import Rates
from web.access.sessions import LoginNeededError, page_of_nobody, place_of
from web.api import routes as api_routes
from web.api.signals import signals
from web.api.watch.canary import heard
from web.api.watch.health import machines
from web.kit import problems
from web.kit.language import ChosenLanguage
from web.kit.problems import ProblemError
from web.kit.rendering import static_version
from web.pages import routes
from web.pages.calls import dialogues
from web.pages.calls.telephone_feed import Telephones
from web.pages.records.evidence_files import EvidenceFiles
from web.pages.sites.imports import SiteImports
from web.station import Network, Prompts, Station
from web.store_watch import StoreWatch
from web.stream import Hub

_log = structlog.get_logger()
_HERE = Path(__file__).parent
#: Refusals that the log is told of, and how many a second of them, how many at once.
_TOLD = frozenset({401, 403, 413, 415, 422, 429})
_LINES_A_SECOND, _LINES_AT_ONCE = 5.0, 200
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
#: Seconds between two signs of life; between two tries, while the database is away.
_BEAT, _RETRY = 2.0, 0.5


def create_app(
    settings: Settings,
    store: Store,
    vault: Vault,
    *,
    network: Network | None = None,
    prompts: Prompts | None = None,
    now: clock.Clock = clock.now,
    me: Identity | None = None,
) -> FastAPI:
    """The web of one instance. ``network`` is the simulated one, in demo mode; ``prompts`` is what
    callers hear."""
    begun = now()
    station = Station(
        settings=settings,
        store=store,
        vault=vault,
        clock=now,
        started_at=begun,
        me=replace(me or only(settings, "web"), since=begun),
        watch=StoreWatch(now),
        network=network if settings.demo else None,
        prompts=prompts,
    )
    app = FastAPI(
        title="Callflow",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_lifespan,
        routes=_routes(),
    )
    app.state.station = station
    app.state.closing = asyncio.Event()  # the process ends: streams end first
    app.state.hub = Hub(station)
    app.state.telephones = Telephones(station, app.state.hub)
    app.state.limits = Limits()
    app.state.site_imports = SiteImports(station)
    app.state.evidence_files = EvidenceFiles(station)
    app.state.directory = Directory(settings)
    app.state.rates = Rates(signals.RATE, signals.BURST)
    app.state.hearing = Rates(dialogues.SOUNDS_A_SECOND, dialogues.SOUNDS_AT_ONCE)
    _say_errors(app)
    app.add_middleware(Compression)
    app.add_middleware(ChosenLanguage)
    app.add_middleware(Entrance, settings=settings)
    app.add_middleware(security.Guard, over_tls=cookies.over_tls(settings))
    app.add_middleware(Forwarded, proxies=Proxies(settings))
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def read_routes() -> None:
    """Before the first request comes, which takes half a second otherwise; and before a fork."""
    for _ in leaves(_routes()):
        pass


@functools.cache
def _routes() -> list[BaseRoute]:
    """What each instance serves. They are the same for all: FastAPI reads the signatures of all
    handlers when it first looks for a route, and keeps what it read in these."""
    router = APIRouter()
    router.include_router(api_routes.router)
    router.include_router(machines)
    router.include_router(heard)
    router.include_router(routes.router)
    router.mount("/static", _Static(directory=_HERE / "static"))
    return router.routes


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    tasks = [
        asyncio.create_task(part)
        for part in (
            _beat(app.state.station, app.state.hub),
            app.state.hub.run(),
            app.state.telephones.run(),
            app.state.site_imports.run(),
        )
    ]
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield
    finally:
        app.state.closing.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await app.state.site_imports.close()
        await app.state.evidence_files.close()
        if app.state.station.prompts is not None:
            await app.state.station.prompts.close()


def _ended(task: asyncio.Task[None]) -> None:
    """A web without one of its parts tells nobody anything: the supervisor begins it again."""
    if not task.cancelled() and (error := task.exception()):
        _log.critical("web.part_ended", exc_info=error)
        signal.raise_signal(signal.SIGTERM)


async def _beat(station: Station, hub: Hub) -> None:
    """Says every two seconds that the web lives, and how the pages at the desks are."""
    probe, screens = Probe(station.settings), hub.screens
    while True:
        if station.watch.outage:  # no page can be let in to say that it draws
            screens.excuse()
        seen, used = dict(station.seen), dict(station.used)
        machine = await asyncio.to_thread(probe.look)
        told = {
            "machine": machine,
            "screens": screens.told(),
            "failing": hub.beside.failing,
        }
        live = partial(_live, station=station, seen=seen, used=used, told=told)
        await station.watch.follow(station.store.write(live))
        if not station.watch.outage:
            _forget(station.seen, seen)
            _forget(station.used, used)
        await asyncio.sleep(_RETRY if station.watch.outage else _BEAT)


def _forget(noted: dict[str, datetime], written: Mapping[str, datetime]) -> None:
    for name, at in written.items():
        if noted.get(name) == at:
            del noted[name]


def _live(
    tx: Tx,
    station: Station,
    seen: Mapping[str, datetime],
    used: Mapping[str, datetime],
    told: dict[str, Any],
) -> None:
    """The web lives, whose sessions and which tokens are used; tells of the outage that this commit
    ends."""
    now = station.clock()
    access.sessions_seen(tx, seen)
    users.tokens_used(tx, used)
    station.me.beat(tx, now, told)
    if station.watch.outage is not None:
        health.store_was_away(tx, station.watch.outage, now)


# --- errors -------------------------------------------------------------------------------


def _say_errors(app: FastAPI) -> None:
    def on(kind: type[Exception], answer: Callable[[Any], JSONResponse]) -> None:
        async def handler(request: Request, error: Exception) -> Response:
            said = answer(error)
            _tell_refused(request, said.status_code)
            shown = said if _is_machine(request) else _as_page(request, said)
            if kind is Exception:  # answered outside of every middleware
                over_tls = cookies.over_tls(request.app.state.station.settings)
                security.add(shown.headers, security.headers(over_tls=over_tls))
            return shown

        app.add_exception_handler(kind, handler)

    app.state.refused = Rates(_LINES_A_SECOND, _LINES_AT_ONCE)

    async def log_in(request: Request, error: Exception) -> Response:
        assert isinstance(error, LoginNeededError)
        if request.url.path == "/events":
            return problems.response(401, "log in again")
        if "hx-request" in request.headers:
            return Response(status_code=204, headers={"HX-Redirect": error.address})
        return RedirectResponse(error.address, 303)

    app.add_exception_handler(LoginNeededError, log_in)
    on(ProblemError, problems.of_error)
    on(PlanError, problems.of_plan)
    on(RequestValidationError, problems.of_validation)
    on(refusals.Held, lambda e: problems.response(409, str(e), holder=e.holder))
    on(refusals.NotFound, lambda e: problems.response(404, str(e)))
    on(services.NotAllowed, problems.of_gate)
    on(filing.StillOpen, problems.of_open)
    on(filing.NeedsSupervisor, problems.of_open)
    on(Changed, problems.of_changed)
    on(SharedContact, problems.of_shared)
    on(Faulty, problems.of_faulty)
    on(refusals.Refused, lambda e: problems.response(409, str(e)))
    on(BadField, lambda e: problems.response(422, e.said, field=e.field))
    on(StoreUnavailable, _unavailable)
    on(Unreadable, _unreadable)
    on(HTTPException, lambda e: problems.response(e.status_code, e.detail, headers=e.headers))
    app.add_exception_handler(405, _back_to_the_page)
    on(Exception, lambda e: problems.response(500, "an error of ours: it is in the log"))


def _tell_refused(request: Request, status: int) -> None:
    """To the log, what may be somebody's try at what is not allowed: who, from where, at what.

    Nothing of what was sent: the route's own pattern, not the address. A flood of them is cut
    short: the log is not where it fills the disk.
    """
    if status in _TOLD and request.app.state.refused.wait("", clock.monotonic()) is None:
        route = str(getattr(request.scope.get("route"), "path", "?"))
        if _is_machine(request) and not route.startswith("/api/v1"):
            route = f"/api/v1{route}"
        _log.warning(
            "web.refused",
            status=status,
            method=request.method if request.method in _METHODS else "?",
            route=route,
            who=getattr(request.state, "who", None),
            place=place_of(request),
        )


async def _back_to_the_page(request: Request, error: Exception) -> Response:
    """A form's answer has the form's address: asked for again, or in the other language, it is the
    page that the form belongs to."""
    assert isinstance(error, HTTPException)
    if request.method == "GET" and not _is_machine(request):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{_page_above(request)}{query}", 303)
    said = problems.response(405, error.detail, headers=error.headers)
    return said if _is_machine(request) else _as_page(request, said)


def _page_above(request: Request) -> str:
    """The nearest address above that can be read."""
    path = request.url.path
    while path := path.rpartition("/")[0]:
        scope = {**request.scope, "method": "GET", "path": path}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            return path
    return "/"


def _is_machine(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/metrics", "/events"))


def _as_page(request: Request, said: JSONResponse) -> Response:
    """The problem for people."""
    problem = json.loads(bytes(said.body))
    detail = problem.get("detail", "")
    wait = said.headers.get("retry-after")
    values = {
        "status": said.status_code,
        # what the status says, the page says in its own language
        "detail": "" if detail == HTTPStatus(said.status_code).phrase else detail,
        "field": problem.get("field", ""),
        "seconds": int(wait) if wait else None,
    }
    answer = page_of_nobody(request, "kit/problem.html", values, said.status_code)
    if wait:
        answer.headers["Retry-After"] = wait
    return answer


class _Static(StaticFiles):
    """Static files under a path that changes with their bytes: cached for ever.

    A page that was opened before an update asks under the old version: it gets what there is now,
    for once.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        version, _, name = path.partition("/")
        versioned = version.startswith("v-")
        answer = await super().get_response(name if versioned else path, scope)
        kept = "public, max-age=31536000, immutable" if version == static_version() else "no-cache"
        answer.headers["Cache-Control"] = kept
        return answer


def _unavailable(error: StoreUnavailable) -> JSONResponse:
    _log.debug("web.store_unavailable", reason=error.reason)  # the watch said it, once
    return problems.response(
        503, "the database does not answer: try again", headers={"Retry-After": "1"}
    )


def _unreadable(error: Unreadable) -> JSONResponse:
    _log.error("web.unreadable", reason=str(error))
    said = (
        "a secret kept here can't be read: it was altered, or kept under other keys; give it anew"
    )
    return problems.response(500, said)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The schema, with problems under the media type that they are sent with."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for path in schema["paths"].values():
            for operation in path.values():
                for status, answer in operation.get("responses", {}).items():
                    if int(status) >= 400:
                        _as_problem(answer)
        schema["components"]["schemas"].pop("HTTPValidationError", None)
        schema["components"]["schemas"].pop("ValidationError", None)
        app.openapi_schema = schema
    return app.openapi_schema


def _as_problem(answer: dict[str, Any]) -> None:
    reference = {"$ref": "#/components/schemas/Problem"}
    answer["content"] = {problems.MEDIA_TYPE: {"schema": reference}}
