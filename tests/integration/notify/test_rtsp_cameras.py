"""Stills and clips of rtsp cameras: real ones, whose pictures ffmpeg makes, on loopback."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.messages.outbox import Camera, Channel, Claimed, Fault, Undelivered
from callflow.core.time.instants import to_iso
from callflow.notify import clips, ffmpeg, recorder, rtsp, stills
from callflow.notify.http import new_client
from callflow.notify.recorder import Recorder
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.vault import Vault
from tests.integration.notify.conftest import message
from tests.support.outside.cameras import RtspCamera
from tests.support.stations.web_station import WebStation

LOGIN = ("callflow", "sésame: ouvre")


class Bench:
    """One camera of the site 1001, asked as the worker does."""

    def __init__(self, settings: Settings, vault: Vault, client: httpx.AsyncClient) -> None:
        self.settings, self.vault, self.client = settings, vault, client

    def message(self, url: str, *, login: bool = False, **data: Any) -> Claimed:
        kept = b64encode(self.vault.encrypt(json.dumps(LOGIN).encode())).decode()
        camera = Camera(id="hall", url=url, site="1001", secret=kept if login else None)
        return message(Channel.IMAGES, "hall", camera=camera, data=data)

    async def still(self, url: str, **more: Any) -> Path:
        kept = await stills.fetch(self.settings, self.vault, self.client, self.message(url, **more))
        return self.settings.images_dir / kept.path

    async def failure(self, url: str, **more: Any) -> Undelivered:
        with pytest.raises(Undelivered) as failed:
            await self.still(url, **more)
        return failed.value


@pytest.fixture
async def bench(settings: Callable[..., Settings], vault: Vault) -> AsyncIterator[Bench]:
    async with new_client() as client:
        yield Bench(settings(camera_networks=["127.0.0.0/8"]), vault, client)


async def test_a_still_of_an_rtsp_camera_is_a_jpeg(bench: Bench) -> None:
    async with RtspCamera() as camera:
        still = await bench.still(camera.url())
    assert still.suffix == ".jpg"
    assert still.read_bytes().startswith(b"\xff\xd8\xff")
    assert len(still.read_bytes()) > 3000  # a picture, not a grey sheet
    assert camera.asked[1].line == f"DESCRIBE {camera.url()} RTSP/1.0"


async def test_a_camera_gets_its_proof_and_no_command_line_has_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    limit = ffmpeg._limit

    def spied(pid: int, computing: int) -> None:
        while not (line := Path(f"/proc/{pid}/cmdline").read_text()):
            os.sched_yield()  # the kernel has begun to make the program of it, and is not done
        lines.append(line)
        lines.append(Path(f"/proc/{pid}/environ").read_text())
        limit(pid, computing)

    monkeypatch.setattr(ffmpeg, "_limit", spied)
    async with RtspCamera(login=LOGIN) as camera:
        assert (await bench.still(camera.url(), login=True)).stat().st_size
        (described,) = [
            asked
            for asked in camera.asked
            if asked.line.startswith("DESCRIBE") and "Authorization" in asked.headers
        ]
    assert 'username="callflow"' in described.headers["Authorization"]
    assert any("rtsp://127.0.0.1" in line for line in lines)
    for line in lines:
        assert "ouvre" not in line
        assert str(camera.port) not in line


@pytest.mark.parametrize("login", [False, True])
async def test_a_wrong_or_missing_password_is_said(bench: Bench, login: bool) -> None:
    async with RtspCamera(login=("callflow", "another")) as camera:
        failed = await bench.failure(camera.url(), login=login)
    assert (failed.fault, failed.detail) == (Fault.REFUSED, "RTSP 401")


async def test_a_redirect_leads_nowhere(bench: Bench) -> None:
    async with RtspCamera() as inside, RtspCamera(redirect=inside.url()) as camera:
        failed = await bench.failure(camera.url())
        assert inside.asked == []
    assert (failed.fault, failed.detail) == (Fault.REFUSED, "RTSP 302")


async def test_a_camera_elsewhere_is_not_asked(
    bench: Bench, settings: Callable[..., Settings]
) -> None:
    async with RtspCamera() as camera:
        bench.settings = settings(camera_networks=["10.0.0.0/8"])
        assert (await bench.failure(camera.url())).fault is Fault.FORBIDDEN
        bench.settings = settings()
        assert (await bench.failure(camera.url())).fault is Fault.NOT_SET_UP
        assert camera.asked == []


async def test_a_camera_that_is_away_is_said(bench: Bench) -> None:
    async with RtspCamera() as camera:
        url = camera.url()
    assert (await bench.failure(url)).fault is Fault.UNREACHABLE


async def test_what_is_no_rtsp_is_said(bench: Bench) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        failed = await bench.failure(f"rtsp://127.0.0.1:{port}/")
    assert (failed.fault, failed.detail) == (Fault.REFUSED, "it speaks no RTSP")


async def test_without_ffmpeg_it_is_said_what_to_install(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    failed = await bench.failure("rtsp://127.0.0.1:9/")
    assert (failed.fault, failed.detail) == (Fault.NO_DECODER, "apt-get install ffmpeg")
    assert failed.fault.permanent


async def test_a_door_is_for_whoever_was_given_its_address() -> None:
    async with RtspCamera() as camera:
        settings = Settings(camera_networks=["127.0.0.0/8"])
        target = await stills.target(settings, camera.url(), attempt=1)
        async with rtsp.door(camera.url(), target, LOGIN) as address:
            port = httpx.URL(address).port
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"DESCRIBE rtsp://127.0.0.1/live RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            assert await reader.read() == b""
            writer.close()
        assert camera.asked == []


# --- the ring -----------------------------------------------------------------------------


@pytest.fixture
async def recorded(tmp_path: Path) -> AsyncIterator[tuple[RtspCamera, Bench]]:
    """A camera of the site 1001 that is being recorded."""
    station = WebStation(tmp_path)
    async with RtspCamera() as camera, new_client() as client:
        station.site(cameras=[{"id": "hall", "url": camera.url(), "pre_alarm": True}])
        allowed = Settings(camera_networks=["127.0.0.0/8"]).camera_networks
        settings = station.settings.model_copy(update={"camera_networks": allowed})
        store = Store(settings.database, mac=station.vault.seal)
        work = asyncio.create_task(Recorder(settings, store, station.vault, clock.now).run())
        try:
            yield camera, Bench(settings, station.vault, client)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await asyncio.to_thread(store.close)
            station.close()


async def held(bench: Bench, count: int) -> list[Path]:
    """Wait until the ring has so many segments."""
    folder = clips.ring_of(bench.settings, "1001", "hall")
    async with asyncio.timeout(40):
        while len(found := clips.segments(folder)) < count:  # noqa: ASYNC110 -- a folder has no event
            await asyncio.sleep(0.2)
    return [path for _, path in found]


async def probed(path: Path) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        "ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", str(path),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found


async def test_a_clip_of_before_and_after_is_cut_from_the_ring(
    recorded: tuple[RtspCamera, Bench],
) -> None:
    camera, bench = recorded
    await held(bench, 3)
    alarm = clock.now()
    await held(bench, 6)
    wanted: dict[str, Any] = {"take": "clip", "begin": to_iso(alarm - timedelta(seconds=3)),
              "end": to_iso(alarm + timedelta(seconds=3))}  # fmt: skip
    asked = bench.message(camera.url(), **wanted)
    clip = await clips.fetch(bench.settings, bench.vault, bench.client, asked)
    assert clip.begins_at is not None
    assert clip.ends_at is not None
    assert clip.begins_at < alarm < clip.ends_at
    shown = await probed(bench.settings.images_dir / clip.path)
    (stream,) = shown["streams"]
    assert stream["codec_name"] == "h264"
    lasts = (clip.ends_at - clip.begins_at).total_seconds()
    # Whoever starves on the way opens a segment late by the clock; what is in it is whole.
    ring = clips.segments(clips.ring_of(bench.settings, "1001", "hall"))
    covered = [began for began, _ in ring if clip.begins_at <= began < clip.ends_at]
    halted = sum(
        abs((after - before).total_seconds() - clips.SEGMENT)
        for before, after in pairwise([*covered, clip.ends_at])
    )
    assert abs(float(shown["format"]["duration"]) - lasts) <= 2.5 + halted
    assert lasts >= 6


async def test_a_camera_that_breaks_off_is_recorded_again(
    recorded: tuple[RtspCamera, Bench],
) -> None:
    camera, bench = recorded
    before = await held(bench, 1)
    camera.hang_up()
    assert len(await held(bench, len(before) + 2)) > len(before)
    assert sum(asked.line.startswith("PLAY") for asked in camera.asked) >= 2


async def test_a_disk_with_little_room_is_left_to_the_signals(
    monkeypatch: pytest.MonkeyPatch, recorded: tuple[RtspCamera, Bench]
) -> None:
    camera, bench = recorded
    await held(bench, 1)
    monkeypatch.setattr(recorder, "ROOM", 10**18)
    async with asyncio.timeout(20):
        while camera.watching:  # noqa: ASYNC110 -- a camera tells nobody that it is left
            await asyncio.sleep(0.2)
    assert sum(asked.line.startswith("PLAY") for asked in camera.asked) == 1


async def test_what_the_ring_does_not_hold_is_said(bench: Bench) -> None:
    old: dict[str, Any] = {
        "take": "clip",
        "begin": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T00:00:30Z",
    }
    asked = bench.message("rtsp://127.0.0.1:9/", **old)
    with pytest.raises(Undelivered) as failed:
        await clips.fetch(bench.settings, bench.vault, bench.client, asked)
    assert failed.value.fault is Fault.NOT_RECORDED


def test_the_ring_forgets_what_is_old_and_keeps_what_reaches_into_the_present(
    tmp_path: Path,
) -> None:
    now = clock.now().replace(microsecond=0)
    for age in (300, 200, 100, 2):
        (tmp_path / f"{now - timedelta(seconds=age):%Y%m%dT%H%M%SZ}.ts").touch()
    (tmp_path / "note.ts").touch()
    clips.forget(tmp_path, now - timedelta(seconds=180))
    kept = [began for began, _ in clips.segments(tmp_path)]
    assert [(now - began).total_seconds() for began in kept] == [200, 100, 2]
