"""Behind a trusted proxy a request is its client's; and what no browser sends breaks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI, Request

from callflow import clock
from callflow.settings.config import Settings
from callflow.storage.people import access
from tests.support.stations.web_station import NAME, PASSWORD, WebStation
from web.access import names
from web.access.users import Role
from web.app import create_app

Make = Callable[..., FastAPI]
HERE, ELSEWHERE = "203.0.113.9", "203.0.113.10"


@pytest.fixture
def make(station: WebStation) -> Make:
    """The application with other settings."""

    def made(**changes: str) -> FastAPI:
        settings = Settings(**station.settings.model_dump() | changes)
        return create_app(settings, station.store, station.vault)

    return made


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


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
async def test_what_machines_ask_is_for_this_machine_or_a_token(
    station: WebStation, behind: FastAPI, path: str
) -> None:
    """Behind a proxy too; nor is it for a page of elsewhere whose name leads here for a moment."""
    token = {"Authorization": f"Bearer {station.token(Role.READER)}"}
    near = await ask(behind, "GET", path, {})
    assert near.status_code in (200, 503)
    for strange in (
        {"X-Forwarded-For": HERE},
        {"X-Forwarded-For": "127.0.0.1"},  # who says that to the proxy is followed by it
        {"X-Forwarded-For": f"127.0.0.1, {HERE}"},
        {"Via": "1.1 proxy"},
        {"Host": "evil.example"},
    ):
        assert (await ask(behind, "GET", path, strange)).status_code == 401, strange
        known = await ask(behind, "GET", path, {**strange, **token})
        assert known.status_code == near.status_code
    far = httpx.ASGITransport(behind, client=("192.0.2.7", 5))
    async with httpx.AsyncClient(transport=far, base_url="http://127.0.0.1") as client:
        assert (await client.get(path)).status_code == 401


async def test_only_the_header_that_our_proxy_writes_is_believed(
    make: Make, station: WebStation
) -> None:
    """A proxy that writes the one hands the other on as the client wrote it."""
    station.user()
    app = make(trusted_proxies="127.0.0.1")
    tries = [await post(app, WRONG, HERE, Forwarded=f"for=198.51.100.{n}") for n in range(1, 7)]
    assert tries == [401] * 5 + [429]
    other = make(trusted_proxies="127.0.0.1", proxy_header="forwarded")
    tries = [
        await post(other, WRONG, f"198.51.100.{n}", Forwarded=f"for={HERE}") for n in range(1, 7)
    ]
    assert tries == [401] * 5 + [429]
    assert await post(other, RIGHT, HERE, Forwarded=f'for="{ELSEWHERE}:4711"') == 303


async def test_thirty_wrong_passwords_of_strangers_lock_no_operator_of_the_proxy_out(
    behind: FastAPI,
) -> None:
    strangers = [{"name": f"n{n}", "password": "deviné"} for n in range(31)]
    tries = [await post(behind, said, HERE) for said in strangers]
    assert tries == [401] * 30 + [429]
    assert await post(behind, RIGHT, HERE) == 429
    assert await post(behind, RIGHT, ELSEWHERE) == 303


# --- whom the pages are for -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("10.1.2.3", {}, 200),
        ("::ffff:10.1.2.3", {}, 200),
        ("10.2.0.1", {}, 403),
        ("2001:db8::1", {}, 403),
        ("127.0.0.1", {}, 200),  # this machine itself
        ("127.0.0.1", {"Host": "alarms.example"}, 200),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),  # for whom a proxy that nobody trusts asks
        ("10.9.0.1", {"X-Forwarded-For": "10.1.2.3"}, 200),
        ("10.9.0.1", {"X-Forwarded-For": HERE}, 403),
        ("10.9.0.1", {"X-Forwarded-For": f"10.1.2.3, {HERE}"}, 403),
        ("10.9.0.1", {}, 403),  # a proxy that doesn't say for whom
        ("10.1.2.3", {"X-Forwarded-For": HERE}, 200),  # nobody's word
        ("10.9.0.1", {"X-Forwarded-For": ", ".join(["10.9.0.1"] * 50)}, 403),
    ],
)
async def test_the_list_holds_for_those_for_whom_a_proxy_asks(
    make: Make, peer: str, headers: dict[str, str], status: int
) -> None:
    app = make(web_allow="10.1.0.0/16", trusted_proxies="10.9.0.1")
    transport = httpx.ASGITransport(app, client=(peer, 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/login", headers=headers)
        assert answer.status_code == status
        assert "content-security-policy" in answer.headers


# --- names ----------------------------------------------------------------------------------

NAMES = {"public_url": "https://alarms.example", "public_urls": "https://alarms.test:8443"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("alarms.example", 200),
        ("ALARMS.example:443", 200),
        ("alarms.test:8443", 200),
        ("alarms.test", 421),
        ("alarms.example:8443", 421),
        ("evil.example", 421),
        ("evil.example@alarms.example", 421),
        ("alarms.example.evil.example", 421),
        ("alarms.example/evil", 421),
        ("", 421),
        ("127.0.0.1:8000", 200),
        ("[::1]", 200),
        ("10.1.0.4", 200),
        ("localhost:8000", 200),
    ],
)
async def test_a_strangers_host_has_no_pages(make: Make, host: str, status: int) -> None:
    assert (await ask(make(**NAMES), "GET", "/login", {"Host": host})).status_code == status


async def test_behind_a_proxy_there_are_names_only(make: Make) -> None:
    app = make(**NAMES, trusted_proxies="127.0.0.1")
    said = {"X-Forwarded-For": HERE}
    assert (await ask(app, "GET", "/login", {**said, "Host": "10.1.0.4"})).status_code == 421
    assert (await ask(app, "GET", "/login", {**said, "Host": "alarms.example"})).status_code == 200


@pytest.mark.parametrize(
    ("settings", "host", "by_proxy", "where"),
    [
        ({}, "station:8000", False, "ws://station:{http}/ws"),
        ({}, "[::1]:8000", False, "ws://[::1]:{http}/ws"),
        ({}, "a;script-src *", False, "ws://127.0.0.1:{http}/ws"),
        (NAMES, "alarms.example", False, "ws://alarms.example:{http}/ws"),
        (NAMES, "alarms.example", True, "wss://alarms.example/ws"),
        (NAMES, "alarms.test:8443", True, "wss://alarms.test:8443/ws"),
        ({"telephone_url": "wss://p.example/x/ws"}, "station", False, "wss://p.example/x/ws"),
    ],
)
def test_a_telephone_is_told_where_to_connect(
    station: WebStation, settings: dict[str, str], host: str, where: str, *, by_proxy: bool
) -> None:
    own = Settings(**station.settings.model_dump() | settings)
    headers = [(b"host", host.encode())]
    scope = {"type": "http", "headers": headers, "scheme": "http", "path": "/", "query_string": b""}
    request = Request({**scope, "state": {"by_proxy": by_proxy}})
    assert names.telephone(own, request) == where.format(http=own.ports.asterisk_http)


async def test_each_name_signs_for_itself_and_devices_are_the_first_ones(
    make: Make, station: WebStation
) -> None:
    own = make(**NAMES).state.station.settings
    scope = {"type": "http", "scheme": "http", "path": "/", "query_string": b""}

    def site(host: bytes) -> names.Site:
        return names.site(own, Request({**scope, "headers": [(b"host", host)]}))

    assert site(b"alarms.example") == names.Site("https://alarms.example", "alarms.example")
    assert site(b"alarms.test:8443") == names.Site("https://alarms.test:8443", "alarms.example")
    assert site(b"10.1.0.4:8000") == names.Site("https://alarms.example", "alarms.example")
    answer = await ask(make(**NAMES), "GET", "/.well-known/webauthn", {"Host": "alarms.example"})
    assert answer.json() == {"origins": ["https://alarms.example", "https://alarms.test:8443"]}
    alone = make(public_url="https://alarms.example")
    answer = await ask(alone, "GET", "/.well-known/webauthn", {"Host": "alarms.example"})
    assert answer.status_code == 404


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
