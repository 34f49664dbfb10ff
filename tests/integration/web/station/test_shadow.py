"""Beside another system, on the pages: each says so, an administrator moves sites and compares."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.base import policy
from callflow.handling.station import shadow
from callflow.settings.config import Settings
from callflow.storage.sites import sites
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

HERE = "/settings/shadow"


def set_shadow(station: WebStation, on: bool) -> None:
    now = clock.now()
    station.do(lambda tx: shadow.follow_setting(tx, shadow=on, now=now))
    station.do(lambda tx: policy.save_policy(tx, Settings(shadow=on)))


@pytest.fixture
def beside(station: WebStation) -> WebStation:
    station.site("1001")
    station.site("1002")
    set_shadow(station, True)
    return station


async def compares(chief: Person, given: bytes) -> httpx.Response:
    put = {"csrf": await chief.csrf()}
    file = {"file": ("jour.csv", given, "text/csv")}
    return await chief.client.post(f"{HERE}/compare", data=put, files=file)


async def names_columns(chief: Person, columns: dict[str, str]) -> httpx.Response:
    put = await chief.hidden(HERE, f"{HERE}/columns")
    return await chief.client.post(f"{HERE}/columns", data={**put, **columns})


def in_shadow(station: WebStation, site_id: str) -> bool:
    site = station.do(lambda tx: sites.get(tx, site_id))
    assert site is not None
    return site.shadow_since is not None


async def test_every_page_says_who_acts_until_the_last_site_is_moved(
    beside: WebStation, app: FastAPI, api: httpx.AsyncClient
) -> None:
    beside.user("odile", Role.ADMINISTRATOR)
    chief = Person(app, "odile")
    async with chief.client:
        await chief.log_in()
        for page in ("/", "/sites", "/account", HERE):
            assert "En double commande" in (await chief.see(page)).text
        assert (await api.get("/health")).json()["shadow"] is True
        set_shadow(beside, False)
        shown = (await chief.see("/sites")).text
        assert "Un autre système agit encore pour 2 sites" in shown
        left = await chief.send(f"{HERE}/over", sites="1001\n1002", lot="lot 1")
        assert "Ceux-ci ont été laissés" in left.text
        assert "des transmetteurs pas encore entendus (<bdi>1001</bdi>)" in left.text
        assert in_shadow(beside, "1001")
        done = await chief.send(f"{HERE}/over", sites="1001 1002", lot="lot 1", in_spite="essai")
        assert done.headers["location"] == f"{HERE}?saved=over"
        assert not in_shadow(beside, "1001")
        assert "Un autre système agit encore" not in (await chief.see("/")).text
        assert "<bdi>lot 1</bdi> · <bdi>essai</bdi>" in (await chief.see(HERE)).text
        wrong = await chief.send(f"{HERE}/back", sites="1002", reason=" ")
        assert wrong.status_code == 422
        await chief.send(f"{HERE}/back", sites="1002", reason="panne")
        assert in_shadow(beside, "1002")
        told = (await chief.see("/audit")).text
        assert "Site remis en double commande par odile" in told
        nowhere = await chief.send(f"{HERE}/over", sites="9999", in_spite="x")
        assert (nowhere.status_code, "9999" in nowhere.text) == (404, True)


async def test_a_list_of_theirs_is_compared_and_what_differs_is_shown_and_given(
    beside: WebStation, app: FastAPI
) -> None:
    beside.user("odile", Role.ADMINISTRATOR)
    chief = Person(app, "odile")
    async with chief.client:
        await chief.log_in()
        blank = {"account": "Abonné", "at": "", "within": "180", "late": "30"}
        assert (await names_columns(chief, blank)).status_code == 422
        columns = {"account": "Abonné", "at": "Heure", "priority": "Prio", "priorities": "A=1"}
        columns |= {"within": "180", "late": "30", "alarms_only": "1"}
        assert (await names_columns(chief, columns)).status_code == 303
        told = "Abonné;Heure;Prio\n=1001;2026-11-30 03:00:00;A\nillisible;;\n"
        answer = await compares(chief, told.encode())
        where = answer.headers["location"]
        shown = (await chief.see(where)).text
        assert "absent ici" in shown
        assert "jour.csv" in shown
        id = where.partition("comparison=")[2].partition("&")[0]
        table = (await chief.see(f"{HERE}/comparisons/{id}.csv")).text
        assert "missing;'=1001;" in table
        for given, said in (
            (b"Heure\n", "la liste n’a pas de colonne de ce nom"),
            ("Abonné;Heure;Prio\nx;;\n".encode(), "aucune ligne"),
        ):
            wrong = await compares(chief, given)
            assert (wrong.status_code, said in wrong.text) == (422, True)


async def test_nobody_but_an_administrator_moves_anything(
    beside: WebStation, operator: httpx.AsyncClient
) -> None:
    assert HERE not in (await operator.get("/")).text
    assert (await operator.get(HERE)).status_code == 403
    for act in ("over", "back", "columns", "compare"):
        assert (await operator.post(f"{HERE}/{act}")).status_code == 403
