"""Nobody, by whatever way, takes the station's last administrator away."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.people.users import User
from callflow.handling.base import refusals
from callflow.handling.station import users as acts
from callflow.storage import Tx
from callflow.storage.people import users
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

WHY = "this is the last administrator"


def user(station: WebStation, name: str) -> User:
    row = station.store.read_now(lambda tx: users.user_by_name(tx, name))
    assert row is not None
    return row


async def logged_in(app: FastAPI, name: str) -> Person:
    person = Person(app, name)
    assert (await person.log_in()).status_code == 303
    await person.see("/people?lang=en")
    return person


async def test_by_the_page(station: WebStation, app: FastAPI) -> None:
    """Others may be taken away until one is left; that one can't, by themselves or another."""
    for name in ("odile", "pierre"):
        station.user(name, Role.ADMINISTRATOR)
    odile, pierre = await logged_in(app, "odile"), await logged_in(app, "pierre")
    ids = {name: user(station, name).id for name in ("odile", "pierre")}

    async def gives(person: Person, name: str, role: str) -> httpx.Response:
        return await person.fill("/people", f"/people/{ids[name]}", role=role, languages="fr")

    assert (await gives(odile, "pierre", "operator")).status_code == 303
    assert not await pierre.is_in()  # his session ended with his role
    refused = await gives(odile, "odile", "supervisor")
    assert refused.status_code == 409
    assert WHY in refused.text
    refused = await odile.send(f"/people/{ids['odile']}/disable")
    assert refused.status_code == 409
    assert user(station, "odile").role == "administrator"
    assert user(station, "odile").disabled_at is None
    assert await odile.is_in()
    # One who is disabled is none: whoever is left stays.
    assert (await gives(odile, "pierre", "administrator")).status_code == 303
    assert (await odile.send(f"/people/{ids['pierre']}/disable")).status_code == 303
    assert (await gives(odile, "odile", "reader")).status_code == 409


@pytest.mark.parametrize("act", ["disable", "demote", "directory"])
def test_by_any_act_of_another(station: WebStation, act: str) -> None:
    """A program, the command line, the company's directory: what they would do is refused too."""
    station.user("odile", Role.ADMINISTRATOR)
    station.do(lambda tx: users.update_user(tx, str(user(station, "odile").id), subject="s1"))
    odile, now = str(user(station, "odile").id), clock.now()

    def run(tx: Tx, at: datetime = now) -> None:
        if act == "disable":
            acts.disable_user(tx, odile, "cli", at)
        elif act == "demote":
            acts.change_user(tx, odile, at, by="cli", role=Role.READER)
        else:
            acts.from_directory(tx, "s1", "odile", Role.OPERATOR, at)

    with pytest.raises(refusals.Refused, match=WHY):
        station.do(run)
    assert user(station, "odile").role == "administrator"
    assert user(station, "odile").disabled_at is None


async def test_the_api_has_no_way_to_people(app: FastAPI, api: httpx.AsyncClient) -> None:
    """No operation of the API is about who logs in; one that comes needs a test here."""
    schema = (await api.get("/openapi.json")).json()
    assert [path for path in schema["paths"] if "people" in path or "user" in path] == []


def test_the_command_line_only_adds(station: WebStation) -> None:
    """``user add`` of a name that is there changes nobody."""
    station.user("odile", Role.ADMINISTRATOR)
    with pytest.raises(ValueError, match="a user of this name already"):
        station.user("odile", Role.READER)
    assert user(station, "odile").role == "administrator"
