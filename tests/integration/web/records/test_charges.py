"""Chargeable acts on the pages, as files and over the API."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import openpyxl
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.records.charges import Act, PricedBy
from callflow.handling.records import corrections, prices
from callflow.storage.sites import sites
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access.users import Role

#: When what is charged for was done; its month, which may end while a test runs.
AT = clock.now() - timedelta(minutes=1)
MONTH = AT.astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m")
HOSTILE = "=1+1;<script>"


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "odile", Role.SUPERVISOR) as person:
        yield person


@pytest.fixture
def client(station: WebStation) -> str:
    """The id of the client of a site for which a letter was sent."""
    station.site()
    now = clock.now()

    def run(tx: Any) -> str:
        prices.set_price(tx, Act.LETTER, PricedBy.STATION, "", 850, 0, "odile", now)
        corrections.add(tx, "1001", Act.LETTER, 150, None, HOSTILE, "odile", AT)
        site = sites.get(tx, "1001")
        assert site is not None
        return str(site.client_id)

    return str(station.do(run))


async def test_a_clients_month_is_seen_added_to_and_corrected(
    station: WebStation, chief: Person, client: str
) -> None:
    here = f"/charges/clients/{quote(client, safe='')}"
    assert "12,75" in (await chief.see(f"/charges?month={MONTH}")).text
    of_then = f"{here}?month={MONTH}"
    page = (await chief.see(of_then)).text
    assert "<script>" not in page.split("<main")[1].split("</main>")[0]
    (charge,) = set(re.findall(r"/([0-9a-f]{32})/correct", page))
    assert (await chief.send(f"{here}/{charge}/correct", text=" ")).status_code == 422
    assert (await chief.send(f"{here}/{charge}/correct", text="doublon")).status_code == 303
    assert (await chief.send(f"{here}/{charge}/correct", text="doublon")).status_code == 409
    assert (await chief.send(f"{here}/none/correct", text="x")).status_code == 404
    assert "annulée par une ligne suivante" in (await chief.see(of_then)).text
    act = {"site": "1001", "kind": "fax", "quantity": "2", "price": "3,20", "text": "préfecture"}
    assert (await chief.send(here, **act)).status_code == 303
    assert "6,40" in (await chief.see(here)).text
    for wrong in ({"site": "none"}, {"price": "cher"}, {"kind": "dog"}, {"text": ""}):
        assert (await chief.send(here, **{**act, **wrong})).status_code == 422
    assert (await chief.see("/charges?month=2020-01")).status_code == 200
    for bad in ("/charges?month=hier", "/charges/clients/none"):
        assert (await chief.client.get(bad)).status_code in (404, 422)


async def test_a_file_is_for_spreadsheets_and_runs_no_formula(chief: Person, client: str) -> None:
    text = (await chief.see(f"/charges/file?client={quote(client)}&month={MONTH}")).content.decode(
        "utf-8-sig"
    )
    head, line = text.splitlines()
    assert head.startswith("Client;")
    assert ";1,50;8,50;12,75;" in line
    assert "'=1+1" in line
    data = (await chief.see(f"/charges/file?format=xlsx&month={MONTH}")).content
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert (rows[1][7:10], rows[1][12]) == ((1.5, 8.5, 12.75), HOSTILE)


async def test_a_program_bills_each_row_once(
    station: WebStation, api: httpx.AsyncClient, client: str
) -> None:
    for why in ("un", "deux"):
        about = "1001", Act.FAX, 100, 320, why, "odile", AT
        station.do(lambda tx, about=about: corrections.add(tx, *about))
    body = {"kind": "fax", "quantity": 2, "unit_price_cents": 320, "why": "préfecture"}
    made = await api.post("/sites/1001/charges", json=body)
    assert (made.status_code, made.json()["amount_cents"]) == (201, 640)
    back = await api.post(f"/charges/{made.json()['id']}/correct", json={"why": "erreur"})
    assert (back.json()["corrects"], back.json()["amount_cents"]) == (made.json()["id"], -640)
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await api.get("/charges", params={"limit": "1", **after})).json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(found) == len(set(found)) == 3  # what was just made is listed a little later
    assert made.json()["id"] not in found
    since = (AT + timedelta(seconds=1)).isoformat()
    assert (await api.get("/charges", params={"since": since})).json()["items"] == []
    assert (await api.get("/charges?after=x")).status_code == 422
    assert (await api.post("/charges/none/correct", json={"why": "x"})).status_code == 404
    file = await api.get("/charges/export", params={"month": MONTH, "language": "en"})
    assert file.text.startswith("\ufeffClient,")
    assert (await api.get("/charges/export?month=2026-13")).status_code == 422


async def test_prices_are_set_by_a_supervisor_alone(
    station: WebStation, api: httpx.AsyncClient, stranger: httpx.AsyncClient, client: str
) -> None:
    own = {"price_cents": 700, "included": 2}
    put = await api.put("/charge-prices/client/letter", params={"owner": client}, json=own)
    (price,) = put.json()["items"]
    assert (price["scope"], price["price_cents"], price["included"]) == ("client", 700, 2)
    assert (await api.get("/charge-prices/station")).json()["items"][0]["price_cents"] == 850
    gone = {"price_cents": None}
    left = await api.put("/charge-prices/client/letter", params={"owner": client}, json=gone)
    assert left.json()["items"] == []
    for scope, owner in (("client", "none"), ("site", "none")):
        at = f"/charge-prices/{scope}/letter"
        assert (await api.put(at, params={"owner": owner}, json=own)).status_code == 404
    operator = {"Authorization": f"Bearer {station.token(Role.OPERATOR, 'op')}"}
    refused = await stranger.put("/api/v1/charge-prices/station/letter", headers=operator, json=own)
    assert refused.status_code == 403


async def test_a_price_list_shows_what_counts_otherwise(chief: Person, client: str) -> None:
    where = f"/charges/prices?scope=client&owner={quote(client)}"
    page = (await chief.see(where)).text
    assert "8,50" in page
    hidden = await chief.hidden(where, "/charges/prices", {"kind": "letter"})
    saved = await chief.send("/charges/prices", **{**hidden, "kind": "letter", "price": "6"})
    assert saved.status_code == 303
    assert 'value="6.00"' in (await chief.see(where)).text
    assert (await chief.client.get("/charges/prices?scope=site&owner=none")).status_code == 404
