"""What every answer carries, on every route: its type, who may read it, how long it may be kept."""

from __future__ import annotations

import re
from itertools import product

import httpx
import pytest
from fastapi import FastAPI

from callflow.core.calls.call import Outcome
from callflow.core.people.users import User
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.people import users
from tests.support.pages.routes import PUBLIC, Route, all_routes, routes
from tests.support.pages.visitors import Person, headers_of
from tests.support.stations.web_station import WebStation
from web.access.users import Role
from web.app import create_app

#: They hang where nobody has a keyboard: who opened one goes back to the organs.
ON_THE_WALL = ("/station/wall", "/wallboard")


def everybody(tx: Tx) -> dict[str, User]:
    return {row.name: row for row in users.users(tx)}


@pytest.fixture(autouse=True)
def closing(app: FastAPI) -> None:
    """Streams end at once: a test reads whole answers."""
    app.state.closing.set()


async def answers(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> list[tuple[Route, httpx.Response]]:
    """Every GET route's answer to an administrator, by session or by token; of an alarm that is."""
    station.site()
    row = station.alarm()
    call = station.call(Outcome.NO_ANSWER, seconds=1)
    by_session = await headers_of(station, app, "ana", Role.ADMINISTRATOR)
    by_token = {"Authorization": f"Bearer {station.token()}"}
    known = {"site_id": "1001", "incident_id": row.id, "call_id": call, "recording_id": call}

    def address(route: Route) -> str:
        named = re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], m[0]), route.path)
        return re.sub(r"\{[^}]+\}", "nothing", named)

    return [
        (
            route,
            await stranger.get(address(route), headers=by_token if route.by_token else by_session),
        )
        for route in all_routes(app)
        if route.method == "GET"
    ]


async def test_every_answer_says_what_it_is_is_kept_nowhere_and_has_the_way_out(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    wrong, pages = [], []
    for route, answer in await answers(station, app, stranger):
        kind = answer.headers.get("content-type", "")
        text = kind.startswith("text/") and not kind.startswith("text/event-stream")
        if answer.content and (not kind or (text and "charset=utf-8" not in kind.lower())):
            wrong.append(f"{route}: {kind!r}")
        if "no-store" not in answer.headers.get("cache-control", ""):
            wrong.append(f"{route}: {answer.headers.get('cache-control')}")
        if answer.headers.get("x-content-type-options") != "nosniff":
            wrong.append(f"{route}: sniffed")
        own = (route.method, route.path) not in PUBLIC and route.path not in ON_THE_WALL
        if own and "<html" in answer.text and answer.status_code == 200:
            pages.append((str(route), 'action="/logout"' in answer.text))
    assert wrong == []
    assert len(pages) > 10
    assert [page for page, has_the_way_out in pages if not has_the_way_out] == []


async def test_no_page_of_another_site_reads_an_answer(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    mine = await headers_of(station, app, "ana", Role.ADMINISTRATOR)
    foreign = {**mine, "Origin": "https://evil.example"}
    asked = {**foreign, "Access-Control-Request-Method": "PUT"}
    for route in routes(app):
        if route.method == "GET":
            answer = await stranger.get(route.address, headers=foreign)
            assert not [name for name in answer.headers if name.startswith("access-control")]
        before = await stranger.options(route.address, headers=asked)
        assert before.status_code in (404, 405), str(route)
        assert not [name for name in before.headers if name.startswith("access-control")]


async def test_where_pages_come_over_tls_nothing_is_asked_for_in_clear(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    assert "strict-transport-security" not in (await stranger.get("/login")).headers
    base = station.settings.model_dump() | {"public_url": "https://alarms.example"}
    over_tls = create_app(Settings(**base), station.store, station.vault)
    for path in ("/login", "/nothing", "/api/v1/sites", "/static/callflow.css", "/healthz"):
        answer = await Person(over_tls).see(path)
        kept = answer.headers["strict-transport-security"]
        assert int(kept.removeprefix("max-age=").partition(";")[0]) >= 31_536_000
        assert "includeSubDomains" in kept


async def test_a_method_that_nobody_needs_does_nothing(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    mine = await headers_of(station, app, "ana", Role.ADMINISTRATOR)
    paths = ("/", "/login", "/people", "/api/v1/sites", "/static/callflow.css")
    for method, path in product(("TRACE", "TRACK", "CONNECT", "PATCH", "PROPFIND"), paths):
        answer = await stranger.request(method, path, headers={**mine, "X-Mine": "1"})
        assert answer.status_code in (400, 404, 405), path
        assert "X-Mine" not in answer.text
        assert mine["Cookie"] not in answer.text


async def test_no_header_or_field_makes_one_method_another(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    bearer = {"Authorization": f"Bearer {station.token(Role.READER)}"}
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = await stranger.get("/api/v1/sites/9", headers={**bearer, name: "PUT"})
        assert answer.status_code == 404
        answer = await stranger.get("/api/v1/sites?_method=PUT", headers=bearer)
        assert answer.json()["items"] == []


async def test_an_error_of_ours_tells_nothing_of_itself(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    @app.get("/api/v1/broken")
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("SELECT secret FROM user_account")

    for path in ("/broken", "/api/v1/broken"):
        answer = await stranger.get(path)
        assert answer.status_code == 500
        for inside in ("SELECT", "secret", "RuntimeError", "Traceback", ".py"):
            assert inside not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_there_is_no_listing_no_source_and_no_console(stranger: httpx.AsyncClient) -> None:
    for path in (
        *("/static/", "/static/console/", "/.git/config", "/static/.git/config", "/backup.zip"),
        *("/static/../app.py", "/static/%2e%2e/app.py", "/static/v-1/..%2f..%2fapp.py"),
        *("/docs", "/redoc", "/openapi.json", "/api/v1/docs", "/debug"),
    ):
        assert (await stranger.get(path)).status_code in (404, 405), path


async def test_what_a_form_does_not_have_changes_nothing(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    """Nobody becomes an administrator by one more field, twice the same, or one in the address."""
    station.user("ana", Role.ADMINISTRATOR)
    ana = Person(app, "ana")
    await ana.log_in()
    token = await ana.csrf()
    answer = await ana.client.post(
        "/people?role=administrator&name=eve",
        data={
            "csrf": token,
            "name": "yves",
            "role": "reader",
            "password": "une nuit sans lune",
            "id": "root",
            "disabled_at": "",
            "totp": "x",
        },
    )
    assert answer.status_code == 303
    shown = (await ana.see("/people")).text
    assert "eve" not in re.findall(r"<bdi>(\w+)</bdi>", shown)
    row = station.store.read_now(everybody)["yves"]
    assert (row.role, row.totp, row.id == "root") == ("reader", None, False)
    yves = Person(app, "yves")
    await yves.log_in("une nuit sans lune")
    own = {"current": "une nuit sans lune", "password": "une autre nuit", "again": "une autre nuit"}
    await yves.send("/account/password", **own, role="administrator", user_id="ana")
    assert station.store.read_now(everybody)["yves"].role == "reader"


async def test_what_the_interface_does_not_know_is_refused(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    station.site()
    bearer = {"Authorization": f"Bearer {station.token()}"}
    body = (await stranger.get("/api/v1/sites/1001", headers=bearer)).json()
    for more in ({"is_admin": True}, {"updated_by": "x"}):
        answer = await stranger.put("/api/v1/sites/1001", json={**body, **more}, headers=bearer)
        assert answer.status_code == 422
        assert answer.json()["field"] == next(iter(more))
