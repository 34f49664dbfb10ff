"""What belongs to one site, incident or firm is had by way of that one only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from callflow import clock
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation, site_body
from web.access.users import Role

FIRM = {"role": "maintenance", "phone": "06 39 98 10 40"}


async def made(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def test_what_belongs_to_one_site_is_not_had_by_way_of_another(
    station: WebStation, app: FastAPI, api: httpx.AsyncClient
) -> None:
    for account in ("1001", "1002"):
        firm = {"id": f"firm-{account}", "name": account, **FIRM}
        body = site_body(account)
        await made(
            await api.put(f"/sites/{account}", json={**body, "contacts": [*body["contacts"], firm]})
        )
    until = (clock.now() + timedelta(hours=4)).isoformat()
    test = await made(
        await api.post("/sites/1001/on-test", json={"zones": ["3"], "minutes": 60, "reason": "x"})
    )
    note = await made(
        await api.post(
            "/sites/1001/instructions", json={"kind": "note", "text": "x", "ends_at": until}
        )
    )
    await made(await api.put("/firms/firm-1001/members/tom", json={"name": "Tom"}))
    wrong: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", f"/sites/1002/on-test/{test['id']}/extend", {"minutes": 120}),
        ("POST", f"/sites/1002/on-test/{test['id']}/end", None),
        ("POST", f"/sites/1002/instructions/{note['id']}/withdraw", None),
        ("POST", f"/sites/1002/instructions/{note['id']}/countersign", None),
        ("GET", "/sites/1002/contacts/1001-1/duties.ics", None),
        ("DELETE", "/firms/firm-1002/members/tom", None),
    ]
    for method, path, sent in wrong:
        answer = await api.request(method, path, json=sent)
        assert answer.status_code in (404, 422), (method, path, answer.text)
    assert (await api.get("/sites/1001/on-test")).json()["items"] == [test]
    assert (await api.get("/firms/firm-1001/members")).json()["items"] != []
    (kept,) = (await api.get("/sites/1001/instructions")).json()["items"]
    assert kept["state"] == note["state"]

    station.user("ana", Role.ADMINISTRATOR)
    ana = Person(app, "ana")
    await ana.log_in()
    before = (await api.get("/sites/1001")).json()
    for act in ("remove", "up", "save"):
        answer = await ana.send(
            f"/sites/1002/contacts/1001-1/{act}", name="eve", phone="0639981009"
        )
        assert answer.status_code >= 400, act
    for act in ("withdraw", "countersign"):
        answer = await ana.send(f"/sites/1002/instructions/{note['id']}/{act}")
        assert answer.status_code >= 400, act
    assert (await api.get("/sites/1001")).json() == before


async def test_the_simulator_is_not_there_outside_a_demo(api: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/simulator/phones/+33639981001"),
        ("PUT", "/simulator/phones/+33639981001"),
        ("PUT", "/simulator/trunks/trunk"),
        ("GET", "/simulator/calls"),
    ):
        sent = {"behaviour": "busy"} if method == "PUT" else None
        assert (await api.request(method, path, json=sent)).status_code == 404, path
