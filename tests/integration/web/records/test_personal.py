"""What is kept of a person is given out or erased: by an administrator, who says why."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from callflow.storage.sites import contacts
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access.users import Role

CHIEF, CONTACT = "odile", "1001-1"


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, CHIEF, Role.ADMINISTRATOR) as person:
        yield person


@pytest.fixture
def name(station: WebStation) -> str:
    """What the contact of a site is called."""
    station.site()
    row = station.do(lambda tx: contacts.get(tx, CONTACT))
    return str(row.name)


async def test_somebody_is_found_by_name_and_by_number(chief: Person, name: str) -> None:
    for asked in (name.upper(), name[:4], "06 39 98 10 01"):
        answer = await chief.client.get("/personal", params={"q": asked})
        assert f'href="/personal/{CONTACT}"' in answer.text
    assert CONTACT not in (await chief.client.get("/personal", params={"q": "nobody"})).text


async def test_what_is_kept_comes_in_one_file_and_that_is_told(chief: Person, name: str) -> None:
    answer = await chief.send(f"/personal/{CONTACT}/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = json.loads(zipfile.ZipFile(io.BytesIO(answer.content)).read("rows.json"))
    assert [row["name"] for row in rows["contact"]] == [name]
    assert "code" not in rows["contact"][0]
    audit = await chief.client.get("/audit", params={"what": "personal"})
    assert CONTACT in audit.text


@pytest.mark.parametrize(
    ("typed", "reason", "why"),
    [
        ("somebody else", "a letter", "tapez le nom"),
        ("", "a letter", "tapez le nom"),
        (None, " ", "dites pourquoi"),
    ],
)
async def test_it_is_refused_without_the_name_or_a_reason(
    station: WebStation, chief: Person, name: str, typed: str | None, reason: str, why: str
) -> None:
    fields = {"name": name if typed is None else typed, "reason": reason}
    answer = await chief.send(f"/personal/{CONTACT}/erase", **fields)
    assert answer.status_code == 409
    assert why in answer.text
    assert station.do(lambda tx: contacts.get(tx, CONTACT)).name == name


async def test_who_is_erased_is_called_no_more_and_stands_in_the_list(
    station: WebStation, chief: Person, name: str
) -> None:
    answer = await chief.send(f"/personal/{CONTACT}/erase", name=name, reason="a letter")
    assert answer.status_code == 303
    shown = (await chief.client.get("/personal")).text
    assert "a letter" in shown
    assert "erased-" in shown
    assert CONTACT not in [row.id for row in station.do(lambda tx: contacts.called(tx, "1001"))]
    assert (await chief.client.get("/personal", params={"q": name})).text.count(CONTACT) == 0
