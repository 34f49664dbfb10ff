"""What a link shows, fetched from where it may be, and made anew; clips and streams over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from callflow import children
from callflow.core.messages.outbox import Camera, Channel, Claimed, Fault, Still, Take, Undelivered
from callflow.notify import clips, ffmpeg, links, stills
from callflow.notify.http import new_client
from callflow.settings.config import Settings
from callflow.vault import Vault
from tests.integration.notify.conftest import message
from tests.support.outside import cameras
from tests.support.sip.far_ends import HttpServer, Response
from tests.support.suite.ports import free_port

Make = Callable[..., Settings]
HERE = {"link_networks": ["127.0.0.0/8"]}
BEGIN, END = "2026-11-25T03:00:00Z", "2026-11-25T03:00:30Z"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client


async def fetched(settings: Settings, client: httpx.AsyncClient, link: str) -> Still:
    asked = message(Channel.IMAGES, "", data={"take": "link", "link": link})
    return await links.fetch(settings, client, asked)


async def failure(settings: Settings, client: httpx.AsyncClient, link: str) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await fetched(settings, client, link)
    assert not settings.images_dir.exists()
    return failed.value


@pytest.mark.parametrize(("make", "take", "beginning"), [
    (cameras.jpeg, Take.STILL, b"\xff\xd8\xff"),
    (cameras.png, Take.STILL, b"\xff\xd8\xff"),
    (cameras.mp4, Take.CLIP, b""),
])  # fmt: skip
async def test_what_a_link_shows_is_made_anew(
    settings: Make, client: httpx.AsyncClient, make: Any, take: Take, beginning: bytes
) -> None:
    content = await make()
    sent = content + b"<script>alert(1)</script>"
    async with HttpServer(lambda _: Response(body=sent)) as far:
        still = await fetched(settings(**HERE), client, far.url("/still.jpg?zone=1"))
    kept = (settings().images_dir / still.path).read_bytes()
    assert still.take is take
    assert kept.startswith(beginning)
    assert b"<script>" not in kept
    assert still.sha256 == hashlib.sha256(kept).hexdigest()


@pytest.mark.parametrize("content", [
    b"<html>", b"", b"GIF89a....", b"#EXTM3U\nfile:///etc/passwd\n", b"\xff\xd8\xff no picture",
    b"\x89PNG\r\n\x1a\n" + bytes(1000), b"\0\0\0\x18ftypisom" + bytes(500),
    b"ffconcat version 1.0\nfile /etc/passwd\n",
])  # fmt: skip
async def test_what_can_t_be_decoded_is_not_kept(
    settings: Make, client: httpx.AsyncClient, content: bytes
) -> None:
    async with HttpServer(lambda _: Response(body=content)) as far:
        failed = await failure(settings(**HERE), client, far.url())
    assert failed.fault is Fault.NO_IMAGE


async def test_a_picture_that_would_fill_the_memory_is_not_decoded(
    settings: Make, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "MOST_PIXELS", 1000)
    content = await cameras.png()
    async with HttpServer(lambda _: Response(body=content)) as far:
        assert (await failure(settings(**HERE), client, far.url())).fault is Fault.NO_IMAGE


async def test_nothing_is_fetched_unless_an_administrator_named_from_where(
    settings: Make, client: httpx.AsyncClient
) -> None:
    async with HttpServer(lambda _: Response(body=b"")) as far:
        unset = await failure(settings(), client, far.url())
        assert unset.fault is Fault.NOT_SET_UP
        assert "CALLFLOW_LINK_NETWORKS" in unset.detail
        elsewhere = settings(link_networks=["10.0.0.0/8"])
        assert (await failure(elsewhere, client, far.url())).fault is Fault.FORBIDDEN
        named = settings(link_hosts=["camera.example.org"])
        other = await failure(named, client, far.url())
        assert (other.fault, "CALLFLOW_LINK_HOSTS" in other.detail) == (Fault.FORBIDDEN, True)
        inside = settings(link_hosts=["127.0.0.1"])  # a host's public address only
        assert (await failure(inside, client, far.url())).fault is Fault.FORBIDDEN
        assert far.requests == []


async def test_a_redirect_of_a_link_is_not_followed(
    settings: Make, client: httpx.AsyncClient
) -> None:
    async with HttpServer() as inside, HttpServer() as far:
        far.answer = lambda _: Response(status=302, headers={"Location": inside.url()})
        assert (await failure(settings(**HERE), client, far.url())).fault is Fault.REFUSED
        assert inside.requests == []


async def test_a_recorder_is_asked_for_the_clips_own_time(
    settings: Make, client: httpx.AsyncClient, vault: Vault
) -> None:
    content = await cameras.mp4()
    async with HttpServer(lambda _: Response(body=content)) as nvr:
        template = nvr.url("/clip?from={begin}&to={end}")
        camera = Camera(id="hall", url=nvr.url("/snap"), clip_url=template)
        data = {"take": "clip", "begin": BEGIN, "end": END}
        asked = message(Channel.IMAGES, "hall", camera=camera, data=data)
        here = settings(camera_networks=["127.0.0.0/8"])
        clip = await clips.fetch(here, vault, client, asked)
        (request,) = nvr.requests
    assert request.path == "/clip?from=20261125T030000Z&to=20261125T030030Z"
    assert (clip.take, clip.begins_at is not None) == (Take.CLIP, True)
    assert Path(clip.path).suffix == ".mp4"


async def test_the_first_picture_of_a_stream_of_jpegs_is_the_still(
    settings: Make, client: httpx.AsyncClient, vault: Vault
) -> None:
    """Made by ffmpeg itself: it serves multipart/x-mixed-replace to whoever comes first."""
    port = free_port()
    server = await cameras.ffmpeg(
        "-re", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-f", "mpjpeg",
        "-listen", "1", "-content_type", "multipart/x-mixed-replace;boundary=ffmpeg",
        f"http://127.0.0.1:{port}/live",
    )  # fmt: skip
    try:
        camera = Camera(id="hall", url=f"http://127.0.0.1:{port}/live")
        asked = message(Channel.IMAGES, "hall", camera=camera)
        still = await listening(settings(camera_networks=["127.0.0.0/8"]), vault, client, asked)
    finally:
        await children.end(server)  # it may have, when its one listener left
    content = (settings().images_dir / still.path).read_bytes()
    assert content.startswith(b"\xff\xd8\xff")
    assert content.endswith(b"\xff\xd9")


async def test_a_stream_without_lengths_ends_a_picture_at_its_boundary(
    settings: Make, client: httpx.AsyncClient, vault: Vault
) -> None:
    picture = await cameras.jpeg()
    body = (
        b"--edge\r\nContent-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--edge\r\n" + bytes(10**7)
    )
    headers = {"Content-Type": 'multipart/x-mixed-replace; boundary="--edge"'}
    async with HttpServer(lambda _: Response(body=body, headers=headers)) as far:
        camera = Camera(id="hall", url=far.url("/"))
        asked = message(Channel.IMAGES, "hall", camera=camera)
        here = settings(camera_networks=["127.0.0.0/8"])
        still = await stills.fetch(here, vault, client, asked)
    assert (here.images_dir / still.path).read_bytes() == picture


async def listening(
    settings: Settings, vault: Vault, client: httpx.AsyncClient, asked: Claimed
) -> Still:
    """The still, once the server listens: it takes one connection, so none is spent on looking."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await stills.fetch(settings, vault, client, asked)
            except Undelivered as failed:
                if failed.fault is not Fault.UNREACHABLE:
                    raise
                await asyncio.sleep(0.1)
