"""The people of firms in the API, and what they did by phone on a site's page."""

from __future__ import annotations

from datetime import timedelta

import httpx

from callflow import clock
from callflow.handling.interventions.measures import open_fault
from callflow.storage.interventions import firms
from tests.support.stations.web_station import WebStation

KEEPS = {"id": "electro", "name": "Electro", "role": "maintenance", "phone": "06 39 98 10 40"}
PATH = "/firms/electro/members"


async def test_the_people_of_a_firm_are_written_and_read_without_their_codes(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site(contacts=[KEEPS])
    body = {"name": "Tom", "phone": "06 39 98 10 41", "mail": "tom@electro.example"}
    made = await api.put(f"{PATH}/tom", json=body | {"code": "258000"})
    assert made.status_code == 200
    assert (await api.get(PATH)).json()["items"] == [made.json()]
    assert made.json() == {
        **body,
        "id": "tom",
        "phone": "+33639981041",
        "language": "fr",
        "code_set": True,
        "duress_code_set": False,
    }
    assert (await api.put(f"{PATH}/tom", json=body)).json()["code_set"]  # left out: unchanged
    gone = await api.put(f"{PATH}/tom", json=body | {"code": None})
    assert not gone.json()["code_set"]
    assert (await api.delete(f"{PATH}/tom")).status_code == 204
    assert (await api.get(PATH)).json() == {"items": []}
    assert (await api.delete(f"{PATH}/tom")).status_code == 404


async def test_what_is_wrong_with_somebody_of_a_firm_is_said(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site(contacts=[KEEPS])
    assert (await api.get("/firms/nobody/members")).status_code == 404
    assert (await api.put("/firms/nobody/members/tom", json={"name": "Tom"})).status_code == 404
    for changed, field in (
        ({"code": "2580"}, "code"),
        ({"mail": "tom"}, "mail"),
        ({"code": "258000", "duress_code": "258000"}, "duress_code"),
    ):
        answer = await api.put(f"{PATH}/tom", json={"name": "Tom", **changed})
        assert (answer.status_code, answer.json()["field"]) == (422, field), changed
    taken = await api.put(f"{PATH}/electro", json={"name": "Tom"})
    assert (taken.status_code, taken.json()["field"]) == (422, "id")


async def test_a_site_s_page_shows_who_is_there_and_which_zones_are_at_fault(
    station: WebStation, api: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    station.site(contacts=[KEEPS])
    await api.put(f"{PATH}/tom", json={"name": "<b>Tom", "phone": "06 39 98 10 41"})
    now, days = clock.now(), timedelta(days=2)
    station.do(lambda tx: firms.insert_visit(tx, "1001", "tom", None, now))
    station.do(lambda tx: open_fault(tx, "1001", "3", "Zone 3 Hall", days, now, who="Tom"))
    page = (await operator.get("/sites/1001")).text
    assert "en route, annoncé à" in page
    assert "&lt;b&gt;Tom" in page
    assert "En défaut jusqu’à" in page
    assert "Zone 3 Hall" in page
