"""Signals over HTTP: the event model of every other line, stored before they are answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.signals.signal import Kind
from callflow.handling.alarms import receiving
from callflow.storage.alarms import incidents
from callflow.storage.signals import signals
from tests.support.outside.still_rates import StillRates
from tests.support.stations.web_station import WebStation
from web.access.users import Role
from web.api.signals.signals import BURST

WHOLE: dict[str, Any] = {
    "account": "1001",
    "code": "BA",
    "zone": "3",
    "text": "Vitrine",
    "partition": "1",
    "user": "12",
    "panel_time": "2026-11-25T04:15:02+01:00",
    "links": ["https://camera.example/a.jpg", "http://192.0.2.7:8080/b?n=1&m=2"],
}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_every_part_of_the_event_model_is_kept_and_shown(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site()
    answer = await api.post("/signals", json=WHOLE)
    assert answer.status_code == 201
    row = station.store.read_now(lambda tx: signals.get(tx, answer.json()["id"]))
    assert row is not None
    assert (row.line, row.format, row.kind) == ("webhook", "webhook", "intrusion")
    assert (row.partition, row.panel_user) == ("1", "12")
    assert row.panel_time == datetime(2026, 11, 25, 3, 15, 2, tzinfo=UTC)
    assert row.extra == ("[Vhttps://camera.example/a.jpg][Vhttp://192.0.2.7:8080/b?n=1&m=2]")
    assert json.loads(row.raw) == {**WHOLE, "panel_time": "2026-11-25T03:15:02Z"}
    shown = (await api.get("/signals")).json()["items"][0]
    assert shown["treatment"] is None
    station.do(lambda tx: receiving.correlate(tx, clock.now()))
    shown = (await api.get("/signals")).json()["items"][0]
    assert shown["links"] == WHOLE["links"]
    assert (shown["line"], shown["caller"], shown["partition"], shown["user"]) == (
        "webhook",
        "",
        "1",
        "12",
    )
    assert shown["panel_time"] == "2026-11-25T03:15:02Z"
    inside = (await api.get(f"/incidents/{shown['incident']}")).json()["signals"]
    assert inside == [shown]


async def test_it_opens_the_incident_that_the_same_signal_over_dc09_opens(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    for account in ("1001", "1002"):
        station.site(account)
    await api.post("/signals", json={"account": "1001", "code": "BA", "zone": "3"})
    station.alarm("1002", "BA", "3")
    found = []
    for account in ("1001", "1002"):

        def read(tx: Any, account: str = account) -> list[Any]:
            return incidents.page(tx, account=account, limit=9)

        rows = station.store.read_now(read)
        assert len(rows) == 1
        kept = ("kind", "category", "priority", "zones", "plan", "with_human")
        found.append({name: getattr(rows[0], name) for name in kept})
    assert found[0] == found[1]


async def test_it_is_a_sign_of_life_of_its_account(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site()
    await api.post("/signals", json={"account": "1001", "code": "RP"})
    panel = (await api.get("/lines", params={"account": "1001"})).json()["panels"]["items"][0]
    assert panel["last_line"] == "webhook"
    assert panel["last_heard"] is not None


async def test_an_unknown_account_is_stored_and_becomes_somebodys(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    await api.post("/signals", json={"account": "4242", "code": "ZZ9"})
    station.do(lambda tx: receiving.correlate(tx, clock.now()))
    row = station.store.read_now(lambda tx: incidents.page(tx, account="4242", limit=9))[0]
    assert (row.kind, row.with_human, row.site_id) == ("unknown", True, None)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"partition": "1" * 17}, "partition"),
        ({"user": "a\0"}, "user"),
        ({"panel_time": "2026-11-25T04:15:02"}, "panel_time"),  # whose time?
        ({"panel_time": "9999-12-31T23:59:59-12:00"}, "panel_time"),
        ({"panel_time": "yesterday"}, "panel_time"),
        ({"links": "https://camera.example/"}, "links"),
        ({"links": ["https://camera.example/"] * 9}, "links"),
        ({"links": ["javascript:alert(1)"]}, "links.0"),
        ({"links": ["https://camera.example/", "http://admin:1@192.0.2.7/"]}, "links.1"),
        ({"links": ["https://camera.example/" + "a" * 500]}, "links.0"),
        ({"links": ["https://camera.example/x][Y"]}, "links.0"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_name(
    api: httpx.AsyncClient, changed: dict[str, Any], field: str
) -> None:
    answer = await api.post("/signals", json=WHOLE | changed)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await api.get("/signals")).json()["items"] == []


async def test_a_key_belongs_to_its_sender_and_is_never_empty(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    ids = []
    for token in (station.token(Role.PANEL), station.token(Role.PANEL)):
        headers = bearer(token) | {"Idempotency-Key": "1"}
        answers = [
            await stranger.post("/api/v1/signals", json=WHOLE, headers=headers) for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [201, 201]
        ids.append({answer.json()["id"] for answer in answers})
    assert [len(found) for found in ids] == [1, 1]
    assert ids[0] != ids[1]
    empty = bearer(station.token(Role.PANEL)) | {"Idempotency-Key": ""}
    answer = await stranger.post("/api/v1/signals", json=WHOLE, headers=empty)
    assert (answer.status_code, answer.json()["field"]) == (422, "header.Idempotency-Key")


async def test_without_a_key_each_message_counts(api: httpx.AsyncClient) -> None:
    ids = {(await api.post("/signals", json=WHOLE)).json()["id"] for _ in range(3)}
    assert len(ids) == 3


async def test_a_sender_that_floods_waits_and_the_others_do_not(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    assert BURST >= 600  # a runaway panel is somebody's to look at, not one to be refused
    app.state.rates = StillRates(a_second=0.5, burst=3)
    flood, calm = bearer(station.token(Role.PANEL)), bearer(station.token(Role.PANEL))

    async def send(headers: dict[str, str]) -> httpx.Response:
        return await stranger.post("/api/v1/signals", json=WHOLE, headers=headers)

    answers = [await send(flood) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 3 + [429] * 2
    assert answers[-1].headers["retry-after"] == "2"
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert (await send(calm)).status_code == 201


async def test_a_message_is_small(api: httpx.AsyncClient) -> None:
    largest = WHOLE | {"text": "\U0001f525" * 4000, "links": WHOLE["links"] * 4}
    answer = await api.post(
        "/signals", content=json.dumps(largest), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 201
    answer = await api.post("/signals", content=b" " * 70_000)
    assert answer.status_code == 413
    assert "65536" in answer.json()["detail"]

    async def chunks() -> Any:
        for _ in range(70):
            yield b" " * 1000

    assert (await api.post("/signals", content=chunks())).status_code == 413


async def test_a_panels_token_speaks_for_the_accounts_that_it_names(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    """And one that names none, as they were once made, opens alarms and ends none (D31)."""
    for account in ("1001", "1002"):
        station.site(account)
        station.alarm(account, "BA", "3")
    bound = bearer(station.token(Role.PANEL, accounts=["1001"]))
    old = bearer(station.token(Role.PANEL))

    async def post(token: dict[str, str], account: str, code: str) -> int:
        body = {"account": account, "code": code, "zone": "3"}
        answer = await stranger.post("/api/v1/signals", json=body, headers=token)
        if answer.status_code == 403:
            assert answer.json()["field"] == "account"
        return answer.status_code

    assert await post(bound, "1002", "BR") == 403
    assert await post(bound, "1001", "BR") == 201
    assert await post(old, "1002", "BR") == 201
    station.correlate()
    found = station.store.read_now(incidents.page)
    zones = {(row.account, row.kind): row.zones for row in found}
    assert zones["1001", Kind.INTRUSION] == {"3": "restored"}
    assert zones["1002", Kind.INTRUSION] == {"3": "alarm"}
    assert zones["1002", Kind.UNPROVED] == {"3": "alarm"}
