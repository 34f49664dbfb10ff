"""A wire between the station and the simulated network that a test can cut: SIP over UDP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

_HOST = "127.0.0.1"


class SipRelay:
    """An async context: what comes to ``port`` goes on to ``network``, and answers come back.

    While ``cut`` is set both ways are silent. ``invites`` counts requests that came from the
    station, those that were lost in the cut included; a request sent again counts once.
    """

    def __init__(self, network: int) -> None:
        self.port = 0
        self.cut = False
        self._branches: set[bytes] = set()
        self._network = network
        self._station: tuple[str, int] | None = None
        self._near: asyncio.DatagramTransport | None = None
        self._far: asyncio.DatagramTransport | None = None

    @property
    def invites(self) -> int:
        return len(self._branches)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._near, _ = await loop.create_datagram_endpoint(
            lambda: Side(self._from_station), local_addr=(_HOST, 0)
        )
        self._far, _ = await loop.create_datagram_endpoint(
            lambda: Side(self._from_network), remote_addr=(_HOST, self._network)
        )
        self.port = self._near.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._near is not None
        assert self._far is not None
        self._near.close()
        self._far.close()

    def _from_station(self, data: bytes, sender: tuple[str, int]) -> None:
        if b"\r\nFrom: <sip:clock@" in data:
            return  # not Asterisk's: whoever asks what time it is has no answer here
        self._station = sender
        if data.startswith(b"INVITE "):
            self._branches.add(data.split(b"branch=", 1)[1].split(b"\r\n", 1)[0])
        if not self.cut and self._far is not None:
            self._far.sendto(data)

    def _from_network(self, data: bytes, sender: tuple[str, int]) -> None:
        if not self.cut and self._near is not None and self._station is not None:
            self._near.sendto(data, self._station)


class Side(asyncio.DatagramProtocol):
    """A socket's datagrams, each with who sent it, to ``got``."""

    def __init__(self, got: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._got = got

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._got(data, addr)
