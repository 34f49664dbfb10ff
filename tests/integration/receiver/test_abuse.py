"""A slow, huge or garbled sender hurts nobody else."""

from __future__ import annotations

import asyncio

import pytest

from callflow import clock
from callflow.core.signals.framing import LONGEST_BODY, frame
from callflow.probes.panel import PanelClient
from callflow.receiver import connections
from tests.integration.receiver.conftest import HOST, Station, event, poll
from tests.support.suite.hold_ups import HoldUps


async def acknowledged(station: Station) -> None:
    """An honest panel gets its answer promptly."""
    with HoldUps() as hold_ups:
        async with PanelClient(HOST, station.port, "1001", attempts=1, answer_within=20) as panel:
            begin = clock.monotonic()
            assert (await panel.send("BA", "03")).kind == "ACK"
            end = clock.monotonic()
        assert end - begin < 2 + hold_ups.lost(begin, end)


async def test_garbage_is_cut_off(station: Station) -> None:
    wire = await station.wire()
    await wire.send(b"\xff\n" * (connections.GARBAGE // 2 + 10))
    await wire.hung_up()
    assert station.count("cut") == 1
    await acknowledged(station)


async def test_bad_frames_for_ever_are_cut_off(station: Station) -> None:
    wire = await station.wire()
    bad = frame(b'"' + b"x" * 1000).replace(b"x\r", b"y\r")
    await wire.send(bad * (connections.GARBAGE // 1000 + 2))
    await wire.hung_up()
    assert station.count("bad_crc") > 50


async def test_a_huge_frame_without_an_end_is_given_up(station: Station) -> None:
    wire = await station.wire()
    await wire.send(b'\nABCD0FFF"' + b"x" * (LONGEST_BODY + 100))
    await wire.send(event())
    assert await wire.answer() == '"ACK"0001L0#1001[]'
    assert station.count("bad_length") == 1


async def test_the_longest_frame_is_taken(station: Station) -> None:
    head = b'"SIA-DCS"0001L0#1001[#1001|NBA03^'
    wire = await station.wire()
    await wire.send(frame(head + b"x" * (LONGEST_BODY - len(head) - 2) + b"^]"))
    assert await wire.answer() == '"ACK"0001L0#1001[]'
    assert len(station.store.signals[0].text) > 4000


async def test_a_sender_of_single_bytes_is_served_and_holds_nobody_up(station: Station) -> None:
    slow = await station.wire()
    for byte in event():
        await slow.send(bytes([byte]))
        await asyncio.sleep(0)
    await acknowledged(station)
    assert await slow.answer() == '"ACK"0001L0#1001[]'


async def test_a_half_frame_is_dropped_after_a_while_and_the_line_lives(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HALF_FRAME", 0.1)
    wire = await station.wire()
    await wire.send(event()[:30])
    await station.until(lambda: station.count("bad_length") == 1)
    await wire.send(event())
    assert await wire.answer() == '"ACK"0001L0#1001[]'


async def test_dribbling_does_not_prolong_a_half_frame(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HALF_FRAME", 0.1)
    wire = await station.wire()
    await wire.send(b'\nABCD0FFF"')
    while station.count("bad_length") == 0:
        await wire.send(b"x")
        await asyncio.sleep(0.01)


async def test_who_says_nothing_good_is_cut_and_who_did_may_rest(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, mute, babbler = await station.wire(), await station.wire(), await station.wire()
    await good.send(poll())
    await good.answer()
    monkeypatch.setattr(connections, "FIRST_FRAME", 0.2)
    await babbler.send(b"hello\r\n")
    await mute.hung_up()
    await babbler.hung_up()
    await good.send(poll())
    await good.answer()
    monkeypatch.setattr(connections, "IDLE", 0.2)
    await good.hung_up()


async def test_a_flood_whose_answers_nobody_reads_stops_being_read_and_is_cut(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "UNREAD_FOR", 0.3)
    wire = await station.wire()
    wire.reader._limit = 1  # type: ignore[attr-defined] # and so does the stream stop reading
    wire.writer.transport.set_write_buffer_limits(high=1 << 30)
    flood = b"".join(event("BA1", n % 9999 + 1) for n in range(2000))
    for _ in range(100):
        wire.writer.write(flood)
    await station.until(lambda: station.count("cut") == 1)
    assert station.count("received") < 50_000, "what kernels hold of a short answer"
    await acknowledged(station)


async def test_a_flood_is_taken_at_the_stores_pace(station: Station) -> None:
    station.store.gate.clear()
    wire = await station.wire()
    wire.writer.write(b"".join(event("BA1", n + 1) for n in range(3000)))
    await station.store.called.wait()
    other = await station.wire()
    await other.send(poll("2002"))
    await other.answer()
    assert station.count("received") <= connections.IN_FLIGHT + 1
    station.store.gate.set()
    for _ in range(3000):
        await wire.answer()
    assert len(station.store.signals) == 3000


async def test_polls_without_end_leave_the_others_their_turn(station: Station) -> None:
    flooder = await station.wire()
    flooder.writer.write(poll() * 20_000)
    await acknowledged(station)
    for _ in range(20_000):
        await flooder.answer()


async def test_too_many_connections_cost_the_one_who_holds_the_most(station: Station) -> None:
    station.receiver._limit = 5
    good = await station.wire()
    await good.send(poll())
    await good.answer()
    crowd = [await station.wire() for _ in range(10)]
    await station.until(lambda: station.count("cut") >= 6)
    await crowd[0].hung_up()
    await good.send(poll())
    await good.answer()
    await acknowledged(station)
    assert station.receiver.connections <= 6


async def test_datagrams_of_garbage_are_counted_and_others_served(station: Station) -> None:
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(HOST, station.port)
    )
    for data in (b"", b"\n", b"x" * 9000, event()[:-1], event().replace(b"BA", b"BB")):
        udp.sendto(data)
    udp.sendto(event(sequence=9))
    await station.until(lambda: station.count("received", "dc09-udp") == 1)
    udp.close()
    assert station.count("bad_length", "dc09-udp") == 1
    assert station.count("bad_crc", "dc09-udp") == 1


async def test_datagrams_in_flight_are_bounded(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "DATAGRAMS", 10)
    station.store.gate.clear()
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(HOST, station.port)
    )
    for number in range(30):
        udp.sendto(event(sequence=number))
    await station.until(lambda: station.count("dropped", "dc09-udp") == 20)
    udp.close()
    station.store.gate.set()
    await station.until(lambda: len(station.store.signals) == 10)


async def test_a_key_store_that_breaks_costs_one_frame_only(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("our bug")

    wire = await station.wire()
    with monkeypatch.context() as patch:
        patch.setattr(station.line(), "_receive", broken)
        await wire.send(event())
        await station.until(lambda: station.count("failed") == 1)
    await wire.send(event())
    assert await wire.answer() == '"ACK"0001L0#1001[]'


async def test_five_hundred_connections_lose_nothing(station: Station) -> None:
    async def panel(number: int) -> None:
        wire = await station.wire()
        for sequence in range(1, 11):
            await wire.send(event(f"BA{sequence}", sequence, f"{number:04}"))
            assert (await wire.answer())[5:9] == f"{sequence:04}"

    await asyncio.gather(*(panel(number) for number in range(500)))
    keys = {signal.deduplication for signal in station.store.signals}
    assert len(station.store.signals) == len(keys) == 5000
    assert station.store.calls < 5000
