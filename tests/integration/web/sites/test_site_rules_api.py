"""How a site is watched goes in and comes out alike; what is wrong names its field."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.stations.web_station import WebStation
from web.access.users import Role

Row = dict[str, Any]

WATCHED: Row = {
    "accounts": [
        {
            "account": "4001",
            "line": "dc09-tcp",
            "phone": "06 39 98 00 01",
            "poll_every_s": 90,
            "test_every_h": 24,
        }
    ],
    "zones": [{"account": "4001", "zone": "3", "name": "Hall"}],
    "contacts": [{"id": "4001-anne", "name": "Anne"}],
    "panel_users": [
        {"account": "4001", "number": "1", "contact": "4001-anne"},
        {"account": "4001", "number": "9", "part": "duress"},
    ],
    "schedule": {
        "week": {"mon": ["08:00-18:00"]},
        "exceptions": {"2026-12-24": []},
        "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
        "early": 15,
        "late": 30,
        "arrived_within": 5,
        "arrived_user": "12",
    },
    "rules": {"cancel_within": 60, "swinger_after": 3, "swinger_shunt": True},
    "event_overrides": [
        {"code": "BA", "zone": "3", "priority": 1},
        {"code": "YT", "zone": "", "kind": "battery", "category": "technical", "opens": False},
    ],
}


def body(**changed: Any) -> Row:
    return {"name": "Fournil", **WATCHED, **changed}


async def put(api: httpx.AsyncClient, sent: Row) -> httpx.Response:
    return await api.put("/sites/4001", json=sent)


async def test_what_get_gives_put_takes_and_nothing_changes(api: httpx.AsyncClient) -> None:
    created = await put(api, body())
    assert created.status_code == 201, created.text
    given = (await api.get("/sites/4001")).json()
    assert given["schedule"] == WATCHED["schedule"]
    assert given["rules"] == {**WATCHED["rules"], "feeder": "", "provider": ""}
    assert [(o["code"], o["zone"], o["opens"]) for o in given["event_overrides"]] == [
        ("BA", "3", None),
        ("YT", "", False),
    ]
    assert [(u["number"], u["contact"], u["part"]) for u in given["panel_users"]] == [
        ("1", "4001-anne", "person"),
        ("9", None, "duress"),
    ]
    (account,) = given["accounts"]
    assert account["phone"] == "+33639980001"
    assert (account["line"], account["poll_every_s"], account["test_every_h"]) == (
        "dc09-tcp",
        90,
        24,
    )
    again = await put(api, given)
    assert again.status_code == 200, again.text
    assert again.json() == given


async def test_what_is_left_out_is_no_longer_agreed(api: httpx.AsyncClient) -> None:
    await put(api, body())
    bare = {"name": "Fournil", "accounts": [{"account": "4001"}]}
    given = (await put(api, bare)).json()
    assert (given["schedule"], given["event_overrides"], given["panel_users"]) == (None, [], [])
    assert given["rules"]["cancel_within"] == 120
    assert given["accounts"][0]["poll_every_s"] is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"schedule": {"week": {"mon": ["8h"]}}}, "schedule.week.mon.0"),
        ({"schedule": {"holidays": {"country": "FR", "region": "X"}}}, "schedule.holidays.region"),
        ({"rules": {"cancel_within": -1}}, "rules.cancel_within"),
        ({"rules": {"cancel": 1}}, "rules.cancel"),
        ({"event_overrides": [{"code": "BA", "priority": 5}]}, "event_overrides.0.priority"),
        ({"event_overrides": [{"code": "BA", "zone": "00"}]}, "event_overrides.0.zone"),
        ({"event_overrides": [{"code": "BA"}, {"code": "BA"}]}, "event_overrides.1"),
        ({"event_overrides": [{"code": "PA", "opens": False}]}, "event_overrides.0.code"),
        ({"event_overrides": [{"code": "1122", "kind": "test"}]}, "event_overrides.0.code"),
        ({"accounts": [{"account": "4001", "poll_every_s": 1}]}, "accounts.0.poll_every_s"),
        ({"accounts": [{"account": "4001", "phone": "112"}]}, "accounts.0.phone"),
        (
            {"panel_users": [{"account": "4001", "number": "1", "contact": "carla"}]},
            "panel_users.0.contact",
        ),
        (
            {"panel_users": [{"account": "4001", "number": n} for n in ("5", "05")]},
            "panel_users.1.number",
        ),
    ],
)
async def test_what_is_wrong_is_named(api: httpx.AsyncClient, changed: Row, field: str) -> None:
    answer = await put(api, body(**changed))
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert (await api.get("/sites/4001")).status_code == 404  # refused whole


async def test_a_site_is_set_on_test_extended_and_ended(api: httpx.AsyncClient) -> None:
    await put(api, body())
    begun = await api.post(
        "/sites/4001/on-test", json={"zones": ["03"], "minutes": 60, "reason": "entretien"}
    )
    assert begun.status_code == 201, begun.text
    test = begun.json()
    assert (test["zones"], test["contact"], test["ended_at"]) == (["3"], None, None)
    where = f"/sites/4001/on-test/{test['id']}"
    assert (await api.post(f"{where}/extend", json={"minutes": 120})).json()["extensions"] == 1
    ended = await api.post(f"{where}/end")
    assert ended.json()["ended_at"] is not None
    assert (await api.post(f"{where}/end")).status_code == 409
    (listed,) = (await api.get("/sites/4001/on-test")).json()["items"]
    assert listed == ended.json()


async def test_who_may_set_on_test_and_for_how_long(
    station: WebStation, stranger: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await put(api, body())
    for role, minutes, status in [
        (Role.READER, 10, 403),
        (Role.OPERATOR, 241, 422),
        (Role.OPERATOR, 240, 201),
        (Role.SUPERVISOR, 1440, 201),
    ]:
        answer = await stranger.post(
            "/api/v1/sites/4001/on-test",
            json={"minutes": minutes, "reason": "essai"},
            headers={"Authorization": f"Bearer {station.token(role)}"},
        )
        assert answer.status_code == status, answer.text
    refused = await api.post(
        "/sites/4001/on-test", json={"minutes": 5, "reason": "x", "contact": "4001-anne"}
    )
    assert refused.status_code == 409  # she has not the authority
    assert (await api.get("/sites/none/on-test")).status_code == 404


async def test_nobody_is_expected_to_have_arrived(api: httpx.AsyncClient) -> None:
    await put(api, body())
    assert (await api.post("/sites/4001/arrived", json={})).status_code == 409
    assert (await api.post("/sites/4001/arrived", json={"account": "9"})).status_code == 404
