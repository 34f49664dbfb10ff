"""One stream: everything at first, then what changed, once, to all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.alarms import operating
from callflow.storage import StoreUnavailable
from callflow.storage.engine.connections import version
from tests.support.phones.dictated import dictated
from tests.support.stations.web_station import WebProcess, WebStation
from web import stream
from web.pages.alarms import views
from web.stream import WRITABLE, Hub


@pytest.fixture
async def hub(app: FastAPI) -> AsyncIterator[Hub]:
    running = asyncio.create_task(app.state.hub.run())
    yield app.state.hub
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


class Listener:
    """A console's stream, read event by event."""

    def __init__(self, hub: Hub, language: str = "fr") -> None:
        self._stream: Any = hub.stream(language, asyncio.Event())
        self._pending: list[tuple[str, str]] = []

    async def __aenter__(self) -> Listener:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stream.aclose()

    async def next(self, event: str) -> str:
        """The data of the next ``event``."""
        async with asyncio.timeout(15):
            while True:
                while self._pending:
                    name, data = self._pending.pop(0)
                    if name == event:
                        return data
                chunk = await anext(self._stream)
                for block in chunk.strip().split("\n\n"):
                    lines = block.split("\n")
                    name = lines[1].removeprefix("event: ")
                    self._pending.append(
                        (name, "\n".join(line.removeprefix("data: ") for line in lines[2:]))
                    )


async def test_a_console_first_gets_everything(station: WebStation, hub: Hub) -> None:
    station.site()
    row = await asyncio.to_thread(station.alarm)
    async with Listener(hub) as console:
        rows = await console.next("rows")
        assert "data-all" in rows
        assert f'id="i-{row.id}"' in rows
        assert "Frontal" in await console.next("strip")
        assert "Alarme ouverte" in await console.next("feed")


async def test_what_changes_is_told(station: WebStation, hub: Hub) -> None:
    station.site()
    async with Listener(hub) as french, Listener(hub, "en") as english:
        await french.next("rows")
        await english.next("rows")
        row = await asyncio.to_thread(station.alarm)
        told = await french.next("rows")
        assert "data-all" not in told
        assert "Contre-appel sur site" in told
        assert "Counter-call to the premises" in await english.next("rows")
        assert row.id in await french.next("touched")


async def test_a_sites_own_entry_is_told_of_its_place_and_of_its_open_alarms(
    station: WebStation, hub: Hub
) -> None:
    station.site()
    station.site("1003")
    row = await asyncio.to_thread(station.alarm)
    await asyncio.to_thread(station.alarm, "1003")
    async with Listener(hub) as console:
        await console.next("rows")
        await asyncio.to_thread(dictated, station, "1001")
        assert json.loads(await console.next("touched")) == [row.id]
        assert json.loads(await console.next("places")) == ["1001"]


async def test_only_what_changed_is_sent(station: WebStation, hub: Hub) -> None:
    for account in ("1001", "1002", "1003"):
        station.site(account)
        await asyncio.to_thread(station.alarm, account)
    async with Listener(hub) as console:
        assert (await console.next("rows")).count('<li id="i-') == 3
        row = await asyncio.to_thread(station.alarm, "1002")
        await asyncio.to_thread(
            station.do, lambda tx: operating.claim(tx, row.id, "claire", clock.now())
        )
        told = await console.next("rows")
        assert re.findall('<li id="i-([^"]+)"', told) == [row.id]


