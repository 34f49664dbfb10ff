"""Where a host is: looked up, checked; then only that address is spoken to, by the named way."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from callflow.core.watch.probes import is_refused

#: Linux: a socket of one network interface only (socket(7)).
_BIND_TO_DEVICE = 25


class Unreachable(OSError):
    """No address of the host may be asked, or it has none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An address of a host by number; ``at`` as sockets take it."""

    family: int
    at: tuple[object, ...]

    @property
    def number(self) -> str:
        """The address without its port."""
        return str(self.at[0])


async def find(host: str, port: int, source: str = "") -> Place:
    """The first address of ``host`` that may be asked, of the family of ``source`` where that is an
    address. Raises OSError."""
    loop = asyncio.get_running_loop()
    family = _family(source)
    try:
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise Unreachable(f"{host}: {error}") from None
    for each in found:
        if not is_refused(str(each[4][0])):
            return Place(family=each[0], at=tuple(each[4]))
    raise Unreachable(f"{host}: only link-local addresses")


def _family(source: str) -> int:
    try:
        version = ipaddress.ip_address(source).version
    except ValueError:
        return socket.AF_UNSPEC
    return socket.AF_INET if version == 4 else socket.AF_INET6


def leaving(source: str) -> dict[str, Any]:
    """The same for an HTTP transport's sockets."""
    if not source:
        return {}
    if _family(source) != socket.AF_UNSPEC:
        return {"local_address": source}
    return {"socket_options": [(socket.SOL_SOCKET, _BIND_TO_DEVICE, source.encode() + b"\0")]}


async def connected(
    host: str, port: int, source: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that leaves by ``source``; "": by whichever way there is. Raises OSError."""
    if not source:
        return await asyncio.open_connection(host, port)
    place = await find(host, port, source)
    line = opened(place, socket.SOCK_STREAM, source=source)
    try:
        await asyncio.get_running_loop().sock_connect(line, place.at)
        return await asyncio.open_connection(sock=line)
    except BaseException:
        line.close()
        raise


async def associated(
    made: Callable[[], asyncio.DatagramProtocol], host: str, port: int, source: str = ""
) -> asyncio.DatagramTransport:
    """The same of datagrams, which ``made`` takes."""
    loop = asyncio.get_running_loop()
    if not source:
        return (await loop.create_datagram_endpoint(made, remote_addr=(host, port)))[0]
    place = await find(host, port, source)
    line = opened(place, socket.SOCK_DGRAM, source=source)
    try:
        line.connect(place.at)  # of a datagram's socket: nothing is waited for
        return (await loop.create_datagram_endpoint(made, sock=line))[0]
    except BaseException:
        line.close()
        raise


def opened(place: Place, kind: int, protocol: int = 0, *, source: str = "") -> socket.socket:
    """A socket towards ``place`` that leaves by ``source`` (an address or an interface of this
    machine). Raises OSError."""
    made = socket.socket(place.family, kind, protocol)
    try:
        made.setblocking(False)
        if source and _family(source) == socket.AF_UNSPEC:
            made.setsockopt(socket.SOL_SOCKET, _BIND_TO_DEVICE, source.encode() + b"\0")
        elif source:
            made.bind((source, 0))
    except BaseException:
        made.close()
        raise
    return made
