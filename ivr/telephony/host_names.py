"""Where a far end is, as DNS says now: its addresses and ports (RFC 3263, without NAPTR)."""

import asyncio
import socket
from collections.abc import Sequence
from typing import cast

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.nameserver import Do53Nameserver
from dns.rdata import Rdata
from dns.rdtypes.IN.SRV import SRV
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration

from callflow.settings.trunks import Place

#: Seconds for one question, its repetitions included.
_PATIENCE = 5.0
#: Addresses of one name that are heeded: more is no carrier's, and each is a line of Asterisk's.
_MOST = 64
_SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}


class Unresolved(Exception):
    """Nobody says now where a name leads."""


Address = tuple[str, int]


class HostNames:
    """Asks ``servers`` (``host`` or ``host:port``); where none is named, those of this machine."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self._own = bool(servers)
        self._resolver = _resolver(servers)

    async def addresses(self, place: Place) -> set[Address]:
        """Of a far end that has a name. Raises Unresolved."""
        targets = [(place.host, place.usual_port)]
        if place.port is None:
            targets = await self._targets(place) or targets
        found = {
            (address, port)
            for host, port in targets[:_MOST]
            for address in await self._of_host(host)
        }
        if not found:
            raise Unresolved(f"{place.host} has no address")
        return set(sorted(found)[:_MOST])

    async def _targets(self, place: Place) -> list[tuple[str, int]]:
        """Its servers by SRV (RFC 2782), none where it has none; a dot alone offers no service."""
        answers = await self._ask(f"{_SERVICES[place.transport]}.{place.host}", "SRV")
        services = [cast(SRV, answer) for answer in answers]
        return [
            (service.target.to_text(omit_final_dot=True), service.port)
            for service in sorted(services, key=lambda service: service.priority)
            if service.target.to_text() != "."
        ]

    async def _of_host(self, host: str) -> set[str]:
        if self._own:
            return {answer.to_text() for answer in await self._ask(host, "A")}
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE):
                told = await loop.getaddrinfo(host, None, family=socket.AF_INET)
        except socket.gaierror as error:
            if error.errno in (socket.EAI_NONAME, socket.EAI_NODATA):
                return set()
            raise Unresolved(f"{host}: {error.strerror}") from error
        except TimeoutError:
            raise Unresolved(f"{host}: no answer") from None
        return {str(address[0]) for *_, address in told}

    async def _ask(self, name: str, kind: str) -> list[Rdata]:
        if self._resolver is None:
            return []
        try:
            return list(await self._resolver.resolve(name, kind, search=False))
        except (NXDOMAIN, NoAnswer):
            return []
        except DNSException as error:
            raise Unresolved(f"{name}: {error}") from error


def _resolver(servers: Sequence[str]) -> Resolver | None:
    """None where this machine has none: then only what it knows itself is found."""
    try:
        resolver = Resolver(configure=not servers)
    except NoResolverConfiguration:
        return None
    if servers:
        resolver.nameservers = [_server(one) for one in servers]
    resolver.lifetime = _PATIENCE
    return resolver


def _server(text: str) -> Do53Nameserver:
    host, _, port = text.partition(":")
    return Do53Nameserver(host, int(port or 53))
