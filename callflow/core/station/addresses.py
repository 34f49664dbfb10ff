"""Addresses of the network: as they are written, compared, told by proxies, and counted. Pure."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from itertools import islice
from typing import Literal

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: The header in which our proxies say whom they ask for.
Header = Literal["x-forwarded-for", "forwarded"]
#: Proxies behind each other that are believed; whoever stands before them is nobody we know.
MOST_HOPS = 20
#: This machine itself.
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
#: Bits before an address of IPv4 that is written as one of IPv6.
_MAPPED = 96


@functools.lru_cache(4096)
def address_of(text: str) -> Address | None:
    """An address without brackets, zone or IPv6 mapping; None: it is none."""
    try:
        found = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network_of(text: str) -> Network:
    """A network, or a single address as one; IPv4's addresses are IPv4's however they are written.
    Raises ValueError."""
    found = ip_network(text.strip())
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    if mapped is None or found.prefixlen < _MAPPED:
        return found
    return ip_network(f"{mapped}/{found.prefixlen - _MAPPED}")


@functools.lru_cache(4096)
def place(text: str) -> str:
    """By what limits count an address: itself; of IPv6 its /64, which one subscriber has whole."""
    found = address_of(text)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found or text)


def is_of(text: str, networks: Sequence[Network]) -> bool:
    """True where an address is in one of ``networks``."""
    found = address_of(text)
    return found is not None and any(found in network for network in networks)


def is_loopback(host: str) -> bool:
    """True where a host is this machine itself."""
    return host == "localhost" or is_of(host, LOOPBACK)


def client(
    peer: str,
    said: Sequence[str],
    proxies: Sequence[Network],
    header: Header = "x-forwarded-for",
) -> str:
    """Whose request it is that ``peer`` sends. ``said`` are the values of ``header``, to whose end
    each proxy adds: they are believed as far as our own proxies said them."""
    found = peer
    for hop in islice(_from_the_right(said), MOST_HOPS):
        if not is_of(found, proxies):
            break
        host = _READ[header](hop.strip())
        if address_of(host) is None:  # nobody's: the proxy stands for its client
            break
        found = host
    return str(address_of(found) or found)


def _from_the_right(values: Sequence[str]) -> Iterator[str]:
    for value in reversed(values):
        left, comma = value, ","
        while comma:
            left, comma, hop = left.rpartition(",")
            yield hop


def _host(hop: str) -> str:
    """An address, which some proxies write with its port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


_PAIR = r'[A-Za-z]+=(?:[^\s",;=]+|"[^",;\\]*")'
_ELEMENT = re.compile(rf"{_PAIR}(?:\s?;\s?{_PAIR})*")
_FOR = re.compile(r'(?:^|;\s?)for="?([^";]+)', re.IGNORECASE)


def _for(element: str) -> str:
    """Whom one element of Forwarded names (RFC 7239, 4). What is cut at a comma that a client put
    into a quoted word is no element, and names nobody."""
    found = _FOR.search(element) if _ELEMENT.fullmatch(element) else None
    return _host(found[1]) if found else ""


_READ: dict[str, Callable[[str], str]] = {"x-forwarded-for": _host, "forwarded": _for}