async def test_a_look_that_fails_is_a_cut_until_one_succeeds(
    station: WebStation, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No beat: each console says that it is cut. The lamp of the web says why."""
    monkeypatch.setattr(stream, "BEAT", 0.1)
    station.site()
    await asyncio.to_thread(station.alarm)
    async with Listener(hub) as console, Listener(hub) as other:
        for each in (console, other):
            await each.next("rows")
        with monkeypatch.context() as broken:
            broken.setattr(views, "lines_of", lambda *_: 1 / 0)
            fire = await asyncio.to_thread(station.alarm, "1001", "FA")
            while hub.beside.failing != ["rows"]:  # noqa: ASYNC110 -- it has no event
                await asyncio.sleep(0.01)
            beat = asyncio.create_task(other.next("beat"))
            while (await asyncio.wait({beat}, timeout=1))[0]:  # of before
                beat = asyncio.create_task(other.next("beat"))
        assert f'id="i-{fire.id}"' in await console.next("rows")
        assert hub.beside.failing == []
        await beat


async def test_a_filed_incident_leaves(station: WebStation, hub: Hub) -> None:
    station.site()
    row = await asyncio.to_thread(station.alarm)
    async with Listener(hub) as console:
        await console.next("rows")

        def close() -> None:
            station.alarm(code="BR")
            station.do(
                lambda tx: operating.close_incident(
                    tx, row.id, "claire", "false_alarm", "", clock.now()
                )
            )

        await asyncio.to_thread(close)
        while f'data-gone="{row.id}"' not in await console.next("rows"):
            pass


async def test_all_are_told_that_the_database_is_away_and_that_it_is_back(
    app: FastAPI, hub: Hub
) -> None:
    watch = app.state.station.watch

    async def fails() -> None:
        raise StoreUnavailable("database is locked")

    async def succeeds() -> None:
        return

    async with Listener(hub) as first:
        assert await first.next("store") == WRITABLE
        await watch.follow(fails())
        since = clock.to_iso(watch.outage.since)
        assert await first.next("store") == since
        async with Listener(hub, "en") as second:  # who comes meanwhile is told as well
            assert await second.next("store") == since
            await watch.follow(succeeds())
            for console in (first, second):
                while await console.next("store") != WRITABLE:
                    pass


async def test_while_nobody_listens_no_commit_wakes_the_web(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, looks = asyncio.Event(), list[None]()

    async def woken(_: object) -> None:
        looks.append(None)
        looked.set()
        await asyncio.sleep(0)

    monkeypatch.setattr(stream, "_woken", woken)
    hub: Hub = app.state.hub
    running = asyncio.create_task(hub.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert not looks
    async with Listener(hub) as console, asyncio.timeout(15):
        await console.next("rows")
        await looked.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_console_that_left_is_forgotten(station: WebStation, hub: Hub) -> None:
    async with Listener(hub) as console:
        await console.next("rows")
        assert hub.open_streams == 1
    assert hub.open_streams == 0


async def test_the_process_ends_its_streams_and_then_itself(station: WebStation) -> None:
    """On SIGTERM, with browsers listening: one that was still open would hold the process up for as
    long as requests under way get, and be cut."""
    station.user()
    web = WebProcess(station)
    await asyncio.to_thread(web.start)
    async with httpx.AsyncClient(base_url=web.url, timeout=30) as client:
        await client.post("/login", data={"name": "claire", "password": "sous les pavés"})
        async with client.stream("GET", "/events") as stream:
            lines = stream.aiter_lines()
            assert (await anext(lines)).startswith("id: ")
            stopping = asyncio.create_task(asyncio.to_thread(web.stop))
            async for _ in lines:  # to its end: httpx raises where it is cut
                pass
            await stopping


async def test_while_nothing_is_committed_nothing_is_read_and_a_commit_without_a_wake_up_is_told(
    station: WebStation, hub: Hub, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who commits here wakes nobody: the database's own count tells of it."""
    monkeypatch.setattr(stream, "LOOK", 0.01)
    monkeypatch.setattr(stream, "HEALTH", 3600.0)
    store = app.state.station.store
    asked, read, counted = asyncio.Semaphore(0), store.read, []

    async def counts(function: Any) -> Any:
        if function is version:
            asked.release()
        else:
            counted.append(function)
        return await read(function)

    station.site()
    async with Listener(hub) as console:
        await console.next("rows")
        await asyncio.to_thread(station.alarm)
        await console.next("rows")
        monkeypatch.setattr(store, "read", counts)
        rests = False
        while not rests:  # once what was still to be looked at is; the test's limit bounds it
            counted.clear()
            for _ in range(20):
                await asked.acquire()
            rests = not counted
        await asyncio.to_thread(station.alarm, code="FA")
        assert "Alarme incendie" in await console.next("rows")
