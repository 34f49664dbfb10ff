"""Plans as pages: listed, read, looked at in their sites, compared."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.plans import plans
from callflow.handling.plans.withdrawal import get_standing, withdraw
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

CALL: dict[str, Any] = {"id": "call", "kind": "call_list", "outcomes": {"exhausted": "hand"}}
HAND: dict[str, Any] = {"id": "hand", "kind": "hand_to_operator"}
DESK = {**HAND, "id": "desk"}


def night(*steps: dict[str, Any], plan_id: str = "night", name: str = "Nuit") -> dict[str, Any]:
    return {"id": plan_id, "name": name, "steps": list(steps)}


def published(station: WebStation, body: dict[str, Any]) -> None:
    station.do(lambda tx: plans.publish_plan(tx, body, "bea", clock.now(), why="Les nuits"))


def drafted(station: WebStation, body: dict[str, Any]) -> None:
    station.do(lambda tx: plans.save_draft(tx, body, "bea", clock.now()))


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.user("alix", Role.ADMINISTRATOR)
    found = Person(app, "alix")
    await found.log_in()
    await found.see("/plans?lang=en")
    return found


def said(answer: httpx.Response, start: str = "<main", end: str = "</main>") -> str:
    """The words of the page, or of a part of it."""
    part = answer.text[answer.text.index(start) :]
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", part[: part.index(end)])).split())


async def names(client: httpx.AsyncClient, asked: str) -> list[str]:
    answer = await client.get(f"/plans?{asked}")
    assert answer.status_code == 200
    return re.findall(r'<th scope="row"><a href="/plans/([^"]+)"', answer.text)


LISTED = {
    "": ["fire", "intrusion", "night", "operator", "bank", "organ"],
    "q=NUIT": ["night"],
    "q=bank": ["bank"],
    "q=%25": [],
    "state=draft": ["intrusion", "night"],
    "state=published&sort=-version": ["intrusion", "fire", "operator", "bank", "organ"],
    "sort=sites&state=draft": ["night", "intrusion"],
    "n=2": [],
}


async def test_the_list_is_searched_and_sorted(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    drafted(station, night(CALL, HAND))
    published(station, night(HAND, plan_id="intrusion", name="Intrusion"))
    drafted(station, night(CALL, HAND, plan_id="intrusion", name="Intrusion"))
    assert {asked: await names(operator, asked) for asked in LISTED} == LISTED
    for asked in ("sort=phone", "state=gone", "n=0"):
        assert (await operator.get(f"/plans?{asked}")).status_code == 422
    for path in ("nowhere", "nowhere/sites", "operator?v=9", "operator?v=draft", "fire?v=x"):
        assert (await operator.get(f"/plans/{path}")).status_code == 404


async def test_a_plan_is_begun_as_a_copy_or_from_nothing(
    station: WebStation, admin: Person
) -> None:
    answer = await admin.send("/plans", id="night", name="Nuit", source="intrusion")
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans/night/edit")
    draft = station.store.read_now(lambda tx: plans.get_draft(tx, "night"))
    assert (draft.body["name"], len(draft.body["steps"])) == ("Nuit", 4)
    await admin.send("/plans", id="day")
    draft = station.store.read_now(lambda tx: plans.get_draft(tx, "day"))
    assert [step["kind"] for step in draft.body["steps"]] == ["hand_to_operator"]
    for plan_id, why in (("night", "already"), ("fire", "already"), ("a b", "letters")):
        answer = await admin.send("/plans", id=plan_id, name="Autre")
        assert answer.status_code in (409, 422)
        assert why in said(answer)
        assert 'value="Autre"' in answer.text


async def test_a_plan_is_read_with_what_is_found_beside_its_steps(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    drafted(station, night({**CALL, "outcomes": {"exhausted": "nowhere"}}, HAND))
    answer = await operator.get("/plans/night?lang=en")
    assert "can't be published" in said(answer)
    beside = said(answer, 'id="step-1"', 'id="step-2"')
    assert "leads to 'nowhere', which is no step" in beside
    assert "Error" not in said(answer, 'id="step-2"')
    assert "<svg" in answer.text
    assert "keyholders" in beside


async def test_a_steps_name_is_shown_as_text_wherever_it_stands(
    station: WebStation, admin: Person
) -> None:
    named = {**CALL, "name": '"><img src=x onerror=alert(1)>'}
    published(station, night(named, HAND))
    published(station, night({**named, "attempts": 2}, HAND))
    drafted(station, night({**named, "attempts": 3}, HAND))
    station.site(plans={"intrusion": "night"})
    for path in (
        *("", "?v=draft", "/edit?step=1", "/edit?step=2", "/versions?before=1&after=2"),
        *("/called?site=1001", "/simulate?site=1001", "/sites/1001?step=2"),
    ):
        page = await admin.see(f"/plans/night{path}")
        assert page.status_code == 200
        assert "<img src=x" not in page.text, path
        assert "&lt;img src=x" in page.text, path
        assert "call_list" not in said(page), path


async def test_its_sites_are_looked_at_when_that_is_asked_for(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site(contacts=[])
    answer = await operator.get("/plans/intrusion?lang=en")
    assert "the list is empty" not in said(answer)
    answer = await operator.get("/plans/intrusion?check=1")
    assert "Bijouterie du Parlement : the list is empty" in said(answer)


async def test_who_is_called_depends_on_the_hour(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    week = {day: ["08:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    anne = {"id": "a", "name": "Anne Le Goff", "role": "keyholder", "phone": "06 39 98 10 01"}
    yves = {"id": "y", "name": "Yves Morvan", "role": "keyholder", "rank": 2}
    hours = {"week": week, "holidays": {"country": "FR"}}
    station.site(contacts=[{**anne, "availability": hours}, yves])
    asked = "/plans/intrusion/called?lang=en&site=1001&kind=intrusion"
    at_work = said(await operator.get(f"{asked}&when=at&at=2026-11-26T10:00"))
    assert at_work.index("Anne Le Goff") < at_work.index("Yves Morvan")
    assert "no number" in at_work
    assert "Nobody can be called then" in at_work  # the premises have no phone
    at_night = said(await operator.get(f"{asked}&when=holiday"))
    assert "03:00:00" in at_night
    assert "Anne Le Goff" not in at_night


REFUSED = {
    "site=9999": "no site",
    "site=1001&when=at": "choose a day",
    "site=1001&when=at&at=1900-01-01T00:00": "choose a day",
    "site=1001&kind=gone": "choose one of",
    "site=1001&when=never": "choose one of",
}


async def test_what_can_t_be_asked_is_said(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    for asked, why in REFUSED.items():
        answer = await operator.get(f"/plans/intrusion/called?lang=en&{asked}")
        assert (answer.status_code, why in said(answer)) == (422, True), asked


async def test_another_plan_that_the_site_follows_then_is_named(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site(plans={"intrusion": "operator"})
    answer = await operator.get("/plans/intrusion/called?lang=en&site=1001")
    assert "does not follow this plan for such an alarm then, but: operator" in said(answer)


async def test_the_sites_that_follow_it_are_listed_with_why(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    published(station, night(CALL, HAND))
    station.site("1001", name="Boulangerie", plans={"intrusion": "night"})
    rule = {"plan": "night", "kinds": ["tamper"]}
    station.site("1002", name="Crèmerie", plan_rules=[rule])
    station.site("1003", name="Fermée", state="suspended", plans={"intrusion": "night"})
    station.site("1004", name="Droguerie")
    page = said(await operator.get("/plans/night/sites?lang=en"))
    assert "Boulangerie 1001 chosen for this site: Intrusion" in page
    assert "Crèmerie 1002 1 rule of this site" in page
    assert "Fermée" not in page
    assert "Droguerie" not in page
    assert "as every site" in said(await operator.get("/plans/operator/sites?q=droguerie"))
    assert "No site" in said(await operator.get("/plans/night/sites?q=droguerie"))


async def test_two_versions_stand_side_by_side(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    published(station, night(CALL, HAND))
    published(station, night({**CALL, "attempts": 3, "outcomes": {"exhausted": "desk"}}, DESK))
    answer = await operator.get("/plans/night/versions?lang=en&before=1&after=2")
    page = said(answer)
    assert "3 differences" in page
    assert "Les nuits" in page
    assert re.search(r'class="changed"><dt>Calls to each person</dt><dd><bdi>3', answer.text)
    assert "new step" in page
    assert "step is gone" in page
    assert (await operator.get("/plans/night/versions?before=1&after=9")).status_code == 404


async def test_a_plan_is_withdrawn_on_its_page_and_brought_back(
    station: WebStation, admin: Person
) -> None:
    published(station, night(HAND))
    station.site(plans={"*": "night"})
    shown = await admin.see("/plans/night")
    assert "Sites follow this plan: have them follow another one first:" in said(shown)
    assert "/plans/night/withdraw" not in shown.text
    assert "Alarms fall back on this plan" in said(await admin.see("/plans/fire"))
    refused = await admin.send("/plans/night/withdraw", as_of="1", why="Plus de nuits")
    assert refused.status_code == 409
    assert "sites follow this plan" in said(refused)
    assert 'value="Plus de nuits"' in refused.text
    station.site()
    assert (await admin.send("/plans/night/withdraw", as_of="1", why=" ")).status_code == 409
    late = await admin.send("/plans/night/withdraw", as_of="0", why="Plus de nuits")
    assert "look at it as it is now" in said(late)
    done = await admin.send("/plans/night/withdraw", as_of="1", why="Plus de nuits")
    assert (done.status_code, done.headers["location"]) == (303, "/plans/night")
    shown = await admin.see("/plans/night")
    assert "alix · Plus de nuits" in said(shown)
    for path in ("", "/sites", "/versions", "/simulate", "/called"):
        shown = await admin.see(f"/plans/night{path}")
        assert re.findall(r'method="post" action="/plans/([^"]+)"', shown.text) == [
            "night/bring-back"
        ]
        assert "/plans/night/edit" not in shown.text
    assert (await admin.see("/plans/night/edit")).headers["location"] == "/plans/night"
    refused = await admin.send("/plans/night/edit", as_of="v1", name="Autre")
    assert "this plan is withdrawn: bring it back first: night" in said(refused)
    refused = await admin.send("/plans", id="night", name="Autre")
    assert "there is a plan of this id already" in said(refused)
    assert await names(admin.client, "") == ["fire", "intrusion", "operator", "bank", "organ"]
    assert await names(admin.client, "q=nuit&state=withdrawn") == ["night"]
    assert '<option value="night"' not in (await admin.see("/plans")).text
    assert '<option value="night"' not in (await admin.see("/sites/1001/edit/codes")).text
    known = station.store.read_now(lambda tx: get_standing(tx, "night")).revision
    back = await admin.send("/plans/night/bring-back", as_of=known, why="De saison")
    assert back.status_code == 303
    assert '<option value="night"' in (await admin.see("/sites/1001/edit/codes")).text
    assert "/plans/night/edit" in (await admin.see("/plans/night")).text


async def test_who_only_reads_sees_why_a_plan_is_withdrawn(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    published(station, night(HAND))
    station.do(lambda tx: withdraw(tx, "night", "1", "Plus de nuits", "alix", clock.now()))
    shown = await operator.get("/plans/night?lang=en")
    assert "alix · Plus de nuits" in said(shown)
    assert "bring-back" not in shown.text
    assert "withdraw" not in (await operator.get("/plans/fire")).text
