"""What every answer carries and every request is held to, before any page or API sees it."""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callflow.clock import monotonic
from callflow.core.sites.files.reading import MOST_BYTES
from web.kit import problems

#: The largest request that makes sense: a site with 5,000 zones has about 1 MB.
LARGEST_BODY = 2_000_000
#: Where anybody's device sends, one message a request: so large with every character escaped. And
#: where an administrator puts a studio's recording, a file of sites, or a photograph of one.
LARGEST = {
    "/api/v1/signals": 65_536,
    "/announcements": 16_000_000,
    "/site-files": MOST_BYTES + 1_000_000,
    "/site-drawings": 12_000_000,
}
#: What to do with more, where something can be done.
_INSTEAD = {
    "/site-files": ": cut the file into several, or have it imported on the station's own machine:"
    " callflow sites import FILE"
}
#: Seconds that a body has to come, and the bytes a second that give it more time.
BODY_WITHIN, SLOWEST = 15.0, 8_000


def policy(*connect: str) -> str:
    """The content security policy; ``connect`` are origins that the page's script may reach."""
    reached = " ".join(("'self'", *connect))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"font-src 'self'; media-src 'self'; connect-src {reached}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


POLICY = policy()
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # A link inside a signal is a person's to follow: not even its host's address is asked for.
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}
#: Where pages come over TLS, browsers ask for nothing in clear: a year, as RFC 6797 and ASVS 3.4.1.
TLS_ONLY = "max-age=31536000; includeSubDomains"


def headers(*, over_tls: bool) -> dict[str, str]:
    """What every answer carries."""
    return HEADERS | ({"Strict-Transport-Security": TLS_ONLY} if over_tls else {})


class _TooLargeError(HTTPException):
    """An answer of the application's too: FastAPI takes other errors of reading for bad JSON."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"at most {most} bytes")


class _TooSlowError(HTTPException):
    """The same, of a body that does not come."""

    def __init__(self) -> None:
        super().__init__(408, "the request's body did not come in time")


class Guard:
    """ASGI middleware: security headers on every answer, limits on every body: of its size, and of
    the time it takes."""

    def __init__(self, app: ASGIApp, *, over_tls: bool = False) -> None:
        self._app = app
        self._headers = headers(over_tls=over_tls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        most = LARGEST.get(scope["path"], LARGEST_BODY)

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                add(headers, self._of(scope, headers))
            await send(message)

        try:
            _check_length(Headers(scope=scope).get("content-length", "0"), most)
            await self._app(scope, _counted(receive, most), send_guarded)
        except (_TooLargeError, _TooSlowError) as error:
            if not started:
                instead = _INSTEAD.get(scope["path"], "") if error.status_code == 413 else ""
                answer = problems.response(error.status_code, f"{error.detail}{instead}")
                await answer(scope, receive, send_guarded)

    def _of(self, scope: Scope, answer: Headers) -> Mapping[str, str]:
        """What this answer carries: who has a telephone may reach its Asterisk, from every page."""
        reached = scope.get("state", {}).get("telephone")
        if reached is None or not answer.get("content-type", "").startswith("text/html"):
            return self._headers
        return {**self._headers, "Content-Security-Policy": policy(reached)}


def _check_length(declared: str, most: int) -> None:
    if not declared.isascii() or not declared.isdigit() or int(declared) > most:
        raise _TooLargeError(most)


def _counted(receive: Receive, most: int) -> Receive:
    """``receive`` that stops a body whose length was not declared, or not truly; or that drips."""
    total, whole, since = 0, False, monotonic()

    async def counted() -> Message:
        nonlocal total, whole
        if whole:  # what may come now is that nobody waits for the answer any more
            return await receive()
        try:
            async with asyncio.timeout(since + BODY_WITHIN + total / SLOWEST - monotonic()):
                message = await receive()
        except TimeoutError:
            raise _TooSlowError from None
        whole = not message.get("more_body")
        total += len(message.get("body", b""))
        if total > most:
            raise _TooLargeError(most)
        return message

    return counted


def add(headers: MutableHeaders, added: Mapping[str, str]) -> None:
    """Add what every answer carries, where it does not say otherwise itself."""
    for name, value in added.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
