"""Measures over the API and on the pages, and the calendars that programs read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from icalendar import Calendar

from callflow import clock
from callflow.storage.sites import sites
from tests.integration.web.alarms.test_by_hand import alarm
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access.users import Role

Row = dict[str, Any]

HOSTILE = "=HYPERLINK(1)\r\nATTENDEE:mailto:a@example.org<script>"


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "odile", Role.SUPERVISOR) as person:
        yield person


def guard(**more: Any) -> Row:
    terms = {"firm": "firm", "rate_cents": 3200, "report_every": 60, "ends_when": "armed"}
    return {"kind": "guard_on_site", "text": "agent", "minutes": 120, **terms, **more}


async def test_a_program_opens_reports_extends_and_lifts(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    alarm(station)
    made = await api.post("/sites/1001/measures", json=guard())
    assert made.status_code == 201, made.text
    measure = made.json()
    assert (measure["firm"], measure["unit"], measure["cost_cents"]) == ("firm", "hour", 0)
    where = f"/sites/1001/measures/{measure['id']}"
    said = (await api.post(f"{where}/report", json={"text": "RAS"})).json()
    assert said["reports"] == 1
    until = (clock.now() + timedelta(hours=5)).isoformat()
    longer = await api.post(f"{where}/extend", json={"until": until, "text": "le gérant"})
    assert longer.json()["ends_at"] > measure["ends_at"]
    assert [one["id"] for one in (await api.get("/measures")).json()["items"]] == [measure["id"]]
    lifted = (await api.post(f"{where}/lift")).json()
    assert (lifted["lifted_by"], lifted["cost_cents"]) == ("essai", 800)  # a quarter that began
    assert (await api.get("/measures")).json()["items"] == []
    assert (await api.post(f"{where}/report", json={"text": "RAS"})).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (guard(firm="nobody"), "firm"),
        (guard(rate_cents=-1), "rate"),
        (guard(report_every=-1), "report_every"),
        (guard(begins_at="2026-01-01T00:00:00Z"), "from"),
        (guard(ends_when="restored"), "zone"),
        (guard(minutes=10**9), "minutes"),
    ],
)
async def test_bad_terms_name_their_field(
    station: WebStation, api: httpx.AsyncClient, body: Row, field: str
) -> None:
    alarm(station)
    answer = await api.post("/sites/1001/measures", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await api.post("/sites/none/measures", json=guard())).status_code == 404


async def test_who_holds_the_alarm_opens_one_on_terms_and_sees_what_it_costs(
    station: WebStation, chief: Person
) -> None:
    incident = alarm(station)
    page = f"/incidents/{incident}"
    await chief.send(f"{page}/claim")
    form = {"kind": "patrol", "text": "rondes", "minutes": "480", "firm": "far"}
    wrong = await chief.send(f"{page}/measure", **form, rate="cher")
    assert wrong.status_code == 422
    begun = (clock.now() - timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    refused = await chief.send(f"{page}/measure", **form, **{"from": begun})
    assert (refused.status_code, "dans la semaine" in refused.text) == (409, True)
    made = await chief.send(f"{page}/measure", **form, rate="18,50", report_every="60")
    assert made.status_code == 303
    shown = (await chief.see(page)).text
    (measure,) = set(re.findall(r'name="measure" value="([0-9a-f]+)"', shown))
    assert (
        await chief.send(f"{page}/report-measure", measure=measure, text="RAS")
    ).status_code == 303
    more = await chief.send(f"{page}/extend-measure", measure=measure, hours="2", text="gérant")
    assert more.status_code == 303
    text = (await chief.see(page)).text
    assert "Est Garde" in text
    assert "18,50" in text
    assert "1 compte rendu" in text
    other = await chief.send(f"{page}/report-measure", measure="none", text="RAS")
    assert other.status_code == 404


async def test_the_page_of_measures_opens_follows_and_lifts(
    station: WebStation, chief: Person
) -> None:
    alarm(station)
    nowhere = await chief.send("/measures", site="none", kind="other", text="x", minutes="60")
    assert (nowhere.status_code, 'role="alert"' in nowhere.text) == (422, True)
    body = {"site": "1001", "kind": "keys_moved", "text": HOSTILE, "minutes": "60"}
    assert (await chief.send("/measures", **body)).status_code == 303
    shown = (await chief.see("/measures")).text
    assert "<script>" not in shown.split("<main")[1].split("</main>")[0]
    (measure,) = set(re.findall(r"/measures/([0-9a-f]{32})/lift", shown))
    for act, typed in (("report", {"text": "ok"}), ("extend", {"hours": "1", "text": "x"})):
        assert (await chief.send(f"/measures/{measure}/{act}", **typed)).status_code == 303
    assert (await chief.send(f"/measures/{measure}/extend", hours="0", text="x")).status_code == 422
    assert (await chief.send(f"/measures/{measure}/lift")).status_code == 303
    assert (await chief.send(f"/measures/{measure}/lift")).status_code == 409
    assert (await chief.send("/measures/none/lift")).status_code == 404


# --- calendars ----------------------------------------------------------------------------


def events(data: bytes) -> list[Any]:
    return list(Calendar.from_ical(data).walk("VEVENT"))


async def test_a_calendar_has_measures_and_hostile_words_stay_words(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    alarm(station)
    await api.post("/sites/1001/measures", json=guard(text=HOSTILE.replace("\r\n", " ")))
    answer = await api.get("/measures.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    (event,) = events(answer.content)
    assert str(event["SUMMARY"]).startswith("Agent sur place : Bijouterie")
    assert "ATTENDEE" not in event
    assert HOSTILE.partition("<")[2] in str(event["DESCRIPTION"])
    assert events((await api.get("/measures.ics?firm=far")).content) == []
    assert (await api.get("/measures.ics?client=none")).status_code == 404
    site = station.store.read_now(lambda tx: sites.get(tx, "1001"))
    assert site is not None
    theirs = await api.get("/measures.ics", params={"client": site.client_id})
    assert len(events(theirs.content)) == 1
    english = events((await api.get("/measures.ics?language=en")).content)
    assert str(english[0]["SUMMARY"]).startswith("Guard on site")


async def test_a_program_reads_a_calendar_by_its_address_until_it_is_revoked(
    station: WebStation, chief: Person, api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    alarm(station)
    await api.post("/sites/1001/measures", json=guard())
    for bad in ({"name": ""}, {"name": "x", "firm": "none"}, {"name": "x", "client": "none"}):
        assert (await chief.send("/measures/feeds", **bad)).status_code == 422
    addresses = {}
    for firm in ("firm", "far"):
        made = (await chief.send("/measures/feeds", name=f"agenda {firm}", firm=firm)).text
        (addresses[firm],) = re.findall(r"http://[^/]+(/calendars/[^<]+\.ics)", made)
    assert addresses["firm"] not in (await chief.see("/measures")).text
    found = {firm: await stranger.get(at) for firm, at in addresses.items()}
    assert {firm: len(events(one.content)) for firm, one in found.items()} == {"firm": 1, "far": 0}
    assert found["firm"].headers["cache-control"] == "no-store"
    for nobodys in ("/calendars/x.ics", f"/calendars/{'0' * 300}.ics", "/calendars/..%2F.ics"):
        assert (await stranger.get(nobodys)).status_code == 404
    shown = (await chief.see("/measures")).text
    for feed in re.findall(r"/measures/feeds/([0-9a-f]+)/revoke", shown):
        assert (await chief.send(f"/measures/feeds/{feed}/revoke")).status_code == 303
        assert (await chief.send(f"/measures/feeds/{feed}/revoke")).status_code == 404
    for at in addresses.values():
        assert (await stranger.get(at)).status_code == 404


async def test_only_a_supervisor_gives_calendars_out(station: WebStation, app: FastAPI) -> None:
    station.user("paul", Role.OPERATOR)
    person = Person(app, "paul")
    async with person.client:
        await person.log_in()
        assert "h-feeds" not in (await person.see("/measures")).text
        assert (await person.send("/measures/feeds", name="x")).status_code == 403
