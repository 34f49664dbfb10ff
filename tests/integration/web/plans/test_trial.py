"""A plan tried in its pages: simulated, replayed, rehearsed, rolled back."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from callflow.core.calls.call import Outcome
from callflow.storage.alarms import incidents
from callflow.storage.sites import sites
from tests.integration.web.plans.test_plan_pages import CALL, HAND, drafted, night, published, said
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

AT = "/plans/intrusion/simulate?lang=en&site=1001"


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.user("alix", Role.ADMINISTRATOR)
    found = Person(app, "alix")
    await found.log_in()
    await found.see("/plans?lang=en")
    return found


async def test_a_run_is_drawn_and_told(station: WebStation, operator: httpx.AsyncClient) -> None:
    station.site()
    answer = await operator.get(AT)
    page = said(answer)
    assert "An operator knows after" in page
    assert "At worst" in page
    assert "calls Anne Le Goff" in page
    assert answer.text.count("<svg xmlns") == 1
    assert "rehearse" not in answer.text  # only who may configure has people called
    page = said(await operator.get(f"{AT}&c_1001-0=verified_ok"))
    assert "Closed by the machine: false alarm" in page
    assert "calls Anne Le Goff" not in page
    first = said(await operator.get(f"{AT}&others=chance&seed=7&when=at&at=2026-11-26T10:00"))
    again = said(await operator.get(f"{AT}&others=chance&seed=7&when=at&at=2026-11-26T10:00"))
    assert first == again
    assert "back to normal" in said(await operator.get(f"{AT}&restored_s=5"))


REFUSED = {
    "others=answer_1": "nobody can do that",
    "c_1001-0=nonsense": "nobody can do that",
    "restored_s=soon": "a number of seconds",
    "kind=gone": "choose one of",
    "site=9999": "no site of this id",
}


async def test_what_can_t_be_run_is_said(station: WebStation, operator: httpx.AsyncClient) -> None:
    station.site()
    for asked, why in REFUSED.items():
        answer = await operator.get(f"{AT}&{asked}".replace("site=1001&site", "site"))
        assert (answer.status_code, why in said(answer)) == (422, True), asked
    drafted(station, night({**CALL, "outcomes": {"exhausted": "nowhere"}}, HAND))
    for path in ("simulate?lang=en&site=1001", "backtest?lang=en&run=1"):
        answer = await operator.get(f"/plans/night/{path}")
        assert (answer.status_code, "can't run as it is" in said(answer)) == (422, True)


async def test_what_happened_is_replayed_with_another_version(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    incident = station.alarm().id
    station.call(Outcome.VERIFIED_OK)
    answer = await operator.get("/plans/intrusion/backtest?lang=en&run=1")
    assert "1 alarm replayed" in said(answer)
    assert "Each would have gone as it went" in said(answer)
    drafted(station, night(CALL, HAND, plan_id="intrusion"))
    answer = await operator.get("/plans/intrusion/backtest?lang=en&run=1&v=draft")
    assert "1 would go otherwise" in said(answer)
    assert f"/incidents/{incident}" in answer.text
    assert "Accueil false alarm" in said(answer)
    assert "Anne Le Goff" in said(answer)
    later = await operator.get("/plans/intrusion/backtest?run=1&since=2099-01-01")
    assert "0 alarms replayed" in said(later)
    for asked in ("since=soon", "since=0001-01-01", "after=x"):
        assert (await operator.get(f"/plans/intrusion/backtest?{asked}")).status_code == 422


async def test_real_people_are_called_as_an_exercise(station: WebStation, admin: Person) -> None:
    station.site()
    to = "/plans/intrusion/simulate/rehearse"
    fields = {"site": "1001", "kind": "intrusion", "v": "1"}
    answer = await admin.send(to, **fields)
    assert (answer.status_code, "say that you know" in said(answer)) == (409, True)
    answer = await admin.send(to, **fields, sure="yes")
    assert answer.status_code == 303
    made = answer.headers["location"].removeprefix("/incidents/")
    row = station.store.read_now(lambda tx: incidents.get(tx, made))
    assert row is not None
    assert (row.exercise, row.site_id) == (True, "1001")
    answer = await admin.send(to, **fields, sure="yes")
    assert "an exercise runs at this site already" in said(answer)


async def test_a_version_is_rolled_back(station: WebStation, admin: Person) -> None:
    published(station, night(CALL, HAND))
    published(station, night(HAND))
    to = "/plans/night/versions/roll-back"
    for fields, why in (
        ({"version": "1", "why": " "}, "say why"),
        ({"version": "x", "why": "Trop court"}, "choose a version"),
        ({"version": "2", "why": "Trop court"}, "newest"),
    ):
        answer = await admin.fill("/plans/night/versions", to, **fields)
        assert (answer.status_code in (409, 422), why in said(answer)) == (True, True), fields
        assert f'value="{fields["why"]}"' in answer.text
    there = {"id": "a", "name": "Anne", "role": "keyholder"}
    station.site(plans={"intrusion": "night"}, contacts=[there])
    answer = await admin.fill("/plans/night/versions", to, version="1", why="Trop court")
    assert (answer.status_code, "it can reach nobody" in said(answer)) == (409, True)
    station.site(plans={"intrusion": "night"}, contacts=[{**there, "phone": "06 39 98 10 01"}])
    assert (
        await admin.fill("/plans/night/versions", to, version="1", why="Trop court")
    ).status_code == 303
    body = station.store.read_now(lambda tx: sites.plan_body(tx, "night"))
    assert body is not None
    assert (body["version"], [step["id"] for step in body["steps"]]) == (3, ["call", "hand"])
    assert "v1: Trop court" in said(await admin.see("/plans/night/versions"))
