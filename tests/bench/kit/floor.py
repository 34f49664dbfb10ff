"""What the bare platform takes: Originate over AMI, MixMonitor, media both ways, no Callflow."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from pathlib import Path
from typing import Self

from ivr.asterisk import control
from ivr.asterisk.configuration import AMI_USER
from ivr.asterisk.instance import Instance
from tests.bench.kit import pace

CONTEXT = "bench-floor"


class Floor:
    """An async context: a link of its own to the station's Asterisk, and a dialplan there.

    An answered call is recorded, hears ``sound`` for ``seconds``, and is hung up.
    """

    def __init__(self, station: Instance, ami_port: int, sound: Path, seconds: float) -> None:
        self._station, self._port = station, ami_port
        self._sound, self._seconds = sound, seconds
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        recording = self._station.folder / "spool" / "floor-${UNIQUEID}.raw"
        lines = (
            f"MixMonitor({recording},D)",
            f"Set(TIMEOUT(absolute)={self._seconds:.1f})",
            *self._says(),
            "Goto(3)",
        )
        for place, line in enumerate(lines, start=1):
            self._command(f"dialplan add extension s,{place},{line} into {CONTEXT} replace")
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        login = {"Action": "Login", "Username": AMI_USER, "Secret": self._station.ami_secret()}
        self._act({**login, "Events": "off"})
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b"Success" in answer, answer
        self._reading = asyncio.create_task(_forget(reader))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._reading is not None
        assert self._writer is not None
        self._reading.cancel()
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _says(self) -> tuple[str, ...]:
        """What the dialplan does again and again."""
        return (f"Playback({self._sound},noanswer)",)

    def _command(self, text: str) -> str:
        return control.command(self._station.control_socket, text)

    def _act(self, fields: dict[str, str]) -> None:
        assert self._writer is not None
        text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._writer.write(f"{text}\r\n".encode())

    def call(self, number: str) -> float:
        """Originate one call; the Unix time at which the order left."""
        self._act(
            {
                "Action": "Originate",
                "ActionID": number,
                "Channel": f"PJSIP/{number}@trunk",
                "ChannelId": str(uuid.uuid4()),
                "Context": CONTEXT,
                "Exten": "s",
                "Priority": "1",
                "CallerID": "<+33639989999>",
                "Timeout": "30000",
                "Async": "true",
            }
        )
        return time.time()

    async def run(self, load: pace.Load, numbers: list[str], dice: random.Random) -> list[float]:
        """Call ``numbers`` at the load's pace; when each order left."""
        sent = [0.0] * load.count

        async def send(place: int) -> None:
            sent[place] = self.call(numbers[place])

        await pace.run(load.offsets(dice), send)
        return sent


async def _forget(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass
