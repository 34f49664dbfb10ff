"""Where requests come from: addresses as they are told, and as they are counted."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network


@functools.lru_cache(4096)
def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """An address without port, zone or IPv6 mapping; None: it is none."""
    try:
        found = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@functools.lru_cache(4096)
def place(text: str) -> str:
    """By what limits count an address: itself; of IPv6 its /64, which one subscriber has whole."""
    found = address_of(text)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found or text)


def trusted(text: str, networks: Sequence[Network]) -> bool:
    """True where an address is one of ``networks``."""
    found = address_of(text)
    return found is not None and any(found in network for network in networks)


def client(peer: str, forwarded: Sequence[str], networks: Sequence[Network]) -> str:
    """Whose request it is that ``peer`` sends. What ``forwarded`` (the values of X-Forwarded-For,
    each proxy adds at its end) says is believed as far as our own proxies said it."""
    hops = [hop for value in forwarded for hop in value.split(",")]
    found = peer
    while hops and trusted(found, networks):
        hop = _host(hops.pop())
        if address_of(hop) is None:  # nobody's: the proxy stands for its client
            break
        found = hop
    return str(address_of(found) or found)


def _host(hop: str) -> str:
    """An address, which some proxies write with its port."""
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


class Forwarded:
    """ASGI middleware: behind a trusted proxy the client's own address is the request's."""

    def __init__(self, app: ASGIApp, *, proxies: Sequence[Network]) -> None:
        self._app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client"):
            host, port = scope["client"]
            said = [v.decode("latin-1") for n, v in scope["headers"] if n == b"x-forwarded-for"]
            scope = {**scope, "client": (client(host, said, self._proxies), port)}
        await self._app(scope, receive, send)
