"""Hardware receivers: acknowledged after the commit, one event for all its deliveries, watched."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Literal

import pytest

from callflow import clock
from callflow.core.signals import dc07, surgard
from callflow.core.signals.hardware import own_words
from callflow.core.signals.signal import CANARY
from callflow.core.signals.surgard import ACK, DC4, NAK
from callflow.probes import canary
from callflow.probes.receiver import NotAcknowledgedError, ReceiverClient
from callflow.receiver import connections, doors
from callflow.receiver import server as server_module
from callflow.receiver.watching import Change
from callflow.settings.lines import LineSettings
from tests.integration.receiver.conftest import HOST, KEYS, OwnKey, Station, make_station
from tests.support.suite.ports import free_port

Protocol = Literal["surgard", "dc07"]
PROTOCOLS: tuple[Protocol, ...] = ("surgard", "dc07")
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


def alarm(zone: str = "01") -> bytes:
    return surgard.encode("1001", "BA", zone)


def simulated(station: Station, protocol: Protocol, *, within: float = 4.0) -> ReceiverClient:
    return ReceiverClient(protocol, HOST, station.port_of(protocol), answer_within=within)


@each_protocol
class TestEither:
    async def test_an_event_is_acknowledged_after_the_commit(
        self, station: Station, protocol: Protocol
    ) -> None:
        station.store.gate.clear()
        async with simulated(station, protocol) as receiver:
            sending = asyncio.create_task(receiver.send("1001", "BA", "03", "Porte d’entrée"))
            await station.store.called.wait()
            assert not sending.done()
            station.store.gate.set()
            assert await sending == "ACK"
        (signal,) = station.store.signals
        assert (signal.account, signal.code, signal.zone) == ("1001", "BA", "03")
        assert (signal.format, signal.text) == ("SIA-DCS", "Porte d’entrée")
        assert signal.line.startswith(f"{protocol}/")
        assert station.heard["1001"].line == protocol

    async def test_contact_id_comes_through_as_from_a_panel(
        self, station: Station, protocol: Protocol
    ) -> None:
        async with simulated(station, protocol) as receiver:
            await receiver.send("1001", "1130", "3")
        (signal,) = station.store.signals
        assert (signal.format, signal.code, signal.zone) == ("ADM-CID", "1130", "003")

    async def test_without_a_commit_there_is_no_answer_and_all_deliveries_are_one_event(
        self, station: Station, protocol: Protocol
    ) -> None:
        async with simulated(station, protocol) as receiver:
            station.store.fails_twice(receiver)
            assert await receiver.send("1001", "BA", "03") == "ACK"
        assert station.count("not_stored", protocol) == 2
        assert len(station.store.signals) == 1

    async def test_a_lost_acknowledgement_doubles_nothing(
        self, station: Station, protocol: Protocol
    ) -> None:
        station.store.gate.clear()
        async with simulated(station, protocol, within=0.2) as receiver:
            sending = asyncio.create_task(receiver.send("1001", "BA", "03"))
            await station.until(lambda: station.count("received", protocol) >= 2)
            station.store.gate.set()
            assert await sending == "ACK"
        await station.until(lambda: len(station.store.signals) >= 2)
        assert len(station.store.keys) == 1

    async def test_without_a_store_nothing_is_acknowledged(
        self, station: Station, protocol: Protocol
    ) -> None:
        station.store.refuse = lambda _: True
        async with simulated(station, protocol, within=0.1) as receiver:
            with pytest.raises(NotAcknowledgedError):
                await receiver.send("1001", "BA", "03")

    async def test_heartbeats_are_acknowledged_and_are_no_signals(
        self, station: Station, protocol: Protocol
    ) -> None:
        station.store.gate.clear()
        async with simulated(station, protocol) as receiver:
            assert await receiver.beat() == "ACK"
        assert station.store.calls == 0
        (row,) = (row for row in station.receiver.lines if row["line"] == protocol)
        assert (row["heartbeat"], row["mode"], row["state"]) == ("ok", "server", "listening")


class TestSurGardOnTheWire:
    async def test_merged_and_split_segments_are_answered_one_by_one(
        self, station: Station
    ) -> None:
        wire = await station.wire(station.port_of("surgard"))
        await wire.send(alarm("01") + surgard.heartbeat() + alarm("02"))
        assert await wire.bytes(3) == ACK * 3
        for byte in alarm("03"):
            await wire.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await wire.bytes(1) == ACK
        assert station.store.codes == ["BA01", "BA02", "BA03"]

    async def test_what_noise_has_broken_is_refused_and_the_line_goes_on(
        self, station: Station
    ) -> None:
        wire = await station.wire(station.port_of("surgard"))
        await wire.send(b"S011[#1001|\x02BA01]" + DC4 + alarm())
        assert await wire.bytes(2) == NAK + ACK
        assert station.count("malformed", "surgard") == 1

    async def test_a_line_without_end_gets_no_answer_and_at_last_no_connection(
        self, station: Station
    ) -> None:
        wire = await station.wire(station.port_of("surgard"))
        await wire.send(b"x" * (surgard.LONGEST + 10) + DC4 + alarm())
        assert await wire.bytes(1) == ACK
        assert station.count("bad_length", "surgard") == 1
        await wire.send(b"x" * (connections.GARBAGE + surgard.LONGEST + 10))
        await wire.hung_up()

    async def test_a_flood_is_taken_at_the_stores_pace_and_others_are_served(
        self, station: Station
    ) -> None:
        flood = await station.wire(station.port_of("surgard"))
        flood.writer.write(b"".join(alarm(f"{n}") for n in range(3000)))
        async with simulated(station, "dc07") as receiver:
            assert await receiver.send("1002", "FA", "01") == "ACK"
        assert await flood.bytes(3000) == ACK * 3000
        assert len(station.store.keys) == 3001

    async def test_stopping_acknowledges_what_was_taken(self) -> None:
        station = make_station()
        await station.receiver.start()
        station.store.gate.clear()
        wire = await station.wire(station.port_of("surgard"))
        await wire.send(alarm())
        await station.store.called.wait()
        asyncio.get_running_loop().call_later(0.05, station.store.gate.set)
        await station.receiver.stop()
        assert await wire.bytes(1) == ACK
        await wire.hung_up()
        await wire.close()


@contextlib.asynccontextmanager
async def calling(protocol: Protocol, port: int, heartbeat: float = 0.1) -> AsyncIterator[Station]:
    """A station that calls the receiver at ``port``, on a line named ``arc``."""
    own = LineSettings(name="arc", protocol=protocol, connect=f"{HOST}:{port}", heartbeat=heartbeat)
    station = make_station((own,))
    await station.receiver.start()
    try:
        yield station
    finally:
        await station.receiver.stop()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls again after a moment."""
    monkeypatch.setattr(doors, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(doors, "LONGEST_PAUSE", 0.1)


async def changed(station: Station) -> list[Change]:
    """The next change of a hardware receiver, noted."""
    await station.until(lambda: bool(station.receiver.changes()))
    changes = station.receiver.changes()
    station.receiver.told(changes)
    return changes


@pytest.mark.usefixtures("soon")
class TestAReceiverThatWeCall:
    @each_protocol
    async def test_is_called_until_it_answers_and_again_after_it_hung_up(
        self, protocol: Protocol
    ) -> None:
        port = free_port()
        async with calling(protocol, port) as station:
            for zone in ("1", "2"):
                async with ReceiverClient(protocol, HOST, port, listen=True) as receiver:
                    assert await receiver.send("1001", "BA", zone) == "ACK"
                    (row,) = (row for row in station.receiver.lines if row["line"] == "arc")
                    assert (row["mode"], row["state"]) == ("client", "connected")
                    assert row["peer"] == f"{HOST}:{port}"
                await station.until(lambda: station.receiver.lines[-1]["state"] == "reconnecting")
            assert station.store.codes == ["BA1", "BA2"]
            assert {signal.line[:4] for signal in station.store.signals} == {"arc/"}

    async def test_is_lost_while_it_cannot_be_reached_and_back_when_it_speaks(self) -> None:
        port = free_port()
        async with calling("surgard", port) as station:
            assert await changed(station) == [Change("arc", lost=True)]
            assert station.receiver.lines[-1]["heartbeat"] == "lost"
            async with ReceiverClient("surgard", HOST, port, listen=True) as receiver:
                assert await receiver.beat() == "ACK"
                beating = asyncio.create_task(receiver.keep_beating(0.02, lambda _: None))
                assert await changed(station) == [Change("arc", lost=False)]
                beating.cancel()

    async def test_that_is_mute_is_called_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server_module, "LOOK", 0.02)
        port = free_port()
        calls: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda _, writer: calls.append(writer), HOST, port)
        async with calling("surgard", port) as station:
            await station.until(lambda: len(calls) >= 2)
            assert station.count("cut", "arc") >= 1
        server.close()
        for writer in calls:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


