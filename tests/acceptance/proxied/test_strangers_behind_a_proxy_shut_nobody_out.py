"""Behind nginx a stranger is known by their own address: what they fill is theirs, what is this
machine's stays closed to them."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.acceptance.proxied.conftest import NAMES, Proxied
from tests.support.stations.desk import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="package")

STRANGER, OPERATOR = "127.0.0.66", "127.0.0.67"


@contextlib.asynccontextmanager
async def visitor(station: Proxied, place: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at an address of their own, who comes by nginx."""
    trusted = ssl.create_default_context(cafile=str(station.proxy.certificate))
    trusted.check_hostname = False
    transport = httpx.AsyncHTTPTransport(verify=trusted, local_address=place)
    url, headers = f"https://127.0.0.1:{station.proxy.port}", {"Host": _host(station)}
    async with httpx.AsyncClient(
        transport=transport, base_url=url, headers=headers, timeout=20
    ) as client:
        yield client


def _host(station: Proxied) -> str:
    return f"{NAMES[0]}:{station.proxy.port}"


async def test_thirty_wrong_passwords_of_a_stranger_lock_no_operator_out(station: Proxied) -> None:
    await station.user("olga", PASSWORD)
    right = {"name": "olga", "password": PASSWORD}
    async with visitor(station, STRANGER) as stranger, visitor(station, OPERATOR) as olga:
        # Whatever is written beforehand: nginx adds whom it sees.
        made_up = [f"{OPERATOR}, 198.51.100.{number}" for number in range(30)]
        wrong = {**right, "password": "deviné"}
        tries = [
            await stranger.post("/login", data=wrong, headers={"X-Forwarded-For": said})
            for said in made_up
        ]
        assert [answer.status_code for answer in tries] == [401] * 5 + [429] * 25
        assert (await stranger.post("/login", data=right)).status_code == 429
        assert (await olga.post("/login", data=right)).status_code == 303
        page = (await olga.get("/account")).text
        assert OPERATOR in page
        assert STRANGER not in page


async def test_what_machines_ask_is_closed_to_strangers(station: Proxied) -> None:
    async with visitor(station, STRANGER) as stranger:
        for path in ("/metrics", "/healthz", "/readyz"):
            assert (await stranger.get(path)).status_code == 401
            made_up = {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}
            assert (await stranger.get(path, headers=made_up)).status_code == 401
            assert (await station.api.get(f"{station.url}{path}")).is_success


async def test_a_strangers_host_has_no_pages(station: Proxied) -> None:
    async with visitor(station, STRANGER) as stranger:
        for host in (
            "evil.example",
            f"127.0.0.1:{station.proxy.port}",
            f"127.0.0.1:{station.base}",
        ):
            assert (await stranger.get("/login", headers={"Host": host})).status_code == 421
        assert (await stranger.get("/login")).status_code == 200
