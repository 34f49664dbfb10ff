"""Pages and Prometheus: what a web server answers. Bounded, without redirects."""

import math
import ssl
from functools import cache
from typing import Any

import httpx

from callflow import clock
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.probes import NO_ANSWER, Found, Probe
from callflow.probes.asking.addresses import find, leaving

#: Seconds to connect and between two pieces of an answer; bytes of it that are read.
_PATIENCE, _MOST = 10.0, 65_536
_PORTS = {"http": 80, "https": 443}


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


async def page(probe: Probe, secret: str) -> Found:
    """A page that answers 2xx, with ``probe.asked`` in it; the figure: seconds until it is read."""
    begun = clock.monotonic()
    try:
        status, body = await _get(httpx.URL(probe.target), probe, secret)
    except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        return _unanswered(error)
    took = round(clock.monotonic() - begun, 4)
    if not 200 <= status < 300:
        return _bad(f"HTTP {status}", took)
    if probe.asked and probe.asked.encode() not in body:
        return Found(state=State.FAILED, reason=Reason.BAD_ANSWER, figure=took)
    return Found(figure=took)


async def query(probe: Probe, secret: str) -> Found:
    """The first value that a query gives (Prometheus, HTTP API, *Instant queries*)."""
    address = httpx.URL(probe.target)
    address = address.copy_with(
        path=address.path.rstrip("/") + "/api/v1/query", params={"query": probe.asked}
    )
    try:
        status, body = await _get(address, probe, secret)
        if not 200 <= status < 300:
            return _bad(f"HTTP {status}")
        figure = _first(httpx.Response(200, content=body).json())
    except ValueError:
        return _bad()
    except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        return _unanswered(error)
    if figure is None:
        return Found(state=State.UNKNOWN, reason=Reason.NOT_MEASURED)
    return Found(figure=figure)


def _first(answer: Any) -> float | None:
    """A scalar, or the first sample of a vector. Raises ValueError where it is neither."""
    try:
        data = answer["data"]
        result = data["result"]
        if data["resultType"] == "scalar":
            figure = float(result[1])
        else:
            figure = float(result[0]["value"][1]) if result else math.nan
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(str(error)) from None
    return figure if math.isfinite(figure) else None


async def _get(address: httpx.URL, probe: Probe, secret: str) -> tuple[int, bytes]:
    """The status and the first bytes. Raises OSError, httpx.HTTPError."""
    port = address.port or _PORTS[address.scheme]
    place = await find(address.host, port, probe.source)
    headers = {"Host": address.netloc.decode("ascii"), "User-Agent": "Callflow"}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    request_to = address.copy_with(host=place.number)
    way = httpx.AsyncHTTPTransport(verify=_trust(), **leaving(probe.source))
    async with httpx.AsyncClient(
        transport=way, trust_env=False, follow_redirects=False, timeout=_PATIENCE
    ) as client:
        asked = client.build_request(
            "GET", request_to, headers=headers, extensions={"sni_hostname": address.host}
        )
        answer = await client.send(asked, stream=True)
        try:
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _MOST:
                    break
        finally:
            await answer.aclose()
    return answer.status_code, bytes(body[:_MOST])


def _bad(detail: str = "", figure: float | None = None) -> Found:
    return Found(state=State.FAILED, reason=Reason.BAD_ANSWER, detail=detail, figure=figure)


def _unanswered(error: Exception) -> Found:
    """Nothing of what was sent stands in it: an address may hold a token."""
    if isinstance(error, httpx.TimeoutException):
        return NO_ANSWER
    return Found(state=State.FAILED, reason=Reason.NO_ANSWER, detail=type(error).__name__)
