"""Stills of declared cameras (D24): asked over HTTP or rtsp, checked, hashed, kept on the disk."""

import asyncio
import json
from collections.abc import Callable

import httpx

from callflow.core.messages.outbox import Camera, Claimed, Fault, Still, Undelivered, is_rtsp
from callflow.notify import ffmpeg, kept, rtsp
from callflow.notify.http import Answer, accepted, exchange
from callflow.notify.reach import Reach, Target
from callflow.settings.config import Settings
from callflow.vault import Unreadable, Vault

#: Bytes of one still that are kept.
LARGEST = 8_000_000
_UNAUTHORISED = 401
_STREAM, _HEAD_END = "multipart/x-mixed-replace", b"\r\n\r\n"


async def fetch(
    settings: Settings, vault: Vault, client: httpx.AsyncClient, message: Claimed
) -> Still:
    """Ask the camera and keep what it gives. Raises Undelivered."""
    if message.camera is None:
        raise Undelivered(Fault.GONE)
    reached = await target(settings, message.camera.url, attempt=message.attempts)
    proof = credentials(vault, message.camera)
    if is_rtsp(message.camera.url):
        async with rtsp.door(message.camera.url, reached, proof) as address:
            content = await ffmpeg.still_of(address, most=LARGEST)
    else:
        content = await _over_http(client, reached, proof)
    ending = kept.picture_ending(content)
    if ending is None:
        raise Undelivered(Fault.NO_IMAGE)
    return await asyncio.to_thread(kept.keep, settings.images_dir, message, content, ending)


async def target(settings: Settings, url: str, *, attempt: int) -> Target:
    """Where a camera is, in the networks that it may be in. Raises Undelivered."""
    if not settings.camera_networks:
        raise Undelivered(Fault.NOT_SET_UP, "CALLFLOW_CAMERA_NETWORKS")
    return await Reach(networks=settings.camera_networks).target(url, attempt=attempt)


def credentials(vault: Vault, camera: Camera) -> tuple[str, str] | None:
    """A camera's name and password, if it has any. Raises Undelivered."""
    if camera.secret is None:
        return None
    try:
        name, password = json.loads(vault.unlock(camera.secret))
    except Unreadable as error:
        raise Undelivered(Fault.NOT_SET_UP, f"the camera's password: {error}") from None
    return name, password


async def _over_http(
    client: httpx.AsyncClient, reached: Target, proof: tuple[str, str] | None
) -> bytes:
    answer = await ask(client, reached, proof, most=LARGEST, enough=_has_picture)
    accepted(answer)
    content = _first_picture(answer) if is_stream(answer) else bytes(answer.body)
    if content is None:
        raise Undelivered(Fault.NO_IMAGE)
    if len(content) > LARGEST:
        raise Undelivered(Fault.TOO_LARGE, f"more than {LARGEST} bytes")
    return content


# --- a stream of JPEGs over HTTP ----------------------------------------------------------


def is_stream(answer: Answer) -> bool:
    """True where pictures come one after the other, without end (multipart/x-mixed-replace)."""
    return answer.headers.get("content-type", "").lower().startswith(_STREAM)


def _has_picture(answer: Answer) -> bool:
    return is_stream(answer) and _first_picture(answer) is not None


def _first_picture(answer: Answer) -> bytes | None:
    """The first whole part; None: it is not there yet."""
    head, found, body = bytes(answer.body).partition(_HEAD_END)
    if not found:
        return None
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            size = int(value)
            return body[:size] if len(body) >= size else None
    boundary = answer.headers["content-type"].partition("boundary=")[2].strip('" ').lstrip("-")
    picture, found, _ = body.partition(f"\r\n--{boundary}".encode())
    return picture if found and boundary else None


# --- one question -------------------------------------------------------------------------


async def ask(
    client: httpx.AsyncClient,
    target: Target,
    credentials: tuple[str, str] | None,
    *,
    most: int,
    enough: Callable[[Answer], bool] = lambda _: False,
) -> Answer:
    """The camera's answer; name and password are sent as it asks for them, not before."""
    request = client.build_request(
        "GET", target.url, headers=target.headers, extensions=target.extensions
    )
    answer = await exchange(client, request, most=most, enough=enough)
    if answer.status != _UNAUTHORISED or credentials is None:
        return answer
    proved = _authorised(request, answer, credentials)
    return await exchange(client, proved, most=most, enough=enough)


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
