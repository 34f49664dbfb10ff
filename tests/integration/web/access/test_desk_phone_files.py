"""A telephone for somebody's desk: its file is an administrator's, made once and kept nowhere."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from callflow.core.people.users import Role
from callflow.handling.calls import phones
from callflow.storage.calls import phones as rows
from tests.integration.web.access.test_access import person, user_id
from tests.support.stations.web_station import WebStation


def _known(station: WebStation) -> dict[str, str]:
    """Name and password of each telephone that Asterisk must know."""
    found = station.store.read_now(lambda tx: phones.endpoints(tx, station.vault, "node0"))
    return {phone.name: phone.secret for phone in found}


async def test_a_file_is_made_once_and_the_telephone_before_it_ends(
    station: WebStation, app: FastAPI, capfd: pytest.CaptureFixture[str]
) -> None:
    boss = await person(station, app, "ana", Role.ADMINISTRATOR)
    await person(station, app, "zoé", Role.OPERATOR)
    where = f"/people/{user_id(station, 'zoé')}/desk-phone"
    first = await boss.send(where, make="yealink")
    ((name, secret),) = _known(station).items()
    assert first.status_code == 200
    assert first.headers["content-disposition"] == f'attachment; filename="{name}.cfg"'
    assert first.headers["cache-control"] == "no-store"
    assert f"account.1.password = {secret}\n" in first.text
    assert f"account.1.sip_server.1.port = {station.settings.ports.sip}\n" in first.text
    second = await boss.send(where, make="snom")
    ((other, fresh),) = _known(station).items()
    assert (other == name, secret in second.text, fresh in second.text) == (False, False, True)
    pages = [(await boss.see(page)).text for page in ("/people", "/audit")]
    kept = [*pages, *capfd.readouterr(), str(station.store.read_now(rows.live))]
    assert not any(fresh in text or secret in text for text in kept)


async def test_a_make_that_nobody_knows_ends_no_telephone(
    station: WebStation, app: FastAPI
) -> None:
    boss = await person(station, app, "ana", Role.ADMINISTRATOR)
    where = f"/people/{user_id(station, 'ana')}/desk-phone"
    await boss.send(where, make="yealink")
    before = _known(station)
    refused = await boss.send(where, make="../etc/passwd")
    assert (refused.status_code, "choisissez une marque" in refused.text) == (422, True)
    gone = await boss.send("/people/nobody/desk-phone", make="snom")
    assert gone.status_code == 404
    assert _known(station) == before


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR, Role.READER])
async def test_nobody_else_is_given_one(station: WebStation, app: FastAPI, role: Role) -> None:
    await person(station, app, "ana", Role.ADMINISTRATOR)
    other = await person(station, app, "zoé", role)
    answer = await other.send(f"/people/{user_id(station, 'zoé')}/desk-phone", make="snom")
    assert answer.status_code == 403
    assert not re.search(r"user_pass|op-[0-9a-f]{12}", answer.text)
    assert _known(station) == {}