class Hands:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    for module in (server_module, connections):
        monkeypatch.setattr(module, "monotonic", hands)
    return hands


async def test_a_receiver_that_called_us_and_is_silent_is_lost(hands: Hands) -> None:
    own = LineSettings(name="mlr", protocol="surgard", listen=free_port(), heartbeat=0.1)
    station = make_station((own,))
    await station.receiver.start()
    assert own.listen is not None
    async with ReceiverClient("surgard", HOST, own.listen, receiver="02") as receiver:
        for _ in range(10):
            assert await receiver.beat() == "ACK"
            hands.at += 0.05
            assert station.receiver.changes() == []
        hands.at += 1.0
        assert await changed(station) == [Change("mlr/02", lost=True)]
        assert station.receiver.known == {"mlr/02": True}
        await receiver.beat()
        assert await changed(station) == [Change("mlr/02", lost=False)]
    await station.receiver.stop()


async def test_signals_of_a_receiver_that_beat_are_signs_of_life_too(hands: Hands) -> None:
    own = LineSettings(name="mlr", protocol="surgard", listen=free_port(), heartbeat=0.2)
    station = make_station((own,))
    await station.receiver.start()
    wire = await station.wire(own.listen or 0)
    await wire.send(surgard.heartbeat("02", "000"))
    await wire.bytes(1)
    for number in range(20):
        await wire.send(surgard.encode("1001", "BA", str(number), receiver="07", line="001"))
        await wire.bytes(1)
        hands.at += 0.05
        assert station.receiver.changes() == []
    assert station.receiver.known == {"mlr/02": False}
    await wire.close()
    await station.receiver.stop()


