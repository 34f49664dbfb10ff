"""A restored station that is held asks and tells nobody, whatever is set up; then it does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from callflow import clock
from callflow.handling.messages.delivery import due_channels
from callflow.handling.station import restored
from callflow.notify import bounces, recorder
from callflow.settings.config import Settings
from tests.integration.notify.test_bounces import Mailbox
from tests.integration.notify.test_follower import following, note, subscribed
from tests.support.outside.notifying import Posting
from tests.support.sip.far_ends import HOST, HttpServer

CAMERA = {"id": "hall", "name": "Hall", "url": "rtsp://192.0.2.7/hall", "pre_alarm": True}


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Posting]:
    station = Posting(tmp_path, cameras=[CAMERA])
    now = clock.now()
    station.do(lambda tx: restored.hold(tx, now - timedelta(hours=1), now))
    yield station
    station.close()


def release(station: Posting) -> None:
    station.do(lambda tx: restored.release(tx, "odile", clock.now()))


async def test_a_subscribed_program_hears_nothing_until_the_release(station: Posting) -> None:
    async with HttpServer() as program, following(station):
        subscribed(station, program.url("/h"))
        note(station, "un")
        await asyncio.sleep(0.2)
        assert program.requests == []
        release(station)
        await program.until(lambda: len(program.requests) == 1)


async def test_the_mailbox_of_the_other_station_is_not_read(station: Posting) -> None:
    async with Mailbox(b"Subject: x\r\n\r\n") as box:
        box_is = {"bounces_host": HOST, "bounces_port": box.port, "bounces_security": "none"}
        settings = Settings(**{**station.settings.model_dump(), **box_is})
        await bounces.look(settings, station.store, clock.now)
        assert box.seen == set()
        release(station)
        await bounces.look(settings, station.store, clock.now)
        assert box.seen == {1}


def test_no_message_is_due_and_no_camera_recorded(station: Posting) -> None:
    station.post("anne@example.org")
    for count in (0, 1):
        due = station.store.read_now(lambda tx: due_channels(tx, clock.now()))
        cameras = station.store.read_now(recorder._recorded)
        assert (len(due), len(cameras)) == (count, count)
        if not count:
            release(station)
