"""A receiver on free ports, with a store that a test can hold, break and look into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from callflow.clock import now
from callflow.core.signals.framing import Fault, Splitter
from callflow.core.signals.panel import message
from callflow.core.signals.protocol import Heard
from callflow.core.signals.signal import CANARY, Signal
from callflow.probes.panel import PanelClient
from callflow.probes.receiver import ReceiverClient
from callflow.receiver import Receiver
from callflow.receiver import server as server_module
from callflow.receiver.lines import Line
from callflow.settings.config import Settings
from callflow.settings.lines import LineSettings
from tests.support.suite.ports import free_port

HOST = "127.0.0.1"
KEYS = {"1009": bytes(range(16)), CANARY: bytes(range(32))}


class OwnKey:
    """As a vault: the key by which the station knows what it sent to itself."""

    canary_key = KEYS[CANARY]


class HeldStore:
    """Keeps signals in memory; ``gate`` holds commits up, ``refuse`` makes some of them fail."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.keys: set[str] = set()
        self.calls = 0
        self.called = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.refuse: Callable[[Signal], bool] = lambda _: False

    async def __call__(self, signals: Sequence[Signal]) -> None:
        self.calls += 1
        self.called.set()
        await self.gate.wait()
        if any(self.refuse(signal) for signal in signals):
            raise OSError("the disk is full")
        self.signals += signals
        self.keys |= {signal.deduplication for signal in signals}

    def fails_twice(self, sender: PanelClient | ReceiverClient) -> None:
        """The next two signals are refused; ``sender`` waits for a moment only, then as it would
        for an answer on a busy machine."""
        patience = iter([0.2, 15.0])

        def refuse(_: Signal) -> bool:
            within = next(patience, None)
            sender._within = within or sender._within
            return within is not None

        sender._within = 0.2
        self.refuse = refuse

    @property
    def codes(self) -> list[str]:
        return [signal.code + signal.zone for signal in self.signals]


class Wire:
    """A raw TCP sender: whatever bytes out, whole answers in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._splitter = Splitter()
        self._bodies: list[str] = []

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> str:
        """The next answer; fails where the receiver hangs up."""
        while not self._bodies:
            data = await asyncio.wait_for(self.reader.read(65536), 10)
            assert data, "the receiver hung up"
            self._splitter.push(data)
            self._bodies += [b.decode() for b in self._splitter.take() if not isinstance(b, Fault)]
        return self._bodies.pop(0)

    async def bytes(self, count: int) -> bytes:
        """The next bytes, as they are."""
        return await asyncio.wait_for(self.reader.readexactly(count), 10)

    async def nothing_comes(self) -> None:
        """No answer within a fifth of a second."""
        assert not self._bodies
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.reader.read(1), 0.2)

    async def hung_up(self) -> None:
        """Return when the receiver has closed the connection."""
        async with asyncio.timeout(10):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass

    async def close(self) -> None:
        self.writer.transport.abort()


class Station:
    """The receiver under test."""

    def __init__(self, receiver: Receiver, store: HeldStore, port: int) -> None:
        self.receiver = receiver
        self.store = store
        self.port = port
        self.heard: dict[str, Heard] = {}
        self.wires: list[Wire] = []

    def port_of(self, line: str) -> int:
        """The port of a hardware receivers' line."""
        ports = self.receiver._settings.ports
        return ports.surgard if line == "surgard" else ports.dc07

    async def wire(self, port: int = 0) -> Wire:
        wire = Wire(*await asyncio.open_connection(HOST, port or self.port))
        self.wires.append(wire)
        return wire

    def count(self, name: str, line: str = "dc09-tcp") -> int:
        return next(int(row[name]) for row in self.receiver.lines if row["line"] == line)

    def line(self, name: str = "dc09-tcp") -> Line:
        return next(d.line for d in self.receiver._doors if d.line.name == name)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when ``condition`` holds, looked at each time the loop comes round. A flood takes
        its seconds, and others use the machine too."""
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110 -- counters have no event
                await asyncio.sleep(0.005)


def event(code: str = "BA03", sequence: int = 1, account: str = "1001") -> bytes:
    return message("SIA-DCS", account, f"#{account}|Nri1/{code}", sequence=sequence)


def poll(account: str = "1001", sequence: int = 0) -> bytes:
    return message("NULL", account, "", sequence=sequence)


#: The hardware receivers that this station is told of, at their protocols' own ports.
RECEIVERS = (
    LineSettings(name="surgard", protocol="surgard"),
    LineSettings(name="dc07", protocol="dc07"),
)


def make_station(
    lines: tuple[LineSettings, ...] = (),
    in_shadow: Callable[[str], bool] = lambda account: True,
    **more: Any,
) -> Station:
    store = HeldStore()
    port = free_port()
    heard: dict[str, Heard] = {}
    receiver = Receiver(
        Settings(
            dc09_port=port,
            surgard_port=free_port(),
            dc07_port=free_port(),
            lines=(*RECEIVERS, *lines),
            **{"bind": HOST, **more},
        ),
        store=store,
        heard=heard.__setitem__,
        key_of=KEYS.get,
        clock=now,
        in_shadow=in_shadow,
    )
    station = Station(receiver, store, port)
    station.heard = heard
    return station


@pytest.fixture
async def station(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Station]:
    monkeypatch.setattr(server_module, "LOOK", 0.02)
    station = make_station()
    await station.receiver.start()
    yield station
    for wire in station.wires:
        await wire.close()
    station.store.gate.set()
    await station.receiver.stop()
