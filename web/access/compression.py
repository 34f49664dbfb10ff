"""Large pages go out compressed (gzip, RFC 1952) where the browser takes them so.

Only a page that is read: not what an act is answered with, where a password may stand that is shown
this once; no stream, no file, nothing of the API. What stays the same on each page and must not be
guessed, the forms' token, is masked (forgery.py); and a name of random length in the file's head
blurs what the length tells of the rest.
"""

import secrets
import struct
import zlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes below which a page goes as it is: two or three packets fewer are not worth the computing.
SMALLEST = 16_384
#: zlib's fastest: pages repeat themselves, and a slower one holds the others up for little.
_LEVEL = 1
#: Of RFC 1952, 2.3: deflate, with a file's name, without a time, of an unknown system.
_HEAD = bytes((0x1F, 0x8B, 8, 0x08, 0, 0, 0, 0, 0, 255))
#: Characters of that name, at most.
_BLUR = 64


def compressed(body: bytes) -> bytes:
    """``body`` as a gzip file whose length says only about how long it is."""
    name = b"-" * secrets.randbelow(_BLUR) + b"\0"
    making = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    ending = struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)
    return b"".join((_HEAD, name, making.compress(body), making.flush(), ending))


class Compression:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        taken = _is_taken(scope)
        start: Message | None = None

        async def send_smaller(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_page(message):
                start = message  # told when it is known how long the body is
                return
            if start is not None:
                begun, start = start, None
                message = _smaller(begun, message, taken=taken)
                await send(begun)
            await send(message)

        await self._app(scope, receive, send_smaller)


def _is_taken(scope: Scope) -> bool:
    """True where the browser takes gzip (RFC 9110, 12.5.3); of a weight of 0 none is."""
    asked = Headers(scope=scope).get("accept-encoding", "")
    coded = [part.replace(" ", "").lower().partition(";q=") for part in asked.split(",")]
    weights = [weight or "1" for name, _, weight in coded if name == "gzip"]
    return any(weight.strip("0.") for weight in weights)


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    page = headers.get("content-type", "").startswith("text/html")
    return page and start["status"] == 200 and "content-encoding" not in headers


def _smaller(start: Message, body: Message, *, taken: bool) -> Message:
    """The body's message, with its page compressed where it is ``taken`` so, whole and large;
    ``start`` says so."""
    headers = MutableHeaders(raw=start["headers"])
    headers.add_vary_header("Accept-Encoding")
    whole = body.get("body", b"")
    if not taken or body.get("more_body") or len(whole) < SMALLEST:
        return body
    packed = compressed(whole)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(packed))
    return {**body, "body": packed}
