"""A relayed line: each frame reaches both systems, and its panel hears of it when both have it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

import pytest

from callflow.clock import now
from callflow.core.signals import dc07, surgard
from callflow.core.signals.dc09 import receive
from callflow.core.signals.framing import Fault, Splitter, frame
from callflow.core.signals.panel import message, read_reply
from callflow.core.signals.protocol import Station as Reading
from callflow.core.signals.repeats import Repeats
from callflow.receiver import relay as relay_module
from callflow.receiver import server as server_module
from callflow.settings.lines import RelaySettings
from tests.integration.receiver.conftest import HOST, KEYS, Station, Wire, event, make_station, poll
from tests.support.suite.ports import free_port

Kind = Literal["dc09", "surgard", "dc07"]


class OldSystem:
    """The system before ours: keeps every byte, and answers once its gate is open.

    ``says`` gives the answer to a message, None: it says nothing.
    """

    def __init__(self, kind: Kind) -> None:
        self.port = free_port()
        self.bytes = bytearray()
        self.bodies: list[bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.connections = 0
        self.says: Callable[[bytes], bytes | None] = _ANSWERS[kind]
        self._splitter = surgard.Splitter if kind == "surgard" else Splitter
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        splitter = self._splitter()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.bytes += data
                splitter.push(data)
                for body in splitter.take():
                    if isinstance(body, Fault):
                        continue
                    self.bodies.append(body)
                    await self.gate.wait()
                    if answer := self.says(body):
                        writer.write(answer)
        writer.transport.abort()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()


def _dc09(body: bytes) -> bytes | None:
    station = Reading(key_of=KEYS.get, line="old", repeats=Repeats())
    return receive(body, now(), station).reply


_ANSWERS: dict[Kind, Callable[[bytes], bytes | None]] = {
    "dc09": _dc09,
    "surgard": lambda body: surgard.ACK,
    "dc07": lambda body: (
        dc07.receive(body, now(), Reading(key_of=KEYS.get, line="old", repeats=Repeats())).reply
    ),
}
_LINES: dict[Kind, str] = {"dc09": "dc09-tcp", "surgard": "surgard", "dc07": "dc07"}


class Relayed:
    """The station whose line is relayed, and the old system."""

    def __init__(self, kind: Kind, **own: Any) -> None:
        self.kind, self.old = kind, OldSystem(kind)
        self.in_shadow: Callable[[str], bool] = lambda account: True
        settings = RelaySettings(line=_LINES[kind], to=f"{HOST}:{self.old.port}", **own)
        self.station: Station = make_station(relays=(settings,), in_shadow=self._acts_elsewhere)

    def _acts_elsewhere(self, account: str) -> bool:
        return self.in_shadow(account)

    async def begin(self, *, old: bool = True) -> Wire:
        if old:
            await self.old.start()
        await self.station.receiver.start()
        return await self.panel()

    async def panel(self) -> Wire:
        line = _LINES[self.kind]
        return await self.station.wire(0 if self.kind == "dc09" else self.station.port_of(line))

    async def end(self) -> None:
        for wire in self.station.wires:
            await wire.close()
        self.station.store.gate.set()
        self.old.gate.set()
        await self.station.receiver.stop()
        await self.old.stop()

    def relay(self) -> dict[str, Any]:
        (row,) = (r for r in self.station.receiver.lines if r["line"] == _LINES[self.kind])
        found: dict[str, Any] = row["relay"]
        return found


@pytest.fixture
async def relayed(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Callable[..., Relayed]]:
    monkeypatch.setattr(server_module, "LOOK", 0.02)
    made: list[Relayed] = []

    def make(kind: Kind = "dc09", **own: Any) -> Relayed:
        made.append(Relayed(kind, **({"timeout": 0.5} | own)))
        return made[-1]

    yield make
    for each in made:
        await each.end()


def alarm(kind: Kind, sequence: int = 1) -> bytes:
    if kind == "dc09":
        return event(sequence=sequence)
    if kind == "surgard":
        return surgard.encode("1001", "BA", f"{sequence:02d}")
    return dc07.encode("1001", "BA", "03", sequence=sequence)


async def acknowledged(wire: Wire, kind: Kind) -> None:
    if kind == "surgard":
        assert await wire.bytes(1) == surgard.ACK
    else:
        assert '"ACK"' in await wire.answer()


@pytest.mark.parametrize("kind", ["dc09", "surgard", "dc07"])
class TestEveryProtocol:
    async def test_a_panel_is_acknowledged_when_both_have_it_and_not_before(
        self, relayed: Callable[..., Relayed], kind: Kind
    ) -> None:
        both = relayed(kind, timeout=10)
        wire = await both.begin()
        both.old.gate.clear()
        await wire.send(alarm(kind))
        await both.station.until(lambda: bool(both.station.store.signals and both.old.bodies))
        await wire.nothing_comes()
        both.old.gate.set()
        await acknowledged(wire, kind)
        both.station.store.gate.clear()
        await wire.send(alarm(kind, 2))
        await both.station.until(lambda: len(both.old.bodies) == 2)
        await wire.nothing_comes()
        both.station.store.gate.set()
        await acknowledged(wire, kind)
        assert bytes(both.old.bytes) == alarm(kind) + alarm(kind, 2)

    async def test_while_the_old_one_is_dead_nobody_is_told_that_it_has_it(
        self, relayed: Callable[..., Relayed], kind: Kind
    ) -> None:
        both = relayed(kind, timeout=0.2)
        wire = await both.begin(old=False)
        await wire.send(alarm(kind))
        await both.station.until(lambda: both.relay()["unanswered"] == 1)
        await wire.nothing_comes()
        assert len(both.station.store.signals) == 1
        await both.old.start()
        wire = await both.panel()
        await wire.send(alarm(kind))  # as the panel does, until it is acknowledged
        await acknowledged(wire, kind)
        assert len(both.station.store.keys) == 1

    async def test_without_our_store_nobody_is_told_that_we_have_it(
        self, relayed: Callable[..., Relayed], kind: Kind
    ) -> None:
        both = relayed(kind, timeout=10)
        both.station.store.refuse = lambda _: True
        wire = await both.begin()
        await wire.send(alarm(kind))
        await both.station.until(lambda: both.relay()["acknowledged"] == 1)
        await wire.nothing_comes()
        assert both.station.count("not_stored", _LINES[kind]) == 1

    async def test_a_late_answer_is_never_another_frames(
        self, relayed: Callable[..., Relayed], kind: Kind
    ) -> None:
        both = relayed(kind, timeout=0.2)
        wire = await both.begin()
        both.old.gate.clear()
        await wire.send(alarm(kind))
        await both.station.until(lambda: both.relay()["unanswered"] == 1)
        both.old.says = lambda body: None
        await wire.send(alarm(kind, 2))
        await both.station.until(lambda: both.old.connections == 2)
        both.old.says = _ANSWERS[kind]
        both.old.gate.set()  # both connections speak now; the second frame is the second's
        await both.station.until(lambda: both.relay()["passed"] == 2)
        assert both.relay()["acknowledged"] + both.relay()["unanswered"] == 2


class TestModes:
    async def test_theirs_alone_is_enough_where_ours_only_watches(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed(mode="theirs")
        both.station.store.gate.clear()
        wire = await both.begin()
        await wire.send(event())
        await acknowledged(wire, "dc09")

    async def test_ours_alone_is_enough_for_a_site_in_service_though_the_old_one_is_dead(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed(mode="ours", timeout=5)
        both.in_shadow = lambda account: False
        both.old.says = lambda body: None
        wire = await both.begin()
        for sequence in (1, 2, 3):
            await wire.send(event(sequence=sequence))
            await acknowledged(wire, "dc09")  # none waits for the time of the one before
        assert both.old.bodies != []

    @pytest.mark.parametrize("mode", ["ours", "theirs", "both"])
    async def test_whatever_the_mode_the_system_that_acts_has_it(
        self, relayed: Callable[..., Relayed], mode: str
    ) -> None:
        both = relayed(mode=mode, timeout=0.2)
        both.in_shadow = lambda account: account == "1001"
        both.station.store.refuse = lambda signal: signal.account == "1002"
        both.old.says = lambda body: None if b"#1001" in body else _dc09(body)
        wire = await both.begin()
        await wire.send(event(account="1001", sequence=1))  # theirs acts, and says nothing
        await wire.send(event(account="1002", sequence=2))  # ours acts, and can't store it
        await both.station.until(lambda: both.relay()["passed"] == 2)
        await wire.nothing_comes()


class TestWhoseAnswer:
    async def test_the_panel_gets_the_answer_of_whoever_acts_byte_for_byte(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed()
        theirs = frame(b'"ACK"0001L0#1001[as only the old one says it]')
        both.old.says = lambda _: theirs
        wire = await both.begin()
        await wire.send(event())
        assert await wire.bytes(len(theirs)) == theirs
        both.in_shadow = lambda account: False
        await wire.send(event(sequence=1))
        assert await wire.answer() == '"ACK"0001L0#1001[]'

    async def test_an_encrypted_frame_without_our_key_is_the_old_ones_alone(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed()
        sent = message(
            "SIA-DCS", "1009", "#1009|Nri1/BA03", sequence=7, key=KEYS["1009"], stamp=now()
        )
        both.station.receiver._doors[0].line._station = Reading(
            key_of=lambda account: None, line="dc09-tcp", repeats=Repeats()
        )
        wire = await both.begin()
        await wire.send(sent)
        reply = read_reply((await wire.answer()).encode(), KEYS["1009"])
        assert reply is not None
        assert (reply.kind, reply.encrypted) == ("ACK", True)
        assert bytes(both.old.bytes) == sent
        assert both.station.count("undecryptable") == 1

    async def test_what_the_old_one_refuses_is_refused_until_the_site_is_ours(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed()
        both.old.says = lambda body: frame(b'"DUH"0001L0#1001[]')
        wire = await both.begin()
        await wire.send(event())
        assert (await wire.answer()).startswith('"DUH"')
        both.in_shadow = lambda account: False
        await wire.send(event())
        assert (await wire.answer()).startswith('"ACK"')


class TestTheWire:
    async def test_merged_and_split_segments_keep_their_order_and_every_byte(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed(timeout=10)
        wire = await both.begin()
        sent = b"\0" + event(sequence=1) + b"\0\0" + poll(sequence=2) + event("BA07", sequence=3)
        for at in range(0, len(sent), 7):
            await wire.send(sent[at : at + 7])
            await asyncio.sleep(0)
        answers = [await wire.answer() for _ in range(3)]
        assert [answer[5:9] for answer in answers] == ["0001", "0002", "0003"]
        assert bytes(both.old.bytes) == sent
        assert both.old.connections == 1

    async def test_a_frame_that_only_the_old_one_understands_is_answered_by_it(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed(timeout=10)
        broken = event().replace(b"BA03", b"BA04")  # a CRC that we find wrong
        wire = await both.begin()
        answer = b'"ACK"0001L0#1001[]'

        async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            both.old.bytes += await reader.read(4096)
            writer.write(frame(answer))
            await reader.read()
            writer.transport.abort()

        await both.old.stop()
        both.old._server = await asyncio.start_server(old, HOST, both.old.port)
        await wire.send(broken)
        assert await wire.answer() == answer.decode()
        assert bytes(both.old.bytes) == broken
        assert both.station.count("bad_crc") == 1

    async def test_a_slow_old_system_holds_up_no_other_sender(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed(timeout=10)
        both.old.says = lambda body: None if b"#1001" in body else _dc09(body)
        wire, other = await both.begin(), await both.panel()
        await wire.send(event(account="1001"))
        await both.station.until(lambda: bool(both.old.bodies))
        await other.send(event(account="1002"))
        await acknowledged(other, "dc09")

    async def test_a_panel_that_hangs_up_at_once_is_passed_on_all_the_same(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed(timeout=10)
        wire = await both.begin()
        await wire.send(event())
        wire.writer.close()
        await both.station.until(lambda: both.relay()["acknowledged"] == 1)

    async def test_an_old_system_that_talks_nonsense_is_not_answered_with(
        self, relayed: Callable[..., Relayed]
    ) -> None:
        both = relayed(timeout=0.3)
        both.old.says = lambda body: b"\xff" * 200_000
        wire = await both.begin()
        await wire.send(event())
        await both.station.until(lambda: both.relay()["unanswered"] == 1)
        await wire.nothing_comes()


async def test_datagrams_are_relayed_each_senders_in_its_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as old:
        old.bind((HOST, 0))
        old.setblocking(False)
        own = RelaySettings(line="dc09-udp", to=f"{HOST}:{old.getsockname()[1]}", timeout=5)
        station = make_station(relays=(own,), in_shadow=lambda account: True)
        await station.receiver.start()
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as panel:
            panel.setblocking(False)
            panel.connect((HOST, station.port))
            for sequence in (1, 2):
                panel.send(event(sequence=sequence))
            for sequence in (1, 2):
                data, peer = await asyncio.wait_for(loop.sock_recvfrom(old, 4096), 10)
                assert data == event(sequence=sequence)
                splitter = Splitter()
                splitter.push(data)
                (body,) = splitter.take()
                assert isinstance(body, bytes)
                reply = _dc09(body)
                assert reply is not None
                with pytest.raises(TimeoutError):  # the old one has not said a word
                    await asyncio.wait_for(loop.sock_recv(panel, 4096), 0.1)
                await loop.sock_sendto(old, reply, peer)
                assert await asyncio.wait_for(loop.sock_recv(panel, 4096), 10) == reply
        await station.receiver.stop()


async def test_a_lost_relay_is_told_once_and_so_is_its_return(
    relayed: Callable[..., Relayed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "LOST_FOR", 0.0)
    both = relayed(timeout=0.2)
    wire = await both.begin(old=False)
    for sequence in range(3):
        await wire.send(event(sequence=sequence))
    await both.station.until(
        lambda: both.relay()["state"] == "lost" or both.relay()["unanswered"] >= 3
    )
    (change,) = both.station.receiver.changes()
    assert (change.name, change.lost) == ("relay/dc09-tcp", True)
    both.station.receiver.told([change])
    assert both.station.receiver.changes() == []
    assert both.station.receiver.known["relay/dc09-tcp"]
    await both.old.start()
    await wire.send(event(sequence=9))
    await both.station.until(lambda: both.relay()["acknowledged"] == 1)
    (change,) = both.station.receiver.changes()
    assert (change.name, change.lost) == ("relay/dc09-tcp", False)
