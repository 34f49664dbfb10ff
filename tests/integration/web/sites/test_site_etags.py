"""Two programs that change a site: whoever names the site that they read overwrites nobody."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.storage import Store, Tx
from tests.support.stations.web_station import WebStation, site_body

pytestmark = pytest.mark.both_databases

SITE = "/sites/1001"


@pytest.fixture
def station_url(database_url: str) -> str:
    """On each database."""
    return database_url


@pytest.fixture
def shop(station: WebStation) -> dict[str, Any]:
    station.site()
    return {**site_body(), "name": "Boutique"}


async def etag(api: httpx.AsyncClient) -> str:
    return (await api.get(SITE)).headers["ETag"]


async def test_the_second_of_two_is_told_and_overwrites_nothing(
    api: httpx.AsyncClient, shop: dict[str, Any]
) -> None:
    read = await etag(api)
    assert await etag(api) == read
    first = await api.put(SITE, json=shop, headers={"If-Match": read})
    late = await api.put(SITE, json={**shop, "name": "Magasin"}, headers={"If-Match": read})
    assert (first.status_code, late.status_code) == (200, 412)
    assert first.headers["ETag"] == late.headers["ETag"] == await etag(api) != read
    assert "read it again" in late.json()["detail"]
    assert (await api.get(SITE)).json()["name"] == "Boutique"


async def test_without_it_a_site_is_created_and_replaced(
    api: httpx.AsyncClient, shop: dict[str, Any]
) -> None:
    assert (await api.put(SITE, json=shop)).status_code == 200
    there = {"If-Match": await etag(api)}
    other = site_body("1007")
    assert (await api.put("/sites/1007", json=other, headers=there)).status_code == 412
    assert (await api.get("/sites/1007")).status_code == 404
    assert (await api.put("/sites/1007", json=other)).status_code == 201


@pytest.mark.parametrize("wrong", ["*", "5f2a", 'W/"5f2a"', '"a", "b"', '""'])
async def test_what_names_no_revision_is_refused(
    api: httpx.AsyncClient, shop: dict[str, Any], wrong: str
) -> None:
    assert (await api.put(SITE, json=shop, headers={"If-Match": wrong})).status_code == 412


async def test_another_sites_change_of_a_person_of_both_counts(
    station: WebStation, api: httpx.AsyncClient, shop: dict[str, Any]
) -> None:
    read = await etag(api)
    person = {**shop["contacts"][0], "name": "Anne Autrement"}
    body = {**site_body("1007", contacts=[person]), "shared": True}
    assert (await api.put("/sites/1007", json=body)).is_success
    assert await etag(api) != read
    assert (await api.put(SITE, json=shop, headers={"If-Match": read})).status_code == 412


async def test_who_changes_it_at_this_moment_is_waited_for(
    station: WebStation, api: httpx.AsyncClient, shop: dict[str, Any]
) -> None:
    """Another process has written and not committed."""
    read = {"If-Match": await etag(api)}
    other = Store(station.store.url, mac=station.vault.seal)
    written, go_on = threading.Event(), threading.Event()

    def slowly(tx: Tx) -> None:
        sites.put_site(tx, station.vault, "1001", Site.read(shop), "odile", clock.now())
        written.set()
        assert go_on.wait(30)

    first = asyncio.create_task(asyncio.to_thread(other.write_now, slowly))
    assert await asyncio.to_thread(written.wait, 30)
    second = asyncio.create_task(api.put(SITE, json={**shop, "name": "Magasin"}, headers=read))
    done, _ = await asyncio.wait([second], timeout=0.3)
    assert not done, "it waits"
    go_on.set()
    await first
    assert (await second).status_code == 412
    other.close()
    assert (await api.get(SITE)).json()["name"] == "Boutique"
