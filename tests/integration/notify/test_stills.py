"""Stills as cameras give them, and as they are kept."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from callflow.core.messages.outbox import Camera, Channel, Claimed, Fault, Still, Undelivered
from callflow.notify import stills
from callflow.notify.http import new_client
from callflow.settings.config import Settings
from callflow.vault import Vault
from tests.integration.notify.conftest import MESSAGE, message
from tests.support.sip.far_ends import HttpServer, Request, Response

Make = Callable[..., Settings]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + bytes(1000)
USER, PASSWORD = "callflow", "sésame: ouvre"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client


class Bench:
    """One camera, asked once."""

    def __init__(self, settings: Settings, vault: Vault, client: httpx.AsyncClient) -> None:
        self.settings, self.vault, self.client = settings, vault, client

    async def fetch(
        self, url: str, *, secret: bool = False, altered: bool = False, **changed: Any
    ) -> Still:
        kept = self.vault.lock(json.dumps([USER, PASSWORD]))
        kept = kept.swapcase() if altered else kept
        camera = Camera(id="hall", url=url, secret=kept if secret else None)
        asked: Claimed = message(Channel.IMAGES, "hall", **{"camera": camera, **changed})
        return await stills.fetch(self.settings, self.vault, self.client, asked)

    async def failure(self, url: str, **more: Any) -> Undelivered:
        with pytest.raises(Undelivered) as failed:
            await self.fetch(url, **more)
        assert kept_files(self.settings) == []
        return failed.value


def kept_files(settings: Settings) -> list[str]:
    folder = settings.images_dir
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def bench(settings: Make, vault: Vault, client: httpx.AsyncClient) -> Bench:
    return Bench(settings(camera_networks=["127.0.0.0/8"]), vault, client)


@pytest.mark.parametrize(("content", "ending"), [(JPEG, ".jpg"), (PNG, ".png")])
async def test_a_still_is_kept_as_the_camera_gave_it(
    bench: Bench, content: bytes, ending: str
) -> None:
    async with HttpServer(lambda _: Response(body=content)) as camera:
        still = await bench.fetch(camera.url("/snap?channel=1"))
        (request,) = camera.requests
    assert (request.method, request.path) == ("GET", "/snap?channel=1")
    assert "authorization" not in request.headers
    assert still.path == f"incident-1/{MESSAGE.id}{ending}"
    assert still.sha256 == hashlib.sha256(content).hexdigest()
    assert kept_files(bench.settings) == [still.path]
    assert (bench.settings.images_dir / still.path).read_bytes() == content


async def test_fetched_twice_it_is_one_file(bench: Bench) -> None:
    async with HttpServer(lambda _: Response(body=JPEG)) as camera:
        await bench.fetch(camera.url())
        camera.answer = lambda _: Response(body=JPEG + b"later")
        still = await bench.fetch(camera.url(), attempts=2)
    assert kept_files(bench.settings) == [still.path]
    assert (bench.settings.images_dir / still.path).read_bytes() == JPEG + b"later"


def _basic(request: Request) -> Response:
    if "authorization" not in request.headers:
        return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="cam"'})
    kind, _, proof = request.headers["authorization"].partition(" ")
    right = kind == "Basic" and b64decode(proof).decode() == f"{USER}:{PASSWORD}"
    return Response(body=JPEG) if right else Response(status=403)


def _digest(request: Request) -> Response:
    if "authorization" not in request.headers:
        challenge = 'Digest realm="cam", nonce="n0nce", qop="auth", algorithm=MD5'
        return Response(status=401, headers={"WWW-Authenticate": challenge})
    given = dict(
        part.strip().split("=", 1)
        for part in request.headers["authorization"].removeprefix("Digest ").split(",")
    )
    given = {name: value.strip('"') for name, value in given.items()}

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    who = md5(f"{USER}:cam:{PASSWORD}")
    what = md5(f"GET:{request.path}")
    proof = md5(f"{who}:n0nce:{given['nc']}:{given['cnonce']}:auth:{what}")
    right = given["response"] == proof and given["uri"] == request.path
    return Response(body=JPEG) if right else Response(status=403)


@pytest.mark.parametrize("ask", [_basic, _digest])
async def test_a_camera_gets_the_proof_that_it_asks_for(
    bench: Bench, ask: Callable[[Request], Response]
) -> None:
    async with HttpServer(ask) as camera:
        await bench.fetch(camera.url("/snap?q=1"), secret=True)
        assert len(camera.requests) == 2


async def test_a_camera_that_wants_a_password_and_has_none_is_said(bench: Bench) -> None:
    async with HttpServer(_basic) as camera:
        failed = await bench.failure(camera.url())
    assert (failed.fault, failed.detail) == (Fault.REFUSED, "HTTP 401")


@pytest.mark.parametrize(
    "challenge", ["Digest", "Digest nonce", 'Digest realm="x", qop="odd", nonce="y"', "Negotiate"]
)
async def test_a_challenge_of_nonsense_is_said(bench: Bench, challenge: str) -> None:
    nonsense = Response(status=401, headers={"WWW-Authenticate": challenge})
    async with HttpServer(lambda _: nonsense) as camera:
        assert (await bench.failure(camera.url(), secret=True)).fault is Fault.REFUSED
        failed = await bench.failure(camera.url(), secret=True, altered=True)
        assert failed.fault is Fault.NOT_SET_UP
        assert "password" in failed.detail


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>login</html>", b"GIF89a....", b"\x00\xff\xd8\xff", b"<svg onload=alert(1)>"],
)
async def test_what_is_no_picture_is_not_kept_whatever_it_says_of_itself(
    bench: Bench, content: bytes
) -> None:
    answer = Response(body=content, headers={"Content-Type": "image/jpeg"})
    async with HttpServer(lambda _: answer) as camera:
        assert (await bench.failure(camera.url())).fault is Fault.NO_IMAGE


async def test_a_stream_without_end_is_cut_off(bench: Bench) -> None:
    answer = Response(
        headers={"Content-Length": str(10**12)}, body=JPEG + bytes(stills.LARGEST + 1)
    )
    async with HttpServer(lambda _: answer) as camera:
        assert (await bench.failure(camera.url())).fault is Fault.TOO_LARGE


async def test_a_camera_outside_the_networks_is_not_asked(
    bench: Bench, settings: Make, vault: Vault, client: httpx.AsyncClient
) -> None:
    async with HttpServer(lambda _: Response(body=JPEG)) as camera:
        closed = Bench(settings(camera_networks=["10.0.0.0/8"]), vault, client)
        assert (await closed.failure(camera.url())).fault is Fault.FORBIDDEN
        unset = Bench(settings(), vault, client)
        assert (await unset.failure(camera.url())).fault is Fault.NOT_SET_UP
        assert camera.requests == []
    assert (await bench.failure("http://127.0.0.1/", camera=None)).fault is Fault.GONE


async def test_a_redirect_of_a_camera_is_not_followed(bench: Bench) -> None:
    async with HttpServer() as inside, HttpServer() as camera:
        camera.answer = lambda _: Response(status=302, headers={"Location": inside.url()})
        assert (await bench.failure(camera.url())).fault is Fault.REFUSED
        assert inside.requests == []


async def test_a_disk_that_takes_nothing_is_said(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "incident-1").symlink_to("/dev/full")  # no folder, and full
    async with HttpServer(lambda _: Response(body=JPEG)) as camera:
        with pytest.raises(Undelivered) as failed:
            await bench.fetch(camera.url())
    assert failed.value.fault is Fault.DISK
