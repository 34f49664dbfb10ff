"""The engine's probes: what is due is asked, what it finds is an organ, its failure an alarm."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callflow.core.signals.signal import Signal
from callflow.core.watch.organs import Part, State
from callflow.core.watch.probes import Means, Probe
from callflow.core.watch.readings import Reading
from callflow.handling.alarms import receiving
from callflow.handling.base import storing
from callflow.handling.watch import probes
from callflow.processes import probing
from callflow.processes.probing import Prober
from callflow.settings.config import Settings
from callflow.storage.signals import signals
from callflow.storage.watch import readings as rows
from tests.integration.handling.station import Station
from tests.support.suite.ports import free_port

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not answer is asked again at once, and nobody waits for the first look."""
    monkeypatch.setattr(probing, "_AGAIN", 0.0)
    monkeypatch.setattr(probing, "_FIRST", 0.0)


def add(
    station: Station, means: Means, target: str, asked: str = "", part: Part = Part.PROBE
) -> None:
    one = Probe(id="", name="p", part=part, means=means, target=target, asked=asked)
    station.write(lambda tx: probes.add(tx, station.vault, one, "", "odile", NOW))


async def looked(station: Station, tmp_path: Path, **settings: Any) -> dict[str, Reading]:
    """What is known after one look of an engine on duty."""
    made = Settings(data_dir=tmp_path, **settings)
    prober = Prober(made, station.store, station.vault, "alpha")
    await prober.look(on_duty=True)
    await asyncio.gather(*prober._running.values())
    await prober.close()
    return {one.key: one for one in await station.store.read(rows.every)}


async def test_what_does_not_answer_fails_and_is_an_alarm(station: Station, tmp_path: Path) -> None:
    add(station, Means.TCP, f"127.0.0.1:{free_port()}", part=Part.NETWORK)
    found = await looked(station, tmp_path)
    assert found["network:p@"].state is State.FAILED
    assert found["memory:@alpha"].state is State.OK
    sent = await station.store.read(signals.page)
    assert [(one.code, one.line) for one in sent] == [("ORGAN_FAILED", "network:p")]


async def test_the_ways_out_of_the_settings_are_asked(station: Station, tmp_path: Path) -> None:
    found = await looked(
        station,
        tmp_path,
        smtp_host="127.0.0.1",
        smtp_port=free_port(),
        mail_from="station@example.org",
        sms_url=f"https://127.0.0.1:{free_port()}/send",
    )
    ways = {key: one.state for key, one in found.items() if one.part is Part.GATEWAY}
    assert ways == {"gateway:mail@": State.FAILED, "gateway:sms@": State.FAILED}


async def test_a_panel_s_zone_is_an_organ_whose_alarm_is_the_panel_s(
    station: Station, tmp_path: Path
) -> None:
    station.put()
    add(station, Means.SIGNAL, "1002", "3", part=Part.ROOM)

    def send(code: str, number: int) -> None:
        sent = Signal(
            account="1002",
            format="SIA-DCS",
            code=code,
            zone="003",
            received_at=NOW,
            deduplication=f"p{number}",
        )
        station.write(lambda tx: storing.store_signals(tx, [sent]))
        station.write(lambda tx: receiving.correlate(tx, NOW))

    assert (await looked(station, tmp_path))["room:p@"].state is State.UNKNOWN
    send("BA", 1)
    found = (await looked(station, tmp_path))["room:p@"]
    assert (found.state, found.elsewhere) == (State.FAILED, True)
    assert not [one for one in station.read(signals.page) if one.code.startswith("ORGAN")]


async def test_a_probe_s_secret_is_sent_in_clear_to_none_but_its_host(
    station: Station, tmp_path: Path
) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        one = Probe(
            id="", name="p", part=Part.PROBE, means=Means.HTTP, target=f"http://127.0.0.1:{port}/"
        )
        await station.store.write(
            lambda tx: probes.add(tx, station.vault, one, "t0ken", "odile", NOW)
        )
        found = await looked(station, tmp_path)
    assert found["probe:p@"].state is State.OK
    assert b"Bearer t0ken" in heard[0]
