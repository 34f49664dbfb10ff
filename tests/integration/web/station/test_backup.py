"""A restored station on its pages: each says that it is held, and an administrator releases it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.station import restored
from tests.support.pages.visitors import Person
from tests.support.rows.backups import backed_up
from tests.support.stations.web_station import WebStation
from web.access.users import Role

HERE = "/settings/backup"


@pytest.fixture
def held(station: WebStation) -> WebStation:
    now = clock.now()
    station.do(lambda tx: restored.hold(tx, now - timedelta(hours=5), now))
    return station


async def test_every_page_and_health_say_that_it_is_held_until_it_is_released(
    held: WebStation, app: FastAPI, api: httpx.AsyncClient
) -> None:
    held.user("odile", Role.ADMINISTRATOR)
    chief = Person(app, "odile")
    async with chief.client:
        await chief.log_in()
        for page in ("/", "/sites", "/account", HERE):
            assert "retenue : aucun appel n’est passé" in (await chief.see(page)).text
        assert (await api.get("/health")).json()["held"] is True
        assert (await chief.send(f"{HERE}/release")).headers["location"] == f"{HERE}?saved=released"
        shown = (await chief.see(HERE)).text
        assert "retenue : aucun appel" not in shown
        assert "Elle agit depuis le" in shown
        health = (await api.get("/health")).json()
        assert (health["held"], health["shadow"]) == (False, False)
        again = await chief.send(f"{HERE}/release")
        assert (again.status_code, "elle agit déjà" in again.text) == (409, True)
        assert "Station restaurée remise en service par odile" in (await chief.see("/audit")).text


async def test_the_last_backups_and_what_befell_them_are_listed(
    station: WebStation, app: FastAPI
) -> None:
    now = clock.now()
    station.do(lambda tx: backed_up(tx, now - timedelta(days=1)))
    station.do(lambda tx: backed_up(tx, now, problem="<b>No space left</b>"))
    station.user("odile", Role.ADMINISTRATOR)
    chief = Person(app, "odile")
    async with chief.client:
        await chief.log_in()
        shown = (await chief.see(HERE)).text
    assert "complète" in shown
    assert "&lt;b&gt;No space left" in shown
    assert "rien n’est sauvegardé automatiquement" in shown


async def test_nobody_but_an_administrator_releases_it(
    held: WebStation, operator: httpx.AsyncClient
) -> None:
    shown = (await operator.get("/")).text
    assert "retenue : aucun appel" in shown
    assert HERE not in shown
    assert (await operator.get(HERE)).status_code == 403
    assert (await operator.post(f"{HERE}/release")).status_code == 403
    held.user("serge", Role.SUPERVISOR)
    assert (await operator.get("/account")).status_code == 200
