"""A plan that sites share: chosen for one, with settings of its own that its alarms then have."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow.storage.records import logbook
from tests.integration.web.plans.test_plan_pages import CALL, HAND, night, published, said
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role

AT = "/plans/intrusion/sites/1001"
STEP = {"step": "keyholders", "attempts": "4", "delay_s": "120"}


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.user("alix", Role.ADMINISTRATOR)
    found = Person(app, "alix")
    await found.log_in()
    await found.see("/plans?lang=en")
    return found


async def act(who: Person, path: str, **fields: str) -> httpx.Response:
    shown = re.search(r'name="as_of" value="([^"]+)"', (await who.see(f"{AT}?step=2")).text)
    assert shown
    return await who.send(f"{AT}{path}", **{"as_of": html.unescape(shown[1]), **fields})


def own(station: WebStation) -> dict[str, Any]:
    site = station.store.read_now(lambda tx: site_document(tx, "1001"))
    assert site is not None
    found: dict[str, Any] = site["plan_overrides"]
    return found


async def test_a_site_has_settings_of_its_own_and_its_alarms_have_them(
    station: WebStation, admin: Person
) -> None:
    station.site()
    station.site("1002")
    answer = await act(admin, "/steps/2/save", **STEP, ring_s="45")
    assert answer.status_code == 303
    assert own(station) == {"intrusion": {"keyholders": {"attempts": 4, "ring_s": 45.0}}}
    page = await admin.see(AT)
    assert re.search(r'class="changed"><dt>Calls to each person</dt><dd><bdi>4', page.text)
    assert "Calls to each person: 4 (the plan: 2 )" in said(page)
    followers = said(await admin.see("/plans/intrusion/sites"))
    assert "2. Dépositaires de clés: Calls to each person" in followers
    steps = [station.alarm(account).plan["steps"][1]["attempts"] for account in ("1001", "1002")]
    assert steps == [4, 2]  # frozen into the incident; the other site has the plan's
    told = station.store.read_now(lambda tx: logbook.last(tx, limit=100))
    changed = [entry.data["fields"] for entry in told if entry.kind == "site_changed"]
    assert [None, 4] in [
        each.get("plan_overrides.intrusion.keyholders.attempts") for each in changed
    ]
    assert (await act(admin, "/steps/2/clear", step="keyholders")).status_code == 303
    assert own(station) == {}


async def test_what_does_not_fit_is_refused(station: WebStation, admin: Person) -> None:
    station.site()
    for fields, why in (
        ({"attempts": "11"}, "must lie between 1 and 10"),
        ({"attempts": "x"}, "write a number"),
        ({"step": "gone"}, "removed this step"),
        ({"as_of": "before"}, "somebody changed this site"),
    ):
        answer = await act(admin, "/steps/2/save", **{**STEP, **fields})
        assert answer.status_code in (409, 422)
        assert why in html.unescape(answer.text)
    assert own(station) == {}
    assert (await act(admin, "/steps/2/dance", **STEP)).status_code == 404
    assert (await admin.see("/plans/intrusion/sites/9999")).status_code == 404


async def test_what_a_new_version_has_no_more_is_said_and_left_out(
    station: WebStation, admin: Person
) -> None:
    station.site(plan_overrides={"intrusion": {"keyholders": {"attempts": 4}}})
    published(station, night(CALL, HAND, plan_id="intrusion"))
    assert "fit the plan no more, and are left out: keyholders: Calls to each person" in said(
        await admin.see(AT)
    )
    assert "its own setting keyholders: Calls to each person fits the plan no more" in said(
        await admin.see("/plans/intrusion?check=1")
    )
    assert [step["id"] for step in station.alarm().plan["steps"]] == ["call", "hand"]


async def test_a_site_chooses_the_plan_and_no_more(station: WebStation, admin: Person) -> None:
    station.site()
    published(station, night(CALL, HAND))
    answer = await admin.send("/plans/night/sites", **{"site": "1001", "for": "intrusion"})
    assert answer.headers["location"] == "/plans/night/sites/1001"
    assert station.alarm().plan["id"] == "night"
    other = await admin.send("/plans/fire/sites", **{"site": "1001", "for": "intrusion"})
    assert (other.status_code, "follows another plan" in said(other)) == (409, True)
    page = await admin.see("/plans/night/sites/1001")
    assert "chosen for this site: Intrusion" in said(page)
    as_of = re.search(r'name="as_of" value="([^"]+)"', page.text)
    assert as_of
    gone = {"as_of": html.unescape(as_of[1]), "for": "intrusion"}
    assert (await admin.send("/plans/night/sites/1001/drop", **gone)).status_code == 303
    site = station.store.read_now(lambda tx: site_document(tx, "1001"))
    assert site is not None
    assert site["plans"] == {}
    for fields in ({"site": "9999", "for": "fire"}, {"site": "1001", "for": "dance"}):
        assert (await admin.send("/plans/night/sites", **fields)).status_code in (404, 422)


async def test_the_api_gives_and_takes_them(station: WebStation, api: httpx.AsyncClient) -> None:
    station.site()
    site = (await api.get("/sites/1001")).json()
    assert site["plan_overrides"] == {}
    mine = {"intrusion": {"keyholders": {"attempts": 4}}}
    answer = await api.put("/sites/1001", json={**site, "plan_overrides": mine})
    assert (answer.status_code, answer.json()["plan_overrides"]) == (200, mine)
    wrong = {"intrusion": {"keyholders": {"attempts": 44}}}
    answer = await api.put("/sites/1001", json={**site, "plan_overrides": wrong})
    assert (answer.status_code, answer.json()["field"]) == (
        422,
        "plan_overrides.intrusion.keyholders.attempts",
    )
    answer = await api.put("/sites/1001", json={**site, "plan_overrides": {"no": {}}})
    assert answer.status_code == 422
