"""People of a whole station who log in and take up a shift, by the pages' own forms."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.support.stations.station import Station

PASSWORD = "sous les pavés"
#: Whoever is alone is asked for a sign of presence so often here, in seconds.
OFTEN = {
    "CALLFLOW_DEAD_MAN_NIGHT": "12",
    "CALLFLOW_DEAD_MAN_DAY": "12",
    "CALLFLOW_DEAD_MAN_GRACE": "3",
}


def form_of(page: str) -> dict[str, str]:
    """What the page's forms would send of their hidden fields."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def ticks_of(page: str) -> dict[str, str]:
    """Every open alarm on the page of a shift's start, ticked: alone, or with those of its kind."""
    alone = dict.fromkeys(re.findall(r'name="(tick-\w+)"', page), "on")
    return alone | dict(re.findall(r'name="(ticks-\d+)" value="([^"]*)"', page))


@asynccontextmanager
async def logged_in(station: Station, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """A new user's browser, so to say."""
    await station.user(name, PASSWORD)
    async with httpx.AsyncClient(base_url=station.url, trust_env=False, timeout=20) as client:
        answer = await client.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


async def take_up(client: httpx.AsyncClient) -> None:
    """Reads the page, ticks every open alarm, and signs."""
    page = (await client.get("/shift")).text
    form = {**form_of(page), **ticks_of(page), "password": PASSWORD}
    answer = await client.post("/shift/begin", data=form)
    assert answer.status_code == 303, answer.text


async def leave(client: httpx.AsyncClient, supervisor: str) -> None:
    """Ends the shift of whoever is the last one there: a supervisor signs for it, too."""
    form = form_of((await client.get("/shift/end")).text)
    form |= {"password": PASSWORD, "reason": "Station de repli active"}
    form |= {"supervisor": supervisor, "supervisor_password": PASSWORD}
    answer = await client.post("/shift/end", data=form)
    assert answer.status_code == 303, answer.text
