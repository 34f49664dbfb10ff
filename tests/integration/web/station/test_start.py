"""The guide of the first start: from the first log-in to a test alarm that somebody answered."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Outcome
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.storage.sites import sites
from tests.support.rows.in_clear import in_clear
from tests.support.stations.web_station import NAME, PASSWORD, WebStation
from web.access.users import Role
from web.station import Station

SITE = {"account": "1001", "name": "Atelier", "contact": "Opale", "phone": "06 39 98 12 34"}
FORM = {**SITE, "code": "2580"}


@pytest.fixture
async def first(station: WebStation, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """The first administrator, logged in: where they were sent stands in ``headers``."""
    station.user(NAME, Role.ADMINISTRATOR)
    await log_in(stranger)
    return stranger


async def log_in(client: httpx.AsyncClient) -> str:
    answer = await client.post("/login", data={"name": NAME, "password": PASSWORD})
    assert answer.status_code == 303
    return answer.headers["location"]


async def send(client: httpx.AsyncClient, path: str, form: dict[str, str]) -> httpx.Response:
    csrf = re.findall(r'name="csrf" value="([^"]+)"', (await client.get("/start")).text)[0]
    return await client.post(path, data={**form, "csrf": csrf})


async def step(client: httpx.AsyncClient, part: str) -> tuple[str, str]:
    """How a step is, and what stands there."""
    text = (await client.get("/start")).text
    found = re.search(rf'<li id="step-{part}" class="is-(\w+)">(.*?)</li>', text, re.DOTALL)
    assert found
    return found[1], html.unescape(re.sub(r"<[^>]+>", "", found[2]))


async def test_the_guide_is_where_the_first_administrator_comes_to(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    station.user(NAME, Role.ADMINISTRATOR)
    assert await log_in(stranger) == "/start"
    assert 'href="/start"' in (await stranger.get("/people")).text
    station.site("1001")
    assert await log_in(stranger) == "/", "a station with a site is somebody's already"
    here: Station = app.state.station
    assert station.store.read_now(here.starts)
    demo = replace(here, settings=here.settings.model_copy(update={"demo": True}))
    assert not station.store.read_now(demo.starts)


async def test_an_operator_of_an_empty_station_comes_to_the_console(
    operator: httpx.AsyncClient,
) -> None:
    assert await log_in(operator) == "/"
    assert 'href="/start"' not in (await operator.get("/lines")).text
    assert (await operator.get("/start")).status_code == 403


async def test_each_step_is_read_from_what_is_there(
    station: WebStation, first: httpx.AsyncClient
) -> None:
    assert (await step(first, "running"))[0] == "wrong"
    assert "manuel : trunks" in (await step(first, "trunk"))[1]
    assert "06 39 98 99 99" in (await step(first, "number"))[1]
    assert (await step(first, "operator"))[0] == "todo"
    station.user("david", Role.OPERATOR)
    assert "david" in (await step(first, "operator"))[1]
    assert (await send(first, "/start/site", FORM)).headers["location"] == "/start?site=1001"
    assert (await step(first, "site"))[0] == "done"
    assert "Opale" in (await step(first, "contact"))[1]
    assert "Intrusion" in (await step(first, "plan"))[1]
    told = station.store.read_now(lambda tx: logbook.page(tx, site="1001"))
    assert [(entry.kind, entry.who) for entry in told] == [("site_created", NAME)]


#: What each is refused for.
BAD = (
    {"phone": "112"},
    {"phone": "18"},
    {"phone": ""},
    {"code": "25"},
    {"code": ""},
    {"account": "10 01"},
    {"name": " "},
    {"contact": ""},
)


async def test_what_can_not_be_is_refused_whole_and_stands_there_still(
    station: WebStation, first: httpx.AsyncClient
) -> None:
    for changed in BAD:
        answer = await send(first, "/start/site", {**FORM, **changed})
        assert answer.status_code == 422, changed
        kept = {name: value for name, value in SITE.items() if name not in changed}
        assert all(f'value="{value}"' in answer.text for value in kept.values())
        assert not in_clear("2580", answer.text), "a code comes out of no page"
    assert station.store.read_now(sites.site_ids) == []


async def test_a_test_alarm_is_followed_to_its_answer(
    station: WebStation, first: httpx.AsyncClient
) -> None:
    await send(first, "/start/site", FORM)
    assert (await send(first, "/start/alarm", {"site": "1001"})).status_code == 303
    assert (await step(first, "alarm"))[0] == "runs"
    station.call(Outcome.NO_ANSWER, answered=False)
    mark, said = await step(first, "alarm")
    assert (mark, "renvoyez-la" in said.lower()) == ("wrong", True)
    assert 'href="/start"' in (await first.get("/people")).text

    assert (await send(first, "/start/alarm", {"site": "1001"})).status_code == 303
    earlier, now = sorted(_exercises(station), key=lambda row: row.opened_at)
    assert (earlier.resolution_code, now.state) == ("exercise", "open")
    assert now.exercise, "it is said to whoever is called, and wakes nobody"
    station.call(Outcome.VERIFIED_OK)
    assert (await step(first, "alarm"))[0] == "done"
    assert "fausse alarme" in (await first.get("/start")).text
    assert 'href="/start"' not in (await first.get("/people")).text


def _exercises(station: WebStation) -> list[Incident]:
    return station.store.read_now(lambda tx: incidents.last_of_site(tx, "1001", 9))


async def test_a_site_in_alarm_is_left_alone(station: WebStation, first: httpx.AsyncClient) -> None:
    station.site("1001")
    real = station.alarm("1001")
    answer = await send(first, "/start/alarm", {"site": "1001"})
    assert answer.status_code == 409
    assert "ce site est en alarme" in html.unescape(answer.text)
    assert [row.id for row in _exercises(station)] == [real.id]
    asked = station.store.read_now(lambda tx: calls.of_incident(tx, real.id))
    assert len(asked) == 1


async def test_of_several_sites_one_is_named(station: WebStation, first: httpx.AsyncClient) -> None:
    station.site("1001", name="<b>Un</b>")
    station.site("1002", accounts=[{"account": "77A"}], zones=[])
    assert "is-todo" in _line(await first.get("/start"), "site")
    assert "&lt;b&gt;Un&lt;/b&gt;" in _line(await first.get("/start?site=1001"), "site")
    assert "77A" in _line(await first.get("/start?site=77A"), "site")
    unknown = await first.get("/start?site=9999")
    assert unknown.status_code == 200
    assert "9999" in unknown.text
    assert (await send(first, "/start/alarm", {"site": "9999"})).status_code == 404


def _line(answer: httpx.Response, part: str) -> str:
    return answer.text.split(f'<li id="step-{part}"')[1].split("</li>")[0]
