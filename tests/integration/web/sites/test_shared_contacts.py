"""A contact that other sites have is changed by one site's PUT only where it says so."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.stations.web_station import WebStation, site_body

SHARED = "1001-1"


@pytest.fixture
def sites(station: WebStation) -> None:
    """Two sites with a keyholder in common, who is the second's by another rank."""
    station.site("1001")
    others = site_body("1002")["contacts"]
    common = {**site_body("1001")["contacts"][1], "rank": 7, "authorities": {}, "language": "en"}
    station.site("1002", name="Entrepôt du Port", contacts=[*others, common])


async def got(api: httpx.AsyncClient, account: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await api.get(f"/sites/{account}")).json()
    return shown


def contact(site: dict[str, Any]) -> dict[str, Any]:
    (found,) = (one for one in site["contacts"] if one["id"] == SHARED)
    return dict(found)


@pytest.mark.usefixtures("sites")
@pytest.mark.parametrize(
    "change",
    [
        {"phone": "+33639981099"},
        {"phone": None},
        {"name": "Anne Le Bihan"},
        {"language": "fr"},
        {"code": "1357"},
        {"code": None},
        {"duress_code": "1358"},
        {"password": "coquelicot"},
        {"availability": {"week": {"mon": ["08:00-12:00"]}}},
    ],
    ids=str,
)
async def test_nothing_is_changed_without_a_word_and_the_others_are_named(
    api: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    first, second = await got(api, "1001"), await got(api, "1002")
    contact_changed = [
        {**one, **(change if one["id"] == SHARED else {})} for one in first["contacts"]
    ]
    body = {**first, "name": "Autre nom", "contacts": contact_changed}
    refused = await api.put("/sites/1001", json=body)
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["sites"] == {"1002": "Entrepôt du Port"}
    assert "Entrepôt du Port (1002)" in problem["detail"]
    assert problem["field"] == "contacts.1"
    assert (await got(api, "1001"), await got(api, "1002")) == (first, second)
    said = await api.put("/sites/1001", json={**body, "shared": True})
    assert said.status_code == 200, said.text
    assert "shared" not in said.json()
    assert (await got(api, "1001"))["name"] == "Autre nom"


@pytest.mark.usefixtures("sites")
async def test_what_was_read_is_written_and_a_sites_own_part_is_its_own(
    api: httpx.AsyncClient,
) -> None:
    for account in ("1001", "1002"):
        read = await got(api, account)
        assert (await api.put(f"/sites/{account}", json=read)).status_code == 200
    site = await got(api, "1002")
    for one in site["contacts"]:
        if one["id"] == SHARED:
            one |= {"rank": 1, "keys_held": True, "authorities": {"*": ["send_guard"]}}
    assert (await api.put("/sites/1002", json=site)).status_code == 200
    assert contact(await got(api, "1001"))["authorities"] == {"*": ["cancel"]}


@pytest.mark.usefixtures("sites")
async def test_a_contact_of_one_site_alone_is_its_own(api: httpx.AsyncClient) -> None:
    site = await got(api, "1002")
    for one in site["contacts"]:
        if one["id"] != SHARED:
            one["phone"] = "+33639981098"
    assert (await api.put("/sites/1002", json=site)).status_code == 200


@pytest.mark.usefixtures("sites")
async def test_nobody_takes_another_sites_contact_over_by_its_id(api: httpx.AsyncClient) -> None:
    mine = {**site_body("1003"), "contacts": []}
    mine["contacts"] = [{**site_body("1001")["contacts"][1], "phone": "+33639981097"}]
    refused = await api.put("/sites/1003", json=mine)
    assert refused.status_code == 409
    assert set(refused.json()["sites"]) == {"1001", "1002"}
    assert (await api.get("/sites/1003")).status_code == 404
