"""One exchange over HTTP: bounded, without redirects, its failures in our words."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from callflow.core.messages.outbox import Fault, Undelivered

#: Seconds to connect, and between two pieces of an answer; the whole has outbox.TRY_WITHIN.
_PATIENCE = 10.0
#: Bytes of an answer that are looked at where it is not asked for.
_EXCUSE = 4096
#: Not now, but later: request time-out, too early, too many.
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray


def new_client() -> httpx.AsyncClient:
    """A client for messages. No connection is kept: the next one may be for another name there."""
    return httpx.AsyncClient(
        verify=ssl.create_default_context(),
        trust_env=False,
        follow_redirects=False,
        timeout=_PATIENCE,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"User-Agent": "Callflow", "Accept-Encoding": "identity"},
    )


async def exchange(
    client: httpx.AsyncClient,
    request: httpx.Request,
    *,
    most: int = _EXCUSE,
    enough: Callable[[Answer], bool] = lambda _: False,
) -> Answer:
    """Ask, and read at most ``most`` bytes and one more, or what is ``enough`` of a stream.

    Raises Undelivered where it broke off.
    """
    try:
        answer = await client.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in answer.aiter_raw():
                body += piece
                so_far = Answer(status=answer.status_code, headers=answer.headers, body=body)
                if len(body) > most or enough(so_far):
                    break
        finally:
            await answer.aclose()
    except httpx.TimeoutException as error:
        raise Undelivered(Fault.TIMEOUT, type(error).__name__) from None
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        raise Undelivered(Fault.UNREACHABLE, str(error) or type(error).__name__) from None
    return Answer(status=answer.status_code, headers=answer.headers, body=bytes(body[: most + 1]))


def accepted(answer: Answer) -> None:
    """Nothing where it says 2xx. Raises Undelivered: a redirect is a refusal too."""
    if 200 <= answer.status < 300:
        return
    later = answer.status in _LATER or answer.status >= 500
    raise Undelivered(Fault.BUSY if later else Fault.REFUSED, f"HTTP {answer.status}")
