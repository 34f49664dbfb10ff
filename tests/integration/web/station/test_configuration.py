"""The whole configuration as text: the same rows give the same files, and no secret is in them."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import httpx
import pytest
import yaml
from fastapi import FastAPI

from callflow import clock
from callflow.handling.sites import own_days
from callflow.handling.station import configuration
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role


def files(station: WebStation) -> dict[str, str]:
    return dict(station.do(lambda tx: list(configuration.configuration(tx))))


def test_a_change_is_a_change_of_its_own_file_alone(station: WebStation) -> None:
    for account in ("1001", "1002"):
        station.site(account)
    before = files(station)
    assert files(station) == before
    station.site("1002", name="Autre")
    after = files(station)
    assert [name for name in after if after[name] != before.get(name)] == ["sites/1002.yaml"]
    assert yaml.safe_load(after["sites/1002.yaml"])["name"] == "Autre"
    assert "plans/intrusion.yaml" in after


def test_no_secret_is_in_it(station: WebStation) -> None:
    station.site()
    everything = "".join(files(station).values())
    for secret in ("tilleul", "2580", "2581"):
        assert secret not in everything


async def test_an_administrator_takes_it_and_that_is_told(
    station: WebStation, app: FastAPI
) -> None:
    station.site()
    station.user("odile", Role.ADMINISTRATOR)
    person = Person(app, "odile")
    async with person.client:
        await person.log_in()
        day = date(clock.now().year + 1, 12, 24)
        station.do(
            lambda tx: own_days.set_days(
                tx, "FR", "Alsace", [day], True, "Pont", "odile", clock.now()
            )
        )
        answer = await person.send("/settings/configuration")
        packed = zipfile.ZipFile(io.BytesIO(answer.content))
        names = packed.namelist()
        (said,) = yaml.safe_load(packed.read("holidays.yaml"))
        assert (said["day"], said["place"], said["holiday"]) == (day.isoformat(), "FR-6AE", True)
        assert {"policy.yaml", "people.yaml", "sites/1001.yaml"} <= set(names)
        assert "configuration" in (await person.see("/audit?what=exports")).text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_else_does(operator: httpx.AsyncClient, method: str) -> None:
    assert (await operator.request(method, "/settings/configuration")).status_code == 403
