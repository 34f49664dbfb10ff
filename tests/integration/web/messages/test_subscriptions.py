"""Programs that are told of events: by a page and by the API, an administrator's alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.messages.subscriptions import Subscription
from callflow.handling.base.telling import tell
from callflow.storage.messages import subscriptions as rows
from callflow.storage.records import logbook
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access.users import Role

HERE = "/settings/webhooks"
URL = "https://programme.example.org/h?cle=1"


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "odile", Role.ADMINISTRATOR) as person:
        await person.see(f"{HERE}?lang=en")
        yield person


def every(station: WebStation) -> list[Subscription]:
    found: list[Subscription] = station.store.read_now(rows.every)
    return found


async def test_the_secret_is_shown_once_and_the_program_is_looked_after(
    station: WebStation, chief: Person
) -> None:
    fields = {"name": "erp", "url": URL, "family:alarms.*": "1", "kinds": "message_sent"}
    answer = await chief.send(HERE, **fields, sites="1001, 1002", inside="1")
    (secret,) = re.findall(r'<code class="key">([^<]+)</code>', answer.text)
    shown = (await chief.see(HERE)).text
    assert secret not in shown
    assert "programme.example.org" in shown
    (one,) = every(station)
    assert (one.kinds, one.sites, one.inside) == (
        *(("alarms.*", "message_sent"), ("1001", "1002"), True),
    )
    for act, state in (("pause", "paused"), ("resume", "active")):
        assert (await chief.send(f"{HERE}/{one.id}/{act}")).status_code == 303
        assert every(station)[0].state == state
    changed = await chief.fill(HERE, f"{HERE}/{one.id}", name="erp 2", url=URL)
    assert changed.status_code == 303
    assert (every(station)[0].name, every(station)[0].kinds) == ("erp 2", ())
    assert (await chief.send(f"{HERE}/{one.id}/rien")).status_code == 404
    assert (await chief.send(f"{HERE}/{one.id}/remove")).status_code == 303
    assert every(station) == []


async def test_it_is_told_again_since_a_moment(station: WebStation, chief: Person) -> None:
    await chief.send(HERE, name="erp", url=URL)
    (one,) = every(station)
    station.do(lambda tx: tell(tx, "note", clock.now(), site="1001", note="un"))
    answer = await chief.send(f"{HERE}/{one.id}/replay", since="2020-01-01T00:00")
    assert answer.status_code == 303
    (after,) = every(station)
    assert after.position == 0
    assert after.replayed_to == one.position
    wrong = await chief.send(f"{HERE}/{one.id}/replay", since="hier")
    assert wrong.status_code == 422


async def test_what_was_typed_stands_again_where_it_is_refused(chief: Person) -> None:
    answer = await chief.send(HERE, name="erp", url="ftp://example.org", sites="1001")
    assert answer.status_code == 422
    assert 'value="ftp://example.org"' in answer.text
    assert 'value="1001"' in answer.text


async def test_a_program_of_an_administrator_keeps_them_too(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    wrong = await api.post("/subscriptions", json={"name": "a", "url": URL, "kinds": ["nul"]})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "kinds"
    made = await api.post("/subscriptions", json={"name": "erp", "url": URL})
    assert made.status_code == 201
    one, secret = made.json()["id"], made.json()["secret"]
    listed = (await api.get("/subscriptions")).json()["items"]
    assert [(each["name"], each["state"], each["waiting"]) for each in listed] == [
        ("erp", "active", 0)
    ]
    assert secret not in str(listed)
    body = {"name": "erp", "url": URL, "sites": ["1001"], "secret": "un secret bien long"}
    assert (await api.put(f"/subscriptions/{one}", json=body)).status_code == 204
    assert (await api.post(f"/subscriptions/{one}/pause")).status_code == 204
    assert (await api.post(f"/subscriptions/{one}/resume")).status_code == 204
    entry = station.store.read_now(lambda tx: logbook.last(tx, limit=1))[0]
    again = await api.post(f"/subscriptions/{one}/replay", json={"entry": entry.id})
    assert again.json() == {"position": min(entry.number - 1, listed[0]["position"])}
    assert (await api.post(f"/subscriptions/{one}/replay", json={})).status_code == 422
    nowhere = await api.post(f"/subscriptions/{one}/replay", json={"entry": "nul"})
    assert nowhere.status_code == 404
    assert (await api.delete(f"/subscriptions/{one}")).status_code == 204
    assert (await api.delete(f"/subscriptions/{one}")).status_code == 404
    told = [e.text for e in station.store.read_now(lambda tx: logbook.last(tx, limit=20))]
    assert not any("bien long" in text or "cle=" in text for text in told)


async def test_nobody_else_sees_or_changes_them(
    station: WebStation, operator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    assert (await operator.get(HERE)).status_code == 403
    bearer = {"Authorization": f"Bearer {station.token(Role.SUPERVISOR)}"}
    answer = await stranger.get("/api/v1/subscriptions", headers=bearer)
    assert answer.status_code == 403
