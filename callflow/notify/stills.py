"""Stills of declared cameras (D24): asked over HTTP, checked, hashed, kept on the disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from base64 import b64decode
from pathlib import Path

import httpx

from callflow.config import Settings
from callflow.notify.http import Answer, accepted, exchange
from callflow.notify.reach import Reach, Target
from callflow.outbox import Camera, Fault, Message, Still, Undelivered
from callflow.vault import Vault

#: Bytes of one still that are kept.
LARGEST = 8_000_000
#: How a still begins → how its file ends. What the camera says of its type is not believed.
_BEGINNINGS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG\r\n\x1a\n": ".png"}
_UNAUTHORISED = 401


async def fetch(
    settings: Settings, vault: Vault, client: httpx.AsyncClient, message: Message
) -> Still:
    """Ask the camera and keep what it gives. Raises Undelivered."""
    if message.camera is None:
        raise Undelivered(Fault.GONE)
    if not settings.camera_networks:
        raise Undelivered(Fault.NOT_SET_UP, "CALLFLOW_CAMERA_NETWORKS")
    reach = Reach(networks=settings.camera_networks)
    target = await reach.target(message.camera.url, attempt=message.attempt)
    answer = await _ask(client, target, _credentials(vault, message.camera))
    accepted(answer)
    if len(answer.body) > LARGEST:
        raise Undelivered(Fault.TOO_LARGE, f"more than {LARGEST} bytes")
    path = f"{message.incident}/{message.id}{_ending(answer.body)}"
    try:
        await asyncio.to_thread(_keep, settings.images_dir / path, answer.body)
    except OSError as error:
        raise Undelivered(Fault.DISK, error.strerror or "") from None
    return Still(path=path, sha256=hashlib.sha256(answer.body).hexdigest())


def _credentials(vault: Vault, camera: Camera) -> tuple[str, str] | None:
    if camera.secret is None:
        return None
    name, password = json.loads(vault.decrypt(b64decode(camera.secret)))
    return name, password


async def _ask(
    client: httpx.AsyncClient, target: Target, credentials: tuple[str, str] | None
) -> Answer:
    """The camera's answer; name and password are sent as it asks for them, not before."""
    request = client.build_request(
        "GET", target.url, headers=target.headers, extensions=target.extensions
    )
    answer = await exchange(client, request, most=LARGEST)
    if answer.status != _UNAUTHORISED or credentials is None:
        return answer
    return await exchange(client, _authorised(request, answer, credentials), most=LARGEST)


def _authorised(
    request: httpx.Request, answer: Answer, credentials: tuple[str, str]
) -> httpx.Request:
    """The request again, with the proof that ``answer`` asks for (RFC 7616 or 7617)."""
    challenge = answer.headers.get("www-authenticate", "").lower()
    kind = httpx.DigestAuth if challenge.startswith("digest") else httpx.BasicAuth
    steps = kind(*credentials).auth_flow(request)
    first = next(steps)
    if kind is httpx.BasicAuth:
        return first
    try:
        return steps.send(
            httpx.Response(answer.status, headers=dict(answer.headers), request=request)
        )
    except (StopIteration, httpx.HTTPError, ValueError):
        raise Undelivered(Fault.REFUSED, "a challenge that nobody understands") from None


def _ending(still: bytes) -> str:
    for beginning, ending in _BEGINNINGS.items():
        if still.startswith(beginning):
            return ending
    raise Undelivered(Fault.NO_IMAGE)


def _keep(path: Path, content: bytes) -> None:
    """Whole or not at all, whenever power fails."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".part")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
