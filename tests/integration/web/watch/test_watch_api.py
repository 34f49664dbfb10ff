"""``probes``, ``care`` and ``checks`` by programs: listed, put, taken away; what is wrong."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.handling.watch import checks
from callflow.storage.watch import probes as rows
from tests.support.stations.web_station import WebStation
from web.access.users import Role

PROBE = {
    "name": "Box",
    "part": "network",
    "means": "tcp",
    "target": "192.0.2.1:80",
    "every": 30,
    "fail": 2.5,
}
CHECK = {"title": "Ronde", "period": "week", "who": "supervisor", "proof": "figure", "lowest": 1}


async def listed(api: httpx.AsyncClient, what: str) -> list[dict[str, Any]]:
    answer = await api.get(f"/{what}")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


# --- probes ----------------------------------------------------------------------------------


async def test_a_probe_is_put_shown_without_its_secret_and_removed(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    assert (await api.put("/probes/box", json=PROBE)).status_code == 204
    (one,) = await listed(api, "probes")
    assert {**one, **PROBE} == one
    assert (one["id"], one["secret_set"], one["enabled"]) == ("box", False, True)
    secret = {**PROBE, "secret": "s3cret"}
    assert (await api.put("/probes/box", json=secret)).status_code == 204
    (one,) = await listed(api, "probes")
    assert one["secret_set"]
    assert "s3cret" not in str(one)
    assert (await api.put("/probes/box", json=PROBE)).status_code == 204  # left out: as it was
    assert station.store.read_now(rows.secrets).keys() == {"box"}
    assert (await api.put("/probes/box", json={**PROBE, "secret": None})).status_code == 204
    assert station.store.read_now(rows.secrets) == {}
    assert (await api.delete("/probes/box")).status_code == 204
    assert await listed(api, "probes") == []
    assert (await api.delete("/probes/box")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"target": "192.0.2.1"}, "target"),
        ({"target": "169.254.169.254:80"}, "target"),
        ({"part": "database"}, "part"),
        ({"every": 1}, "every"),
        ({"unit": "miles"}, "unit"),
        ({"warn": 9, "fail": 2}, "fail"),
        ({"means": "guess"}, "means"),
        ({"colour": "red"}, "colour"),
        ({"means": "command", "target": "../sh"}, "target"),
        ({"name": " "}, "name"),
        ({"secret": "x" * 201}, "secret"),
    ],
)
async def test_a_probe_that_cant_be_asked_names_the_field(
    api: httpx.AsyncClient, wrong: dict[str, Any], field: str
) -> None:
    answer = await api.put("/probes/box", json={**PROBE, **wrong})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert await listed(api, "probes") == []


async def test_two_probes_of_a_part_have_two_names(api: httpx.AsyncClient) -> None:
    assert (await api.put("/probes/one", json=PROBE)).status_code == 204
    answer = await api.put("/probes/two", json=PROBE)
    assert (answer.status_code, answer.json()["field"]) == (422, "name")


# --- care ------------------------------------------------------------------------------------


async def test_care_is_set_of_a_part_or_of_one_organ_and_forgotten(api: httpx.AsyncClient) -> None:
    body = {"cost": "Plus de secours", "keeper": "Volta", "phone": "06 39 98 99 30"}
    assert (await api.put("/care/power", json=body)).status_code == 204
    one = {"name": "A"}
    assert (await api.put("/care/power", json={"keeper": "Ici"}, params=one)).status_code == 204
    assert await listed(api, "care") == [
        {"part": "power", "name": "", **body, "phone": "+33639989930"},
        {"part": "power", "name": "A", "cost": "", "keeper": "Ici", "phone": None},
    ]
    assert (await api.delete("/care/power", params=one)).status_code == 204
    assert [found["name"] for found in await listed(api, "care")] == [""]
    for wrong, field in (({"phone": "112"}, "phone"), ({"cost": "x" * 301}, "cost")):
        answer = await api.put("/care/power", json=wrong)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await api.put("/care/nothing", json={})).status_code == 422


# --- checks ----------------------------------------------------------------------------------


async def test_checks_are_listed_as_they_stand_put_and_taken_away(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.do(lambda tx: checks.begin_usual(tx, clock.now()))
    usual = {one["id"]: one for one in await listed(api, "checks")}
    assert usual["room"]["stands"] == "due"
    assert usual["room"]["title"]
    assert (await api.put("/checks/ronde", json=CHECK)).status_code == 204
    (one,) = [one for one in await listed(api, "checks") if one["id"] == "ronde"]
    assert {**one, **CHECK} == one
    assert (one["done_at"], one["ok"]) == (None, None)
    assert (await api.put("/checks/room", json={"period": "year"})).status_code == 204
    (room,) = [one for one in await listed(api, "checks") if one["id"] == "room"]
    assert (room["period"], room["title"]) == ("year", usual["room"]["title"])
    why = {"reason": "inutile"}
    assert (await api.delete("/checks/ronde", params=why)).status_code == 204
    assert "ronde" not in {one["id"] for one in await listed(api, "checks")}
    assert (await api.delete("/checks/ronde", params=why)).status_code == 404
    assert (await api.delete("/checks/room")).status_code == 422


@pytest.mark.parametrize(
    ("name", "wrong", "field"),
    [
        ("ronde", {"title": " "}, "title"),
        ("ronde", {"lowest": 5, "highest": 2}, "highest"),
        ("ronde", {"proof": "signature"}, "lowest"),
        ("ronde", {"source": "signal"}, "subject"),
        ("ronde", {"who": "panel"}, "who"),
        ("new", {}, "id"),
    ],
)
async def test_a_check_that_cant_be_asked_names_the_field(
    api: httpx.AsyncClient, name: str, wrong: dict[str, Any], field: str
) -> None:
    answer = await api.put(f"/checks/{name}", json={**CHECK, **wrong})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("what", ["probes", "care", "checks"])
async def test_only_an_administrators_program_changes_them(
    station: WebStation, stranger: httpx.AsyncClient, what: str
) -> None:
    token = {"Authorization": f"Bearer {station.token(Role.SUPERVISOR)}"}
    path = f"/api/v1/{what}/{'power' if what == 'care' else 'box'}"
    assert (await stranger.put(path, json={}, headers=token)).status_code == 403
    assert (await stranger.delete(path, headers=token)).status_code == 403
    read = (await stranger.get(f"/api/v1/{what}", headers=token)).status_code
    assert read == (403 if what == "probes" else 200)
