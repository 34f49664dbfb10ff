"""Many panels at once: each sends its next frame when the last one is acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from callflow.core.signals.panel import message
from tests.bench.kit.servers import account

#: Zones of a panel: alarms of a site join one incident.
ZONES = 32
#: Frames a second that a panel's time stamps stand for: about as many as are taken from it.
STAMPED = 16
#: Seconds of a flood before it is measured: everybody is under way.
WARM_S = 0.5
#: Seconds for a server to begin, on a machine that has other things to do.
STARTING_S = 90.0


def frames(name: str, count: int, code: str = "BA") -> list[bytes]:
    """Different events of one account, framed."""
    begun = datetime.now(UTC)
    return [
        message(
            "SIA-DCS",
            name,
            f"#{name}|Nri1/{code}{place % ZONES + 1:02d}",
            sequence=place % 9999 + 1,
            stamp=begun + timedelta(seconds=place // STAMPED),  # most panels send one
        )
        for place in range(count)
    ]


@dataclass(eq=False)
class Panel(asyncio.Protocol):
    """One connection in a closed loop."""

    frames: Iterator[bytes]
    acknowledged: int = 0
    waits: list[float] = field(default_factory=list)
    refused: bytes = b""
    follows: bool = True
    _sent_at: float = 0.0
    _transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self) -> None:
        """The next frame, unless there is none left."""
        frame = next(self.frames, None)
        if frame is not None and self._transport is not None:
            self._sent_at = time.monotonic()
            self._transport.write(frame)

    def send_alone(self) -> None:
        """One frame, which no other follows by itself."""
        self.follows = False
        self.send()

    def data_received(self, data: bytes) -> None:
        if b'"ACK"' not in data:
            self.refused = data
            return
        self.acknowledged += data.count(b'"ACK"')  # several, where it did not wait
        self.waits.append(time.monotonic() - self._sent_at)
        if self.follows:
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def close(self) -> None:
        """No further frame."""
        self.frames = iter(())
        if self._transport is not None:
            self._transport.abort()


async def connect(port: int, streams: list[list[bytes]]) -> list[Panel]:
    """A panel for each list of frames; returns when all are connected."""
    loop = asyncio.get_running_loop()
    panels = []
    for stream in streams:
        async with asyncio.timeout(STARTING_S):
            panels.append(await _one(loop, port, stream))
    return panels


async def _one(loop: asyncio.AbstractEventLoop, port: int, stream: list[bytes]) -> Panel:
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            _, panel = await loop.create_connection(lambda: Panel(iter(stream)), "127.0.0.1", port)
            return panel
        await asyncio.sleep(0.05)


async def flood(panels: list[Panel], seconds: float) -> tuple[int, float, list[float]]:
    """All send as fast as they are acknowledged: acknowledged, seconds, waits."""
    for panel in panels:
        panel.send()
    await asyncio.sleep(WARM_S)
    for panel in panels:
        panel.waits.clear()
    before, begun = sum(panel.acknowledged for panel in panels), time.monotonic()
    await asyncio.sleep(seconds)
    done, lasted = sum(panel.acknowledged for panel in panels) - before, time.monotonic() - begun
    return done, lasted, [wait for panel in panels for wait in panel.waits]


def streams(connections: int, each: int) -> list[list[bytes]]:
    """The frames of every connection."""
    return [frames(account(place), each) for place in range(connections)]
