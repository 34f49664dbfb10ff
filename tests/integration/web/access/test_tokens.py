"""Tokens of programs: shown once, used until they end or are revoked, with their last use."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.storage import schema as t
from callflow.storage.people import users
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access.users import Role
from web.app import _live
from web.kit.i18n import STATION_ZONE

HERE = "/settings/tokens"


@pytest.fixture
def station_url(database_url: str) -> str:
    """On each database."""
    return database_url


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "odile", Role.ADMINISTRATOR) as person:
        await person.see(f"{HERE}?lang=en")
        yield person


async def made(chief: Person, **fields: str) -> str:
    answer = await chief.send(HERE, **{"name": "erp", "role": "reader", **fields})
    found = re.search(r'<code class="key">(cf_[^<]+)</code>', answer.text)
    assert found, answer.text
    return found[1]


async def asked(stranger: httpx.AsyncClient, token: str, path: str = "incidents") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return (await stranger.get(f"/api/v1/{path}", headers=headers)).status_code


async def test_a_token_is_shown_once_used_and_revoked(
    station: WebStation, app: FastAPI, chief: Person, stranger: httpx.AsyncClient
) -> None:
    token = await made(chief)
    assert token not in (await chief.see(HERE)).text
    assert await asked(stranger, token) == 200
    (row,) = station.store.read_now(users.tokens)
    assert (row.made_by, row.role, row.used_at) == ("odile", "reader", None)
    live = app.state.station
    station.do(partial(_live, station=live, seen={}, used=dict(live.used), told={}))
    (row,) = station.store.read_now(users.tokens)
    assert row.used_at is not None
    assert (await chief.send(f"{HERE}/{row.id}/revoke")).status_code == 303
    assert await asked(stranger, token) == 401
    assert (await chief.send(f"{HERE}/{row.id}/revoke")).status_code == 404
    assert "revoked" in (await chief.see(HERE)).text
    audit = (await chief.see("/audit?what=people&q=erp")).text
    assert "Token erp made by odile, role reader, without an end" in audit
    assert "Token erp, role reader, revoked by odile" in audit
    assert token not in audit


async def test_a_token_ends_with_its_day(
    station: WebStation, chief: Person, stranger: httpx.AsyncClient
) -> None:
    today = f"{clock.now().astimezone(ZoneInfo(STATION_ZONE)):%Y-%m-%d}"
    token = await made(chief, until=today)
    assert await asked(stranger, token) == 200
    ended = clock.now() - timedelta(seconds=1)
    station.do(lambda tx: tx.execute(t.api_token.update().values(expires_at=ended)))
    assert await asked(stranger, token) == 401
    assert "ended" in (await chief.see(HERE)).text


async def test_a_token_may_what_its_role_may(chief: Person, stranger: httpx.AsyncClient) -> None:
    panel = await made(chief, role="panel", accounts="1001, 1002")
    assert await asked(stranger, panel) == 403


async def test_a_panels_token_names_its_accounts(station: WebStation, chief: Person) -> None:
    for fields, status in (
        ({"accounts": " "}, 422),
        ({"accounts": "10 01/2"}, 409),
        ({"role": "reader", "accounts": "1001"}, 409),
    ):
        answer = await chief.send(HERE, **{"name": "camera", "role": "panel", **fields})
        assert answer.status_code == status, fields
    await made(chief, name="camera", role="panel", accounts="1001, 1002 1001")
    (row,) = station.store.read_now(users.tokens)
    assert row.accounts == ("1001", "1002")
    assert "1001, 1002" in (await chief.see(HERE)).text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": ""}, 409),
        ({"name": "odile"}, 409),  # a person's
        ({"role": "root"}, 422),
        ({"until": "2020-01-01"}, 409),
        ({"until": "tomorrow"}, 422),
    ],
)
async def test_what_is_no_token_is_refused(
    station: WebStation, chief: Person, fields: dict[str, str], status: int
) -> None:
    answer = await chief.send(HERE, **{"name": "erp", "role": "reader", **fields})
    assert answer.status_code == status
    assert 'class="refused"' in answer.text
    assert 'id="drawer-add" open' in answer.text  # what was typed is still there
    assert f'name="name" value="{fields.get("name", "erp")}"' in answer.text
    assert station.store.read_now(users.tokens) == []


async def test_a_token_is_tried_and_is_neither_kept_nor_used(
    station: WebStation, chief: Person
) -> None:
    token = await made(chief)
    good = await chief.send(f"{HERE}/try", token=f" {token} ")
    assert good.status_code == 200
    assert "It lets in:" in good.text
    assert "See sites, alarms, recordings and the logbook" in good.text
    assert "Send signals" not in good.text
    assert token not in good.text
    (row,) = station.store.read_now(users.tokens)
    assert row.used_at is None
    for wrong, why in ((f"{token}x", "made no such token"), ("odile", "made no such token")):
        answer = await chief.send(f"{HERE}/try", token=wrong)
        assert (answer.status_code, why in answer.text) == (200, True)
    assert (await chief.send(f"{HERE}/try", token=" ")).status_code == 422
    await chief.send(f"{HERE}/{row.id}/revoke")
    over = (await chief.send(f"{HERE}/try", token=token)).text
    assert "it lets nobody in any more" in over
    assert "revoked" in over
    assert "It lets in:" not in over


async def test_a_token_whose_time_is_over_is_said_to_be(station: WebStation, chief: Person) -> None:
    token = await made(chief)
    ended = clock.now() - timedelta(seconds=1)
    station.do(lambda tx: tx.execute(t.api_token.update().values(expires_at=ended)))
    answer = await chief.send(f"{HERE}/try", token=token)
    assert "it lets nobody in any more" in answer.text
    assert "ended" in answer.text
