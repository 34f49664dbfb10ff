"""Faults over HTTP and on their page: established, agreed for, ended; the list as a table."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.web.kit.test_pages import csrf_of
from tests.support.stations.web_station import WebStation
from web.access.users import Role

Row = dict[str, Any]
FIRM = {"id": "fixit", "name": "Dépannage", "role": "maintenance", "phone": "+33639980401"}


async def test_a_program_follows_a_fault_to_its_end(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site(contacts=[FIRM])
    made = await api.post("/sites/1001/faults", json={"zone": "003", "text": "détecteur"})
    assert (made.status_code, made.json()["zone"], made.json()["account"]) == (201, "3", "1001")
    again = await api.post("/sites/1001/faults", json={"zone": "3", "text": "encore"})
    assert again.status_code == 409
    where = f"/faults/{made.json()['id']}"
    agreed = {"cause": "pile", "firm": "fixit", "appointment": "2030-01-02T09:00:00Z"}
    put = await api.put(where, json=agreed)
    assert (put.json()["cause"], put.json()["firm"]) == ("pile", "fixit")
    assert (await api.put(where, json={"firm": "nobody"})).status_code == 404
    assert [one["site"] for one in (await api.get("/faults")).json()["items"]] == ["1001"]
    ended = await api.post(f"{where}/end", json={"reason": "remplacé"})
    assert ended.json()["ended_by"] == "essai"
    assert (await api.post(f"{where}/end", json={"reason": "encore"})).status_code == 409
    assert (await api.get("/faults")).json()["items"] == []
    assert len((await api.get("/faults", params={"site": "1001"})).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"text": "x", "zone": "x" * 17}, "zone"),
        ({"text": "x", "more": 1}, "more"),
    ],
)
async def test_a_bad_body_names_its_field(
    station: WebStation, api: httpx.AsyncClient, body: Row, field: str
) -> None:
    station.site()
    answer = await api.post("/sites/1001/faults", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_only_who_handles_alarms_changes_one(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site()
    reader = {"authorization": f"Bearer {station.token(Role.READER, 'reader')}"}
    body = {"text": "détecteur"}
    assert (await api.post("/sites/1001/faults", json=body, headers=reader)).status_code == 403
    assert (await api.get("/faults", headers=reader)).is_success


async def test_its_page_and_its_table_are_made_of_what_was_typed(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site(contacts=[FIRM])
    shown = await operator.get("/faults?site=1001&zone=3")
    form = {"csrf": csrf_of(shown.text), "of": "1001", "site": "1001", "account": "1001"}
    evil = '=HYPERLINK("x")<b>'
    sent = await operator.post("/faults", data={**form, "zone": "3", "text": evil})
    assert sent.status_code == 303
    page = (await operator.get("/faults")).text
    assert "<b>" not in page.split('class="card fault')[1].split("</h2>")[0]
    twice = await operator.post("/faults", data={**form, "zone": "3", "text": "encore"})
    assert (twice.status_code, "déjà connu" in twice.text) == (409, True)
    table = await operator.get("/faults/list.csv")
    line = table.text.splitlines()[1]
    assert ";=HYPERLINK" not in line
    assert "HYPERLINK" in line
    gone = await operator.post("/faults/nothing/end", data={**form, "text": "x"})
    assert (gone.status_code, "ce défaut" in gone.text) == (409, True)


async def test_a_second_save_writes_over_nothing(
    station: WebStation, api: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    station.site(contacts=[FIRM])
    made = (await api.post("/sites/1001/faults", json={"text": "batterie"})).json()["id"]
    shown = (await operator.get("/faults?site=1001")).text
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    form = {"csrf": csrf_of(shown), "of": "1001", "seen": seen}
    first = await operator.post(f"/faults/{made}/change", data={**form, "cause": "pile"})
    assert first.status_code == 303
    second = await operator.post(f"/faults/{made}/change", data={**form, "cause": "câble"})
    assert (second.status_code, "entre-temps" in second.text) == (409, True)
    (now,) = (await api.get("/faults")).json()["items"]
    assert now["cause"] == "pile"
