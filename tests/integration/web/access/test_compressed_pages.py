"""Large pages come compressed, and the forms' token in them is another each time."""

from __future__ import annotations

import re

import httpx
from fastapi import FastAPI

from callflow import clock
from callflow.handling.alarms import operating
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import NAME, WebStation
from web.access.compression import SMALLEST
from web.access.users import Role


async def test_an_alarms_page_is_and_its_tokens_are_masked(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    row = station.alarm()
    station.do(lambda tx: operating.claim(tx, row.id, NAME, clock.now()))
    where, gzip = f"/incidents/{row.id}", {"Accept-Encoding": "gzip"}
    pages = [await operator.get(where, headers=gzip) for _ in range(3)]
    assert {answer.headers["content-encoding"] for answer in pages} == {"gzip"}
    tokens = [set(re.findall(r'name="csrf" value="([^"]+)"', page.text)) for page in pages]
    assert [len(each) for each in tokens] == [1, 1, 1]
    assert len(set.union(*tokens)) == 3
    for n, token in enumerate(set.union(*tokens)):
        note = await operator.post(f"{where}/note", data={"csrf": token, "text": f"note {n}"})
        assert note.status_code == 303
    plain = await operator.get(where, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(plain.content) > SMALLEST


async def test_what_is_shown_this_once_is_not_compressed(station: WebStation, app: FastAPI) -> None:
    station.user("chef", Role.ADMINISTRATOR)
    person = Person(app, "chef")
    await person.log_in()
    for n in range(60):
        station.user(f"omar{n}")
    assert (await person.see("/people")).headers["content-encoding"] == "gzip"
    answer = await person.send("/people", name="zoé", role="operator", languages="fr")
    assert 'class="key"' in answer.text
    assert len(answer.content) > SMALLEST
    assert "content-encoding" not in answer.headers