async def test_dc07_repeats_number_receiver_and_line(station: Station) -> None:
    wire = await station.wire(station.port_of("dc07"))
    await wire.send(dc07.encode("1001", "BA", "03", sequence=12, receiver="2", line="7"))
    assert await wire.answer() == '"ACK"0012R2L7[]'


# --- what the station sends to itself -----------------------------------------------------------


@pytest.fixture
async def closed(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Station]:
    """Only a receiver elsewhere is let in."""
    monkeypatch.setattr(server_module, "LOOK", 0.02)
    elsewhere = ("192.0.2.9",)
    station = make_station(surgard_allow=elsewhere, dc07_allow=elsewhere)
    await station.receiver.start()
    yield station
    await station.receiver.stop()


async def tried(station: Station, protocol: Protocol) -> float | None:
    way = canary.Way(protocol, HOST, station.port_of(protocol), protocol)
    return await canary.acknowledged_in(way, OwnKey())  # type: ignore[arg-type]


@each_protocol
class TestCanary:
    async def test_it_is_acknowledged_is_ours_and_nobodys_heartbeat(
        self, closed: Station, protocol: Protocol
    ) -> None:
        assert await tried(closed, protocol) is not None
        (signal,) = closed.store.signals
        assert (signal.account, signal.code, signal.encrypted) == (CANARY, "RP", True)
        assert closed.receiver.known == {}

    async def test_without_a_commit_it_is_not(
        self, closed: Station, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(canary, "WITHIN", 0.3)
        closed.store.refuse = lambda _: True
        assert await tried(closed, protocol) is None

    @pytest.mark.parametrize(
        ("account", "text"), [("1001", ""), (CANARY, ""), (CANARY, "0" * 32), ("1001", CANARY)]
    )
    async def test_a_stranger_on_this_machine_is_not_let_in_by_it(
        self, closed: Station, protocol: Protocol, account: str, text: str
    ) -> None:
        async with ReceiverClient(protocol, HOST, closed.port_of(protocol), attempts=1) as receiver:
            with pytest.raises(NotAcknowledgedError):
                await receiver.send(account, "BR", "3", text)
        assert closed.store.signals == []
        assert closed.heard == {}
        assert closed.count("refused", protocol) == 1

    async def test_words_of_another_minute_prove_nothing(
        self, station: Station, protocol: Protocol
    ) -> None:
        old = own_words(KEYS[CANARY], clock.now() - timedelta(minutes=10))
        async with simulated(station, protocol) as receiver:
            await receiver.send(CANARY, "RP", text=old)
        (signal,) = station.store.signals
        assert not signal.encrypted
