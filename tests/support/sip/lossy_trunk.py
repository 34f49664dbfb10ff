"""A stretch of a trunk between the station and the simulated network that loses packets: of SIP, of
sound and of T.38 alike, both ways, and as often in each run. No rights, no kernel: each side sees
the other at a port of this one's."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from typing import Self

from tests.support.sip.sip_relay import Side

_HOST = "127.0.0.1"
#: Of an address in SIP the port, of a stream in SDP the port, and how long the SDP is.
_CONTACT = r"(?m)^(Contact:.*?127\.0\.0\.1:){}\b"
_STREAM = re.compile(r"(?m)^m=(\w+) (\d+)")
_LENGTH = re.compile(r"(?mi)^(Content-Length:\s*)\d+")

Ends = dict[tuple[str, int], asyncio.DatagramTransport]


class LossyTrunk:
    """An async context. The trunk's address is ``near``; the network knows the station at ``far``.

    ``loss``: the part of all packets, 0 to 1, that don't arrive; ``lost`` and ``passed`` count.
    """

    def __init__(self, station: int, network: int, loss: float, *, seed: int = 1) -> None:
        self._station, self._network, self._loss = station, network, loss
        self._dice = random.Random(seed)
        self._streams: Ends = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.near = self.far = self.lost = self.passed = 0

    async def __aenter__(self) -> Self:
        self._near = await self._opened(self._from_station)
        self._far = await self._opened(self._from_network)
        self.near, self.far = _port(self._near), _port(self._far)
        return self

    async def __aexit__(self, *_: object) -> None:
        for transport in (self._near, self._far, *self._streams.values()):
            transport.close()

    async def _opened(
        self, heard: Callable[[bytes, tuple[str, int]], None]
    ) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Side(heard), local_addr=(_HOST, 0)
        )
        return transport

    def _loses(self) -> bool:
        lost = self._dice.random() < self._loss
        self.lost, self.passed = self.lost + lost, self.passed + (not lost)
        return lost

    def _from_station(self, data: bytes, sender: tuple[str, int]) -> None:
        if not self._loses():
            self._later(data, "station", self._station, self.far, self._far, self._network)

    def _from_network(self, data: bytes, sender: tuple[str, int]) -> None:
        if not self._loses():
            self._later(data, "network", self._network, self.near, self._near, self._station)

    def _later(self, *what: object) -> None:
        task = asyncio.create_task(self._goes_on(*what))  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _goes_on(
        self,
        data: bytes,
        of: str,
        own: int,
        shown: int,
        through: asyncio.DatagramTransport,
        to: int,
    ) -> None:
        """A message of SIP, its sender's ports in it being ours."""
        head, gap, body = data.decode("latin-1").partition("\r\n\r\n")
        head = re.sub(_CONTACT.format(own), rf"\g<1>{shown}", head)
        for kind, port in _STREAM.findall(body):
            if port != "0":
                stretch = _port(await self._stream(of, int(port)))
                body = body.replace(f"m={kind} {port}", f"m={kind} {stretch}", 1)
        head = _LENGTH.sub(rf"\g<1>{len(body)}", head)
        through.sendto((head + gap + body).encode("latin-1"), (_HOST, to))

    async def _stream(self, of: str, port: int) -> asyncio.DatagramTransport:
        """Where what is sent to a side's ``port`` is sent instead."""
        if (of, port) not in self._streams:

            def heard(data: bytes, sender: tuple[str, int]) -> None:
                if not self._loses():
                    other = "network" if of == "station" else "station"
                    back = self._streams.get((other, sender[1]), transport)
                    back.sendto(data, (_HOST, port))

            transport = await self._opened(heard)
            self._streams[of, port] = transport
        return self._streams[of, port]


def _port(transport: asyncio.DatagramTransport) -> int:
    return int(transport.get_extra_info("sockname")[1])
