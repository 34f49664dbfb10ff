"""Somebody who listens on the wire between two ends, and keeps every byte that passes."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
from collections import Counter
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Self

import numpy as np

from tests.support.phones import hearing
from tests.support.phones.hearing import Samples


class StreamTap:
    """An async context: connections to ``port`` go on to ``to`` (TCP on loopback). In a thread of
    its own: while a test's own loop stands still, the wire does not."""

    def __init__(self, to: int, port: int = 0) -> None:
        self.port, self.to = port, to
        self.bytes_seen = bytearray()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tap", daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._thread.start()
        await self._there(self._open())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._there(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _there(self, work: Coroutine[object, object, None]) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            far, there = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:  # nobody is there
            back.close()
            return
        await asyncio.gather(self._pass(near, there), self._pass(far, back))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                self.bytes_seen += data
                writer.write(data)
                await writer.drain()
        writer.close()


class AudioTap(asyncio.DatagramProtocol):
    """An async context: RTP to ``address``:``port`` goes on to ``port`` of 127.0.0.1, and what
    comes from there goes back. ``packets`` are all of them, RTCP left out."""

    address = "127.0.0.2"

    def __init__(self) -> None:
        self.port = _free_pair()
        self.packets: list[bytes] = []
        self._peer: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.address, self.port)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self.packets.append(data)
        if addr == ("127.0.0.1", self.port):
            if self._peer is not None:
                self._transport.sendto(data, self._peer)
            return
        self._peer = addr
        self._transport.sendto(data, ("127.0.0.1", self.port))

    def payloads(self) -> list[bytes]:
        """20 ms of each packet (RFC 3550 §5.1; no extension is sent), without SRTP's tag."""
        return [packet[12:172] for packet in self.packets if packet[1] & 0x7F == 8]

    def heard(self) -> Samples:
        """The payloads, taken for A-law."""
        return hearing.alaw(b"".join(self.payloads()))


def entropy(pieces: Iterable[bytes]) -> float:
    """Bits that a byte of these tells: 8 where nothing is to be guessed."""
    counts = np.array(list(Counter(b"".join(pieces)).values()), dtype=float)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) if counts.size else math.nan


def _free_pair() -> int:
    """An even port, free with the next one at both addresses."""
    for port in range(30000, 31000, 2):
        held = []
        try:
            for address in ("127.0.0.1", "127.0.0.2"):
                for which in (port, port + 1):
                    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    held.append(holder)
                    holder.bind((address, which))
            return port
        except OSError:
            continue
        finally:
            for holder in held:
                holder.close()
    raise RuntimeError("no free ports for audio")
