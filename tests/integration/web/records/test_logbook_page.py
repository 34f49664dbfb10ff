"""The logbook as a page: what is looked for is found, and who listened to what is told."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.base.telling import tell
from tests.support.pages.visitors import Person, somebody
from tests.support.phones.dictated import dictated
from tests.support.stations.web_station import NAME, WebStation
from web.access.users import Role


async def shown(client: httpx.AsyncClient, **asked: str) -> list[str]:
    """The entries of the page, each as its words, the newest first."""
    answer = await client.get("/logbook", params={"lang": "en", **asked})
    assert answer.status_code == 200
    rows = re.findall(r'<tr id="e-.*?</tr>', answer.text, re.DOTALL)
    return [re.sub(r"<[^>]+>", " ", row) for row in rows]


def notes(station: WebStation, *texts: str, who: str = NAME, **more: Any) -> None:
    for text in texts:
        station.do(lambda tx, t=text: tell(tx, "note", clock.now(), who_did=who, note=t, **more))


async def test_words_authors_and_sites_are_found(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    notes(station, "Le volet est ouvert", site="1001")
    notes(station, "100 % d'essais", who="bea")
    assert len(await shown(operator, q="VOLET")) == 1
    assert len(await shown(operator, q="%")) == 1  # a sign like any other
    assert len(await shown(operator, who="bea")) == 1
    (found,) = await shown(operator, q="volet", site="1001")
    assert "Bijouterie du Parlement" in found
    assert await shown(operator, q="volet", site="1002") == []
    of_people = await shown(operator, what="people")
    assert any("bea" in entry for entry in of_people)
    assert not any(" machine " in entry for entry in of_people)
    station.alarm()  # which the machine opens
    assert any(" machine " in entry for entry in await shown(operator))


async def test_it_goes_back_page_by_page_and_day_by_day(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    notes(station, *(f"volet {n}" for n in range(120)))
    found, address = [], "/logbook?lang=en&q=volet"
    while True:
        answer = await operator.get(address)
        found += re.findall(r"volet [0-9]+", answer.text)
        older = re.search(r'id="older" href="([^"]+)"', answer.text)
        if older is None:
            break
        address = html.unescape(older[1])
    assert found == [f"volet {n}" for n in reversed(range(120))]
    yesterday = f"{clock.now() - timedelta(days=2):%Y-%m-%d}"
    assert await shown(operator, q="volet", until=yesterday) == []
    assert await shown(operator, q="volet", since="2020-01-01", until="2999-01-01") != []


async def test_what_is_no_day_is_said(operator: httpx.AsyncClient) -> None:
    for asked in ({"since": "hier"}, {"until": "2026-13-01"}, {"what": "all"}, {"before": "x"}):
        assert (await operator.get("/logbook", params=asked)).status_code == 422


async def test_who_listens_is_told_once_and_found_among_what_was_looked_at(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    station.alarm()
    call = station.call(Outcome.NO_KEY, seconds=2)
    for part in ("bytes=0-", "bytes=0-99", "bytes=100-"):
        answer = await operator.get(f"/recordings/{call}", headers={"Range": part})
        assert answer.status_code == 206
    dictated(station, "1001")
    assert (await operator.get("/recordings/spoken/1795200000.1.1")).status_code == 200
    said, heard = await shown(operator, what="looked")
    assert f"{NAME} listens to the recording of the call with Accueil (06 39 98 10 00)" in heard
    assert f"{NAME} listens to what 06 39 98 01 50 said after the tone" in said


async def test_programs_listen_under_their_own_name(
    station: WebStation, api: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    station.site()
    station.alarm()
    call = station.call(Outcome.NO_KEY, seconds=2)
    assert (await api.get(f"/recordings/{call}")).status_code == 200
    (heard,) = await shown(operator, what="looked")
    assert "listens to the recording" in heard


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "yves", Role.SUPERVISOR) as person:
        yield person


async def test_a_correction_strikes_the_entry_through_and_both_are_found(
    station: WebStation, chief: Person, operator: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    station.site()
    notes(station, "Porte <nord> ouverte", site="1001")
    (listed,) = await shown(operator, q="porte nord")
    assert "Porte &lt;nord&gt; ouverte" in listed
    page = (await operator.get("/logbook", params={"q": "porte"})).text
    address = re.search(r'href="(/logbook/[0-9a-f-]+)"', page)
    assert address
    refused = await chief.send(f"{address[1]}/correct", text=" ")
    assert "écrivez ce que" in refused.text
    said = await chief.send(f"{address[1]}/correct", text="Porte <sud> ouverte")
    assert said.status_code == 303
    both = await shown(operator, q="porte")
    assert len(both) == 2
    struck = (await operator.get("/logbook", params={"q": "nord", "lang": "en"})).text
    assert re.search(r"<s><bdi>Porte &lt;nord&gt; ouverte</bdi></s>.*Porte &lt;sud&gt;", struck)
    entry = (await operator.get(address[1], params={"lang": "en"})).text
    assert "UTC" in entry
    assert "Europe/Paris" in entry
    name = address[1].rpartition("/")[2]
    by_program = await api.post(f"/logbook/{name}/correct", json={"text": "Porte est"})
    assert by_program.status_code == 201
    assert by_program.json()["kind"] == "corrected"
    assert (await operator.get("/logbook/nowhere")).status_code == 404
    assert (await api.post("/logbook/x/correct", json={"text": "a"})).status_code == 404


async def test_programs_search_by_words_oldest_first(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    notes(station, *(f"volet numéro {n}" for n in range(5)), "grille")
    found, after = [], None
    while True:
        asked = {"q": "VOLETS numero", "limit": "2", **({"after": after} if after else {})}
        answer = (await api.get("/logbook", params=asked)).json()
        found += [entry["text"] for entry in answer["items"]]
        after = answer["next"]
        if after is None:
            break
    assert found == [f"volet numéro {n}" for n in range(5)]
    kinds = (await api.get("/logbook", params={"kind": "note", "person": NAME})).json()
    assert len(kinds["items"]) == 6
    assert (await api.get("/logbook", params={"q": "x" * 300})).status_code == 422


async def test_a_call_is_one_line_that_opens_on_the_book_and_on_the_alarm(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    incident = station.alarm()
    station.call(Outcome.NO_KEY, seconds=2)
    for address in ("/logbook", f"/incidents/{incident.id}"):
        page = (await operator.get(address, params={"lang": "en"})).text
        (line,) = re.findall(r'<details class="call".*?</details>', page, re.DOTALL)
        summary = re.sub(r"<[^>]+>", "", line.partition("</summary>")[0])
        assert "Accueil" in summary
        assert "answered, no key" in summary
        assert line.count("<li ") >= 3


async def test_what_is_found_is_saved_with_both_times_by_a_supervisor(
    station: WebStation, operator: httpx.AsyncClient, chief: Person
) -> None:
    station.site()
    notes(station, "=HYPERLINK(1)", site="1001")
    form = {"q": "hyperlink", "what": "", "who": "", "site": "", "since": "", "until": ""}
    assert (await operator.post("/logbook/export", data=form)).status_code == 403
    answer = await chief.send("/logbook/export", **form)
    head, row, *_ = answer.text.lstrip("\ufeff").splitlines()
    assert "Heure locale;Fuseau;Heure UTC" in head
    assert "Europe/Paris" in row
    assert "Z;" in row
    assert ";=HYPERLINK" not in row  # no formula
    assert "saved to a file by" in " ".join(await shown(operator, what="people"))
