"""Behind a trusted proxy a request is its client's; and what no browser sends breaks nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.settings.config import Settings
from callflow.storage.people import access
from tests.support.web_station import NAME, PASSWORD, WebStation
from web.app import create_app

HERE, ELSEWHERE = "203.0.113.9", "203.0.113.10"


@pytest.fixture
def behind(station: WebStation) -> FastAPI:
    """The application behind a proxy on this machine."""
    base = station.settings.model_dump() | {"trusted_proxies": ["127.0.0.0/8"]}
    station.user()
    return create_app(Settings(**base), station.store, station.vault)


async def post(app: FastAPI, said: dict[str, str], forwarded: str = "", **more: str) -> int:
    headers = {"X-Forwarded-For": forwarded, **more} if forwarded else more
    return (await ask(app, "POST", "/login", headers, data=said)).status_code


async def ask(
    app: FastAPI, method: str, path: str, headers: dict[str, str], **more: dict[str, str]
) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://station") as client:
        return await client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]


RIGHT, WRONG = {"name": NAME, "password": PASSWORD}, {"name": NAME, "password": "deviné"}


async def test_one_clients_guesses_lock_no_other_client_of_the_proxy_out(behind: FastAPI) -> None:
    assert [await post(behind, WRONG, HERE) for _ in range(6)] == [401] * 5 + [429]
    assert await post(behind, RIGHT, f"{ELSEWHERE}, {HERE}") == 429  # said by the client itself
    assert await post(behind, RIGHT, ELSEWHERE) == 303


async def test_one_ipv6_subscriber_guesses_as_one(behind: FastAPI) -> None:
    tries = [await post(behind, WRONG, f"2001:db8:0:1::{n:x}") for n in range(1, 7)]
    assert tries == [401] * 5 + [429]
    assert await post(behind, RIGHT, "2001:db8:0:2::1") == 303


async def test_a_session_and_its_entry_have_the_clients_own_address(
    behind: FastAPI, station: WebStation
) -> None:
    assert await post(behind, RIGHT, "2001:db8:0:1::7") == 303
    now = clock.now()
    found = station.store.read_now(lambda tx: access.sessions(tx, now, now - timedelta(hours=1)))
    assert [row.address for row in found] == ["2001:db8:0:1::7"]


async def test_who_is_not_trusted_is_who_sends(app: FastAPI, station: WebStation) -> None:
    station.user()
    tries = [await post(app, WRONG, f"203.0.113.{n}") for n in range(1, 7)]
    assert tries == [401] * 5 + [429]


@pytest.mark.parametrize(
    "header", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP"]
)
async def test_counts_are_for_this_machine_not_for_whom_a_proxy_forwards(
    app: FastAPI, behind: FastAPI, header: str
) -> None:
    for each in (app, behind):
        assert (await ask(each, "GET", "/metrics", {})).status_code == 200
        assert (await ask(each, "GET", "/metrics", {header: "127.0.0.1"})).status_code == 401


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "", "http://station:x"])
async def test_an_origin_that_is_none_is_another_site(
    app: FastAPI, station: WebStation, origin: str
) -> None:
    station.user()
    assert await post(app, RIGHT, Origin=origin) == 403


@pytest.mark.parametrize("path", ["/", "/login", "/healthz", "/api/v1/health", "/nothing"])
@pytest.mark.parametrize("host", ["[", "[::1", "a:b:c", "http://["])
async def test_a_host_that_is_none_breaks_nothing(app: FastAPI, host: str, path: str) -> None:
    assert (await ask(app, "GET", path, {"Host": host})).status_code < 500


@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
async def test_an_address_that_is_none_leads_nowhere(
    app: FastAPI, operator: httpx.AsyncClient, header: str
) -> None:
    page = (await operator.get("/account", headers={header: "http://[", "HX-Request": "true"})).text
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    said = {"scheme": "dark", "csrf": csrf}
    answer = await operator.post("/scheme", data=said, headers={header: "http://["})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
