"""``callflow receiver simulate`` in front of a receiver: exit 0 only when acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import sys

import pytest
from typer.testing import CliRunner

from callflow.commands import line
from tests.integration.receiver.conftest import HOST, Station
from tests.support.suite import forked
from tests.support.suite.ports import free_port

SIMULATE = (sys.executable, "-m", "callflow", "receiver", "simulate")


async def simulate(*arguments: str) -> tuple[int, str]:
    """The exit status, and what was printed."""
    command = functools.partial(forked.run, environment=os.environ)
    return await asyncio.to_thread(command, *SIMULATE[-2:], *arguments)


def address(station: Station, protocol: str) -> tuple[str, ...]:
    return "--protocol", protocol, "--connect", f"{HOST}:{station.port_of(protocol)}"


@pytest.mark.parametrize("protocol", ["surgard", "dc07"])
async def test_an_event_is_sent_and_its_acknowledgement_printed(
    station: Station, protocol: str
) -> None:
    status, said = await simulate(*address(station, protocol), "1001", "BA", "03", "Porte")
    assert (status, said) == (0, "ACK\n")
    (signal,) = station.store.signals
    assert (signal.account, signal.code, signal.zone, signal.text) == ("1001", "BA", "03", "Porte")


async def test_without_an_acknowledgement_it_fails(station: Station) -> None:
    station.store.refuse = lambda _: True
    status, said = await simulate(
        *address(station, "surgard"), "--wait", "0.1", "--json", "1001", "BA"
    )
    assert (status, said) == (1, '{"reply": "no acknowledgement after 4 attempts"}\n')


async def test_without_an_event_it_beats(station: Station) -> None:
    status, said = await simulate(*address(station, "surgard"))
    assert (status, said) == (0, "ACK\n")
    assert station.receiver.known == {"surgard/01": False}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--protocol", "x25", "1001", "BA"),
        ("--connect", "nowhere", "1001", "BA"),
        ("1001",),
        ("--connect", f"{HOST}:1", "1001", "burglary"),
    ],
)
def test_what_cannot_be_meant_is_said(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(line.app, ["receiver", "simulate", *arguments])
    assert result.exit_code == 2
    assert "Error" in result.output


async def call(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to who will soon listen there."""
    while True:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection(HOST, port)
        await asyncio.sleep(0.05)


async def test_it_keeps_beating_for_a_station_that_calls_it() -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *SIMULATE,
        *("--listen", str(port), "--heartbeat", "0.05", "1001", "BA"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        reader, writer = await call(port)
        lines = []
        for _ in range(3):
            lines.append(await reader.readuntil(b"\x14"))
            writer.write(b"\x06")
    assert lines[0] == b"S011[#1001|NBA]\x14"
    assert {line.count(b"@") for line in lines[1:]} == {1}
    process.terminate()
    await process.wait()
    writer.close()
    with contextlib.suppress(ConnectionError):  # it ended before it read the last answer
        await writer.wait_closed()
    assert (await process.stdout.read()).startswith(b"ACK\nheartbeat ACK\n")
