"""Two operators press *take* at once: one has it, the other is told who, again and again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from callflow.storage.alarms import incidents
from tests.support.stations.web_station import PASSWORD, WebStation
from web.access.users import Role
from web.app import create_app

pytestmark = pytest.mark.both_databases

#: In a fast run, in a deep one.
RACES = (20, 100)
NAMES = ("alice", "bruno")


@pytest.fixture
def raced(database_url: str, tmp_path: Path) -> Iterator[WebStation]:
    """A station on each database, with an alarm at each of a hundred sites."""
    url = database_url if database_url.startswith("postgresql") else ""
    station = WebStation(tmp_path, database_url=url)
    for name in NAMES:
        station.user(name, Role.OPERATOR)
    yield station
    station.close()


@pytest.fixture
async def desks(raced: WebStation) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Both logged in, at the same web process."""
    app = create_app(raced.settings, raced.store, raced.vault)
    async with AsyncExitStack() as opened:
        clients = []
        for name in NAMES:
            transport = httpx.ASGITransport(app)
            client = httpx.AsyncClient(transport=transport, base_url="http://station")
            clients.append(await opened.enter_async_context(client))
            answer = await client.post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303
        yield clients


@pytest.mark.timeout(300)
async def test_one_of_two_has_it_and_the_other_is_told_who(
    raced: WebStation, desks: list[httpx.AsyncClient], deep_run: bool
) -> None:
    races = RACES[deep_run]
    tokens = [await csrf(desk) for desk in desks]
    won = dict.fromkeys(NAMES, 0)
    for race in range(races):
        account = f"{2000 + race}"
        await asyncio.to_thread(raced.site, account, contacts=[])
        row = await asyncio.to_thread(raced.alarm, account)
        first = race % 2  # whoever is asked first by the loop has no head start over the hundred
        order = (first, 1 - first)
        answers = await asyncio.gather(
            *(take(desks[which], tokens[which], row.id) for which in order)
        )
        by_name = {NAMES[which]: answers[place] for place, which in enumerate(order)}
        holder = holder_of(raced, row.id)
        assert sorted(answer.status_code for answer in answers) == [303, 409], race
        assert by_name[holder].status_code == 303
        (loser,) = set(NAMES) - {holder}
        told = re.search(r'role="alert">.*?</p>', by_name[loser].text, re.DOTALL)
        assert told
        assert f"<bdi>{holder}" in told[0]
        won[holder] += 1
    assert sum(won.values()) == races


def holder_of(station: WebStation, incident: str) -> str:
    row = station.store.read_now(lambda tx: incidents.get(tx, incident))
    assert row
    return str(row.holder)


async def csrf(desk: httpx.AsyncClient) -> str:
    found = re.search(r'data-csrf="([^"]+)"', (await desk.get("/")).text)
    assert found
    return found[1]


async def take(desk: httpx.AsyncClient, token: str, incident: str) -> httpx.Response:
    return await desk.post(
        f"/incidents/{incident}/claim", data={"csrf": token}, headers={"HX-Request": "true"}
    )
