"""A storm is one line of the console; its page lists the sites beneath it."""

from __future__ import annotations

import re

import httpx

from tests.support.stations.web_station import WebStation

SITES = [f"{number}" for number in range(3001, 3022)]


async def test_a_storm_is_one_line_and_its_page_lists_the_sites(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    for site in SITES:
        station.site(site, name=f"Magasin {site}")
        station.alarm(site, "AT", "")
    station.alarm(SITES[0], "FA", "3")
    station.alarm(SITES[1], "AR", "")

    console = (await operator.get("/")).text
    assert console.count('<li id="i-') == 2
    assert "défaut général" in console.lower()
    assert "21 sites" in console
    assert "incendie" in console.lower()

    items = (await api.get("/incidents", params={"limit": "100"})).json()["items"]
    storm = next(item for item in items if item["kind"] == "storm")
    parts = [item for item in items if item["storm"] == storm["id"]]
    assert (storm["signal_count"], len(parts)) == (21, 21)
    assert storm["zones"] == {"power/35000": "alarm"}
    assert "35000" in console

    page = (await operator.get(f"/incidents/{storm['id']}")).text
    assert "Sites touchés" in page
    assert all(f"Magasin {site}" in page for site in SITES)
    assert len(re.findall(r"\brétabli\b", page)) == 1
