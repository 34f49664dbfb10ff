"""What is still open at an alarm, over HTTP: the list, what ends its lines, second thoughts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.handling.alarms import operating
from tests.support.stations.web_station import NAME, WebStation
from web.access.users import Role

Row = dict[str, Any]


@pytest.fixture
def where(station: WebStation) -> str:
    """An alarm of a zone that is still open, beside another one that its panel leaves out."""
    station.site()
    row = station.alarm()
    for code in ("BB", "AT"):
        station.alarm(code=code, zone="7")
    return f"/incidents/{row.id}"


async def listed(api: httpx.AsyncClient, where: str) -> list[tuple[str, str, bool]]:
    found = (await api.get(f"{where}/open")).json()["open"]
    return [(one["what"], one["name"], one["blocks"]) for one in found]


async def test_a_program_reads_what_is_open_and_ends_it(
    station: WebStation, api: httpx.AsyncClient, where: str
) -> None:
    assert await listed(api, where) == [
        ("zone", "3", True),
        ("bypass", "7", True),
        ("fault", "7", False),
    ]
    assert {one["what"] for one in (await api.get(f"{where}/open")).json()["checks"]} > {
        "taken",
        "step",
        "zones",
    }
    made = await api.post(f"{where}/promises", json={"text": "rappeler", "minutes": 30})
    assert (made.status_code, made.json()["who"]) == (201, "essai")
    closing = {"code": "false_alarm"}
    assert (await api.post(f"{where}/close", json=closing)).json()["state"] == "awaiting_normal"
    again = await api.post(f"{where}/close", json=closing)
    assert again.status_code == 409
    assert [one["what"] for one in again.json()["open"]] == ["zone", "bypass", "promise"]
    kept = await api.post(f"{where}/promises/{made.json()['id']}/keep", json={"text": "fait"})
    assert kept.is_success
    for code, zone in (("BR", "3"), ("BU", "7")):
        station.alarm(code=code, zone=zone)
    filed = await api.post(f"{where}/close", json=closing)
    assert filed.json()["state"] == "filed"
    assert (await api.post(f"{where}/reopen", json={"reason": " "})).status_code == 422
    opened = (await api.post(f"{where}/reopen", json={"reason": "le client rappelle"})).json()
    assert (opened["state"], opened["holder"]) == ("open", "essai")


async def test_two_programs_sign_and_one_of_them_supervises(
    station: WebStation, api: httpx.AsyncClient, where: str
) -> None:
    body = {"what": "zone", "key": "3", "reason": "détecteur en panne"}
    first = await api.post(f"{where}/open/sign", json=body)
    assert (first.status_code, first.json()["open"][0]["what"]) == (403, "zone")
    (line, *_) = (await api.get(f"{where}/open")).json()["open"]
    assert line["asked_by"] == "essai"
    chief = {"authorization": f"Bearer {station.token(Role.SUPERVISOR, 'chief')}"}
    second = await api.post(f"{where}/open/sign", json=body, headers=chief)
    assert second.is_success
    assert ("zone", "3", True) not in await listed(api, where)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("open/sign", {"what": "moon", "reason": "x"}, "what"),
        ("open/sign", {"what": "zone", "reason": ""}, "reason"),
        ("promises", {"text": ""}, "text"),
        ("promises", {"text": "x", "minutes": 0}, "minutes"),
        ("reopen", {}, "reason"),
    ],
)
async def test_a_bad_body_names_its_field(
    api: httpx.AsyncClient, where: str, path: str, body: Row, field: str
) -> None:
    answer = await api.post(f"{where}/{path}", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_what_another_holds_is_not_mine_to_end(
    station: WebStation, api: httpx.AsyncClient, where: str
) -> None:
    incident = where.rpartition("/")[2]
    station.do(lambda tx: operating.claim(tx, incident, NAME, clock.now()))
    for path, body in (
        ("open/sign", {"what": "zone", "key": "3", "reason": "x"}),
        ("promises", {"text": "x"}),
    ):
        answer = await api.post(f"{where}/{path}", json=body)
        assert (answer.status_code, answer.json()["holder"]) == (409, NAME)
