"""The logbook as a page: what is looked for is found, and who listened to what is told."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import httpx

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.base.telling import tell
from tests.support.dictated import dictated
from tests.support.web_station import NAME, WebStation


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
