"""The receiver acknowledges what is durable, in order, and nothing else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Literal

import pytest

from callflow.clock import now
from callflow.probes.panel import NoAnswerError, PanelClient
from tests.integration.receiver.conftest import HOST, KEYS, Station, event, make_station, poll


async def test_the_answer_waits_for_the_commit(station: Station) -> None:
    station.store.gate.clear()
    wire = await station.wire()
    await wire.send(event())
    await station.store.called.wait()
    await wire.nothing_comes()
    station.store.gate.set()
    assert await wire.answer() == '"ACK"0001L0#1001[]'
    assert station.store.codes == ["BA03"]
    assert "1001" in station.heard


async def test_a_poll_is_no_signal_and_waits_for_no_commit(station: Station) -> None:
    station.store.gate.clear()
    wire = await station.wire()
    await wire.send(poll())
    assert await wire.answer() == '"ACK"0000L0#1001[]'
    assert station.store.calls == 0
    assert "1001" in station.heard


async def test_answers_keep_the_order_of_a_connections_frames(station: Station) -> None:
    station.store.gate.clear()
    wire = await station.wire()
    await wire.send(event("BA1", 1) + poll(sequence=2) + event("BA2", 3))
    await station.store.called.wait()
    await wire.send(poll(sequence=4))
    await wire.nothing_comes()
    station.store.gate.set()
    assert [(await wire.answer())[5:9] for _ in range(4)] == ["0001", "0002", "0003", "0004"]


async def test_what_arrives_during_a_commit_shares_the_next_one(station: Station) -> None:
    station.store.gate.clear()
    first = await station.wire()
    await first.send(event(account="1000"))
    await station.store.called.wait()
    others = [await station.wire() for _ in range(20)]
    for number, wire in enumerate(others):
        await wire.send(b"".join(event(f"BA{n}", n, f"2{number:03}") for n in range(1, 6)))
    await station.until(lambda: station.count("received") == 101)
    station.store.gate.set()
    for wire in others:
        for _ in range(5):
            await wire.answer()
    assert station.store.calls == 2
    assert len(station.store.signals) == 101


async def test_a_commit_that_fails_is_not_acknowledged_and_the_line_is_kept(
    station: Station,
) -> None:
    station.store.refuse = lambda _: True
    wire = await station.wire()
    await wire.send(event(sequence=1))
    await station.until(lambda: station.count("not_stored") == 1)
    station.store.refuse = lambda _: False
    await wire.send(event(sequence=2))
    assert await wire.answer() == '"ACK"0002L0#1001[]'


async def test_signals_that_the_store_refuses_cost_other_senders_nothing(station: Station) -> None:
    station.store.refuse = lambda signal: signal.account == "6666"
    station.store.gate.clear()
    first = await station.wire()
    await first.send(event())
    await station.store.called.wait()
    bad, good = await station.wire(), await station.wire()
    await bad.send(event(account="6666") + poll("6666", 2))
    await good.send(event(account="2002"))
    await station.until(lambda: station.count("received") == 4)
    station.store.gate.set()
    assert await good.answer() == '"ACK"0001L0#2002[]'
    assert await bad.answer() == '"ACK"0002L0#6666[]'  # the poll, not the event
    assert station.count("not_stored") == 1


async def test_a_bad_frame_gets_no_answer_is_counted_and_the_line_goes_on(
    station: Station,
) -> None:
    wire = await station.wire()
    await wire.send(event().replace(b"BA03", b"BA04"))
    await wire.nothing_comes()
    whole = event()
    await wire.send(whole[:5] + b"0FFF" + whole[9:])
    await wire.nothing_comes()
    await wire.send(event(sequence=7))
    assert await wire.answer() == '"ACK"0007L0#1001[]'
    assert (station.count("bad_crc"), station.count("bad_length")) == (1, 1)
    assert station.store.codes == ["BA03"]


async def test_a_sender_that_ends_its_half_still_gets_its_answer(station: Station) -> None:
    station.store.gate.clear()
    wire = await station.wire()
    await wire.send(event())
    wire.writer.write_eof()
    await station.store.called.wait()
    station.store.gate.set()
    assert await wire.answer() == '"ACK"0001L0#1001[]'
    await wire.hung_up()


async def test_a_sender_that_is_gone_before_the_commit_is_stored_all_the_same(
    station: Station,
) -> None:
    station.store.gate.clear()
    wire = await station.wire()
    await wire.send(event())
    await station.store.called.wait()
    await wire.close()
    station.store.gate.set()
    await station.until(lambda: station.receiver.connections == 0)
    assert station.store.codes == ["BA03"]


async def test_stopping_stores_and_acknowledges_what_was_taken() -> None:
    station = make_station()
    ready = asyncio.Event()
    serving = asyncio.create_task(station.receiver.serve(ready.set))
    await ready.wait()
    station.store.gate.clear()
    wire = await station.wire()
    await wire.send(event("BA1", 1))
    await station.store.called.wait()
    await wire.send(event("BA2", 2))
    await station.until(lambda: station.count("received") == 2)
    serving.cancel()
    asyncio.get_running_loop().call_later(0.05, station.store.gate.set)
    with suppress(asyncio.CancelledError):
        await serving
    assert [(await wire.answer())[5:9] for _ in range(2)] == ["0001", "0002"]
    await wire.hung_up()
    assert station.store.codes == ["BA1", "BA2"]
    with pytest.raises(ConnectionRefusedError):
        await station.wire()
    await wire.close()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("account", ["1001", "1009"])
class TestPanels:
    def panel(self, station: Station, transport: str, account: str) -> PanelClient:
        return PanelClient(
            HOST,
            station.port,
            account,
            KEYS.get(account),
            transport="udp" if transport == "udp" else "tcp",
            answer_within=15.0,
        )

    async def test_send_and_poll(self, station: Station, transport: str, account: str) -> None:
        async with self.panel(station, transport, account) as panel:
            replies = [await panel.send("BA", "03", "Porte d’entrée"), await panel.poll()]
        assert [reply.kind for reply in replies] == ["ACK", "ACK"]
        assert all(reply.encrypted == (account in KEYS) for reply in replies)
        (signal,) = station.store.signals
        assert (signal.code, signal.zone, signal.text) == ("BA", "03", "Porte d’entrée")
        assert signal.line == f"dc09-{transport}"
        assert station.count("received", f"dc09-{transport}") == 2

    async def test_a_panel_sends_again_until_it_is_acknowledged(
        self, station: Station, transport: str, account: str
    ) -> None:
        async with self.panel(station, transport, account) as panel:
            station.store.fails_twice(panel)
            assert (await panel.send("BA", "03")).kind == "ACK"
        assert len(station.store.signals) == 1
        assert station.count("not_stored", f"dc09-{transport}") == 2

    async def test_without_a_commit_there_is_no_answer(
        self, station: Station, transport: str, account: str
    ) -> None:
        station.store.refuse = lambda _: True
        async with self.panel(station, transport, account) as panel:
            panel._within = 0.1
            with pytest.raises(NoAnswerError):
                await panel.send("BA", "03")


async def test_a_repeated_message_has_one_key_over_either_transport(station: Station) -> None:
    transport: Literal["tcp", "udp"]
    for transport in ("tcp", "udp"):
        async with PanelClient(
            HOST,
            station.port,
            "1001",
            transport=transport,
            sequence=7,
        ) as panel:
            await panel.send("BA", "03")
    assert len({signal.deduplication for signal in station.store.signals}) == 1


async def test_a_nak_teaches_the_panel_the_time(station: Station) -> None:
    async with PanelClient(
        HOST,
        station.port,
        "1009",
        KEYS["1009"],
        format="ADM-CID",
        clock=lambda: now() - timedelta(days=3),
    ) as panel:
        assert (await panel.send("1130", "3")).kind == "ACK"
    assert station.count("outside_window") == 1
    assert station.store.codes == ["1130003"]
