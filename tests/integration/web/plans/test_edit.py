"""A plan's draft in its pages: changed step by step, refused with both versions, published."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.plans import plans
from callflow.storage.sites import sites
from tests.integration.web.plans.test_plan_pages import CALL, HAND, drafted, night, published, said
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

AT = "/plans/night/edit"


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    return await person(station, app, "alix")


async def person(station: WebStation, app: FastAPI, name: str) -> Person:
    station.user(name, Role.ADMINISTRATOR)
    found = Person(app, name)
    await found.log_in()
    await found.see("/plans?lang=en")
    return found


def draft(station: WebStation) -> dict[str, Any]:
    found: dict[str, Any] = station.store.read_now(lambda tx: plans.get_draft(tx, "night")).body
    return found


def ids(station: WebStation) -> str:
    return " ".join(step["id"] for step in draft(station)["steps"])


def as_of(page: httpx.Response) -> str:
    found = re.search(r'name="as_of" value="([^"]+)"', page.text)
    assert found
    return html.unescape(found[1])


async def act(who: Person, path: str, shown: str = "", **fields: str) -> httpx.Response:
    """A form of the page, as it stands now or as it was ``shown``."""
    return await who.send(f"{AT}{path}", as_of=shown or as_of(await who.see(AT)), **fields)


async def test_a_draft_is_written_step_by_step(station: WebStation, admin: Person) -> None:
    published(station, night(CALL, HAND))
    assert "The first change begins a draft; version 1" in said(await admin.see(AT))
    answer = await act(admin, "/steps", kind="question", before="1")
    assert answer.headers["location"] == f"{AT}?step=1&did=add"
    assert ids(station) == "question call hand"
    page = await admin.see(f"{AT}?step=1")
    assert "a question has 1 to 9 answers" in said(page, 'id="step-1"', 'id="step-2"')
    await act(
        admin,
        "/steps/1/save",
        step="question",
        place="1",
        name="Tout va bien ?",
        text="Tout va bien ?",
        answers="oui\r\nnon",
        who_0="role:premises",
        attempts="2",
        delay_s="20",
        end_answer_1="hand",
        end_exhausted="call",
    )
    assert draft(station)["steps"][0] == {
        "id": "question",
        "kind": "question",
        "name": "Tout va bien ?",
        "text": "Tout va bien ?",
        "who": [{"role": "premises"}],
        "attempts": 2,
        "delay_s": 20.0,
        "stop": "first_valid",
        "identify": False,
        "answers": ["oui", "non"],
        "outcomes": {"answer_1": "hand", "exhausted": "call"},
    }
    await act(admin, "/steps/2/down", step="call", place="2")
    assert ids(station) == "question hand call"
    await act(admin, "/order", order="1,3,2")
    assert ids(station) == "question call hand"
    await act(admin, "/steps/3/up", step="hand", place="3")
    await act(admin, "/steps/3/remove", step="call", place="3")
    assert ids(station) == "question hand"
    assert "'call', which is no step" in said(await admin.see(AT), 'id="step-1"', 'id="step-2"')
    await act(admin, "", name="Nuit, avec question")
    assert draft(station)["name"] == "Nuit, avec question"


async def test_an_end_leads_to_a_step_that_is_made_for_it(
    station: WebStation, admin: Person
) -> None:
    drafted(station, night(CALL, HAND))
    step = {"step": "call", "place": "1"}
    answer = await act(
        admin, "/steps/1/save", **step, end_exhausted="new:send_guard", end_verified_ok="close:test"
    )
    assert answer.headers["location"] == f"{AT}?step=1&did=save"
    assert ids(station) == "call guard hand closure"
    assert draft(station)["steps"][0]["outcomes"] == {
        "exhausted": "guard",
        "verified_ok": "closure",
    }
    assert draft(station)["steps"][1]["outcomes"] == {"exhausted": "hand"}
    for target in ("new:dance", "close:gone"):
        answer = await act(admin, "/steps/1/save", **step, end_help=target)
        assert (answer.status_code, "choose one of" in said(answer)) == (422, True)
    assert ids(station) == "call guard hand closure"


RUNS = {
    "": "An operator knows after 0:",
    "sim_site=1001": "Bijouterie du Parlement",
    "sim_site=9999": "no site",
    "sim_kind=gone": "choose one of",
    "sim_others=%3Cscript%3E": "nobody can do that",
    "sim_others=acknowledged": "nobody can do that",
    "sim_others=help": "An operator knows after 0:",
}


async def test_the_draft_runs_beneath_its_steps(station: WebStation, admin: Person) -> None:
    station.site()
    drafted(station, night(CALL, HAND))
    for asked, seen in RUNS.items():
        page = await admin.see(f"{AT}?step=1&{asked}")
        assert (page.status_code, seen in said(page, 'id="plan-run"')) == (200, True), asked
        assert "<script>" not in page.text
    assert "Example site" in said(await admin.see(AT), 'id="plan-run"')
    answer = await act(admin, "", name="Nuit", sim_site="1001", sim_kind="fire", here="2")
    assert answer.headers["location"] == f"{AT}?step=2&sim_site=1001&sim_kind=fire"
    drafted_again = night({**CALL, "outcomes": {"exhausted": "nowhere"}}, HAND)
    at = (await admin.see(AT)).text
    assert "Longest delay" in at
    revision = as_of(await admin.see(AT))
    station.do(
        lambda tx: plans.save_draft(tx, drafted_again, "bea", clock.now(), revision=revision)
    )
    page = await admin.see(AT)
    assert "this plan can't run as it is" in said(page, 'id="plan-run"')
    assert "1 error" in said(page, 'id="plan-bar"')


async def test_a_place_that_is_none_is_the_nearest(station: WebStation, admin: Person) -> None:
    drafted(station, night(CALL, HAND))
    for asked, place in (("step=9", 2), ("step=0", 1), ("step=2&add=1000", 2)):
        page = (await admin.see(f"{AT}?{asked}")).text
        assert f'action="{AT}/steps/{place}/save"' in page
        assert ('name="before" value="3"' in page) == ("add" in asked)


async def test_a_plan_says_how_long_a_treated_site_has(station: WebStation, admin: Person) -> None:
    published(station, night(CALL, HAND))
    for typed in ("bientôt", "0", "10081"):
        answer = await act(admin, "", name="Nuit", normal_minutes=typed)
        assert (answer.status_code, "write a number" in said(answer)) == (422, True), typed
        assert f'value="{typed}"' in answer.text
    await act(admin, "", name="Nuit", normal_minutes="7,5")
    assert draft(station)["normal_s"] == 450
    assert 'name="normal_minutes"' in (shown := (await admin.see(AT)).text)
    assert 'value="7.5" placeholder="30"' in shown  # the station's
    await act(admin, "", name="Nuit, sans rien d'autre")
    assert draft(station)["normal_s"] == 450
    await act(admin, "", name="Nuit", normal_minutes=" ")
    assert "normal_s" not in draft(station)


async def test_what_is_wrong_is_said_and_what_was_typed_stands(
    station: WebStation, admin: Person
) -> None:
    drafted(station, night(CALL, HAND))
    before = draft(station)
    for fields, why in (
        ({"attempts": "deux"}, "write a number"),
        ({"who_0": "role:nobody"}, "must be one of"),
        ({"mode": "sideways"}, "must be one of"),
        ({"step": "gone"}, "removed this step"),
    ):
        step = {"step": "call", "place": "1", "text": "Allô", **fields}
        answer = await act(admin, "/steps/1/save", **step)
        assert (answer.status_code in (409, 422), why in said(answer)) == (True, True), fields
        assert "gone" in fields.values() or ">Allô</textarea>" in answer.text
    for path, fields in (("/steps", {"kind": "dance"}), ("/order", {"order": "1,1"})):
        assert (await act(admin, path, **fields)).status_code == 422
    assert (await act(admin, "/steps/1/dance", step="call", place="1")).status_code == 404
    assert draft(station) == before


async def test_the_second_of_two_sees_both_versions(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    drafted(station, night(CALL, HAND))
    other = await person(station, app, "bob")
    shown = as_of(await admin.see(f"{AT}?step=1"))
    mine = {"step": "call", "place": "1", "delay_s": "20", "end_exhausted": "hand"}
    await act(other, "/steps/1/save", **mine, attempts="5")
    late = await act(admin, "/steps/1/save", shown, **mine, attempts="3")
    assert late.status_code == 409
    both = said(late, 'id="h-both"', "</section>")
    assert "bob" in both
    assert re.search(r"Calls to each person 5 .*Calls to each person 3", both)
    assert 'name="attempts" value="3"' in late.text  # theirs, to be saved over what stands now
    assert draft(station)["steps"][0]["attempts"] == 5
    await act(admin, "/steps/1/save", as_of(late), **mine, attempts="3")
    assert draft(station)["steps"][0]["attempts"] == 3
    assert (await act(other, "/steps/1/up", shown, step="call", place="1")).status_code == 409
    assert (await act(other, "/publish", shown, why="x")).status_code == 409
    assert (await act(other, "/drop", shown)).status_code == 409


async def test_it_is_published_when_nothing_keeps_it_from_that(
    station: WebStation, admin: Person
) -> None:
    published(station, night(CALL, HAND))
    station.site(plans={"intrusion": "night"}, contacts=[])
    drafted(station, night({**CALL, "attempts": 3}, HAND))
    answer = await act(admin, "/publish", why="Plus d'appels")
    assert answer.status_code == 422
    assert "it can reach nobody" in said(answer)
    station.site(
        plans={"intrusion": "night"},
        contacts=[{"id": "a", "name": "Anne", "role": "keyholder"}, KEY],
    )
    answer = await act(admin, "/publish", why="Plus d'appels")
    assert "accept its warnings with a reason" in said(answer)
    assert "Bijouterie du Parlement : Anne has no number" in said(answer, 'id="step-1"')
    assert "Plus d&#39;appels" in answer.text
    answer = await act(admin, "/publish", why="Plus d'appels", accept="Anne déménage")
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans/night")
    body = station.store.read_now(lambda tx: sites.plan_body(tx, "night"))
    assert body is not None
    assert (body["version"], body["steps"][0]["attempts"]) == (2, 3)
    assert "Anne déménage" in said(await admin.see("/plans/night/versions"))


KEY = {"id": "y", "name": "Yves", "role": "keyholder", "rank": 2, "phone": "06 39 98 10 02"}


async def test_a_draft_goes_on_from_what_was_published_meanwhile_or_is_thrown_away(
    station: WebStation, admin: Person
) -> None:
    published(station, night(CALL, HAND))
    drafted(station, night({**CALL, "attempts": 3}, HAND))
    published(station, night({**CALL, "attempts": 2}, HAND))
    assert "Version 2 was published meanwhile" in said(await admin.see(AT))
    answer = await act(admin, "/publish", why="x")
    assert (answer.status_code, "published meanwhile" in said(answer)) == (409, True)
    assert (await act(admin, "/rebase")).status_code == 303
    assert (await act(admin, "/publish", why="x")).status_code == 303
    drafted(station, night(HAND))
    answer = await act(admin, "/drop")
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans/night")
    assert "The first change begins a draft; version 3" in said(await admin.see(AT))
    assert (await act(admin, "/publish", why="x")).status_code in (404, 409)


async def test_only_who_may_configure_sees_the_forms(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    assert (await operator.get("/plans/intrusion/edit")).status_code == 403
    assert "/edit" not in (await operator.get("/plans/intrusion")).text
