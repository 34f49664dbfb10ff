"""A name server of a test, whose answers change: A and SRV records that nobody else has."""

from __future__ import annotations

import asyncio
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset


class NameServer(asyncio.DatagramProtocol):
    """An async context: at a free port of loopback, until it is ``mute``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[tuple[str, str]] = []
        self.mute = False
        self._records: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], list[str]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def says(self, name: str, kind: str, *values: str) -> None:
        """From now on; none: it has no such record."""
        key = dns.name.from_text(name), dns.rdatatype.from_text(kind)
        self._records[key] = list(values)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", self.port)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.mute:
            return
        query = dns.message.from_wire(data)
        (question,) = query.question
        self.asked.append((question.name.to_text(), dns.rdatatype.to_text(question.rdtype)))
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        if values := self._records.get((question.name, question.rdtype)):
            answer.answer.append(
                dns.rrset.from_text_list(question.name, 1, "IN", question.rdtype, values)
            )
        else:
            soa = ". nobody. 1 3600 600 86400 1"
            answer.authority.append(dns.rrset.from_text("example.", 1, "IN", "SOA", soa))
        assert self._transport is not None
        self._transport.sendto(answer.to_wire(), addr)
