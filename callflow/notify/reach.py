"""Which addresses a message may go to: looked up, checked, and then only that one is connected to.

A plan or a site names hosts; none of them must lead to this machine, its neighbours or a cloud's
metadata service, not even by a name that answers differently the second time.
"""

import asyncio
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from callflow.core.messages.outbox import Fault, Undelivered
from callflow.core.station.addresses import Network

Address = IPv4Address | IPv6Address

_PORTS = {"https": 443, "rtsp": 554}
#: IPv4 behind a translator (RFC 6052, RFC 8215): who reaches one of them reaches what is inside.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A request's address by number, and what else it needs to be the one that was named."""

    url: httpx.URL
    headers: dict[str, str]
    extensions: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What may be reached: ``networks``, any public address where ``public``.

    ``hosts``: the only names, unless there are none; the setting ``named`` has them. Unencrypted
    only into ``networks``.
    """

    networks: Sequence[Network]
    public: bool = False
    hosts: Collection[str] = ()
    named: str = "CALLFLOW_WEBHOOK_HOSTS"

    async def target(self, address: str, *, attempt: int) -> Target:
        """Where to go; each ``attempt`` (from 1) to the next address of several.

        Raises Undelivered.
        """
        url = httpx.URL(address)
        if self.hosts and url.host not in self.hosts:
            raise Undelivered(Fault.FORBIDDEN, f"{url.host} is not of {self.named}")
        found = await _look_up(url)
        allowed = [one for one in found if self.allows(one, encrypted=url.scheme == "https")]
        if not allowed:
            raise Undelivered(Fault.FORBIDDEN, f"{url.host} is at {', '.join(map(str, found))}")
        chosen = allowed[(attempt - 1) % len(allowed)]
        return Target(
            url=url.copy_with(host=str(chosen)),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},
        )

    def allows(self, address: Address, *, encrypted: bool) -> bool:
        """True where a message may go there."""
        plain = _unwrapped(address)
        if plain is None:
            return False
        if any(plain in network for network in self.networks if network.version == plain.version):
            return True
        return self.public and encrypted and plain.is_global and not plain.is_multicast


def _unwrapped(address: Address) -> Address | None:
    """An IPv4 address that stands in an IPv6 one, itself; None for tunnels to who knows where."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    tunnel = address.sixtofour is not None or address.teredo is not None
    if tunnel or any(address in network for network in _TRANSLATED):
        return None
    return address


async def _look_up(url: httpx.URL) -> list[Address]:
    """Every address of a host, in the resolver's order. Raises Undelivered."""
    loop = asyncio.get_running_loop()
    port = url.port or _PORTS.get(url.scheme, 80)
    try:
        found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Undelivered(Fault.UNREACHABLE, f"{url.host}: {error}") from None
    # A scope ("%eth0") belongs to a link: what has one is never public, and is compared without.
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ip_address(text) for text in texts]
