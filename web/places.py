"""Where requests come from: addresses as they are told, and as they are counted."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

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
    """Whether an address is one of ``networks``."""
    found = address_of(text)
    return found is not None and any(found in network for network in networks)
