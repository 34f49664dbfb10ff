"""What is kept of a client is given out, or erased when their contracts are over."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.sites.clients import client_key
from callflow.handling.sites.shape import Site
from callflow.handling.sites.sites import put_site
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation, site_body
from web.access.users import Role

CHIEF, NAME = "odile", "Bijoux réunis"
AT = f"/clients/{client_key(NAME)}/personal"


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    station.user(CHIEF, Role.ADMINISTRATOR)
    station.site()
    person = Person(app, CHIEF)
    async with person.client:
        assert (await person.log_in()).status_code == 303
        yield person


async def test_all_of_theirs_comes_in_one_file_and_that_is_told(
    station: WebStation, chief: Person
) -> None:
    alarm = station.alarm()
    assert '/personal"' in (await chief.client.get(AT.removesuffix("/personal"))).text
    answer = await chief.send(f"{AT}/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = json.loads(zipfile.ZipFile(io.BytesIO(answer.content)).read("rows.json"))
    assert [row["name"] for row in rows["client"]] == [NAME]
    assert [row["id"] for row in rows["incident"]] == [alarm.id]
    assert len(rows["contact"]) == 3
    assert "code" not in rows["contact"][0]
    assert client_key(NAME) in (await chief.client.get("/audit", params={"what": "personal"})).text


@pytest.mark.parametrize(
    ("name", "reason", "why"),
    [
        ("somebody else", "a letter", "tapez le nom"),
        (NAME, " ", "dites pourquoi"),
        (NAME, "a letter", "un de ses contrats n’est pas terminé"),
    ],
)
async def test_it_is_refused_with_a_reason(chief: Person, name: str, reason: str, why: str) -> None:
    answer = await chief.send(f"{AT}/erase", name=name, reason=reason)
    assert answer.status_code == 409
    assert why in answer.text
    assert (await chief.client.get(AT)).status_code == 200


async def test_who_is_erased_is_no_client_any_more(station: WebStation, chief: Person) -> None:
    over, now = site_body(state="terminated"), clock.now()
    station.do(
        lambda tx: put_site(
            tx, station.vault, "1001", Site.read(over), "essai", now, because="letter"
        )
    )
    assert (await chief.send(f"{AT}/erase", name=NAME, reason="a letter")).status_code == 303
    assert "a letter" in (await chief.client.get("/personal")).text
    assert (await chief.client.get(AT)).status_code == 404
    assert NAME not in (await chief.client.get("/sites")).text
    assert "Bijouterie" not in (await chief.client.get("/sites")).text


async def test_a_supervisor_may_not(station: WebStation, app: FastAPI, chief: Person) -> None:
    station.user("yves", Role.SUPERVISOR)
    person = Person(app, "yves")
    async with person.client:
        await person.log_in()
        assert (await person.client.get(AT)).status_code == 403
        assert (await person.send(f"{AT}/export")).status_code == 403
