"""Whatever a peer does on the FastAGI port, the next call works."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from callflow.core.calls.call import Outcome
from ivr.agi import AgiServer, protocol
from tests.integration.agi.conftest import Station, eventually
from tests.support.phones.agi_phone import SECRET, header


async def next_call_works(station: Station) -> None:
    async with asyncio.timeout(15):
        await station.phone("2580#", "1").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]


async def send(station: Station, data: bytes) -> bytes:
    """Sends, half-closes nothing, and returns what came before the server hung up.

    The server waits less for this header than for an honest call's.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "HEADER_PATIENCE", 0.3)
        reader, writer = await asyncio.open_connection("127.0.0.1", station.server.port)
        try:
            writer.write(data)
            await writer.drain()
            return await asyncio.wait_for(reader.read(), 15)
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def test_connect_and_close(station: Station) -> None:
    for _ in range(200):
        _, writer = await asyncio.open_connection("127.0.0.1", station.server.port)
        writer.close()
    await next_call_works(station)


async def test_half_a_header_is_dropped_after_its_time(station: Station) -> None:
    assert await send(station, b"agi_network: yes\nagi_uni") == b""
    assert await send(station, b"") == b""
    await next_call_works(station)


@pytest.mark.parametrize(
    "data",
    [
        b"x" * 2_000_000,
        b"agi_uniqueid: call-1\n" + b"agi_arg_1: x\n" * 200_000,
        b"\n" * 3,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00\xff" * 500 + b"\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["2 MB line", "2 MB of headers", "nothing", "HTTP", "bytes", "TLS"],
)
async def test_what_is_no_header_gets_no_command(station: Station, data: bytes) -> None:
    assert await send(station, data) == b""
    await next_call_works(station)


async def test_many_slow_headers_stand_in_nobodys_way(station: Station) -> None:
    slow = [
        await asyncio.open_connection("127.0.0.1", station.server.port)
        for _ in range(39)  # of 40 that are allowed
    ]
    await next_call_works(station)
    for _, writer in slow:
        writer.close()


async def test_idle_connections_up_to_the_limit_stand_in_nobodys_way(station: Station) -> None:
    held = [await asyncio.open_connection("127.0.0.1", station.server.port) for _ in range(90)]
    await next_call_works(station)
    for _, writer in held:
        writer.close()
    await eventually(lambda: station.server.sessions == 0)


async def test_above_the_limit_of_calls_another_one_is_turned_away_at_once(
    station: Station,
) -> None:
    held = []
    for number in range(40):
        reader, writer = await asyncio.open_connection("127.0.0.1", station.server.port)
        writer.write(header("outgoing", f"call-{number + 100}"))
        await reader.readline()
        held.append(writer)
    assert await send(station, header("outgoing", "call-1")) == b""
    for writer in held:
        writer.close()
    await eventually(lambda: station.server.sessions == 0)
    await next_call_works(station)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "another-secret",
        SECRET[:-1],
        SECRET + "x",
        SECRET.upper(),
        "é",
        f"x\nagi_arg_1: {SECRET}",
    ],
    ids=["none", "another", "shorter", "longer", "capitals", "no ASCII", "second"],
)
async def test_whoever_does_not_know_the_secret_gets_no_command(
    station: Station, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for route in ("outgoing", "incoming", "panel", "nothing"):
        assert await send(station, header(route, "call-1", secret=said)) == b""
    assert station.store.concluded == {}
    assert station.store.arrivals == []
    assert SECRET not in capsys.readouterr().out
    await next_call_works(station)


async def test_end_of_file_in_a_dialogue(station: Station) -> None:
    await station.phone("2580#", "eof").call("outgoing", "call-1")
    async with asyncio.timeout(15):
        await station.phone("1").call("outgoing", "call-1")
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]


@pytest.mark.parametrize(
    "answer",
    [b"x" * 100_000 + b"\n", b"nonsense\n", b"200\n", b"520-Invalid\n", b"\xff\xfe\n", b"\n"],
    ids=["endless", "nonsense", "no result", "half a usage", "bytes", "empty"],
)
async def test_nonsense_as_an_answer(station: Station, answer: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", station.server.port)
    writer.write(header("outgoing", "call-2"))
    await reader.readline()
    writer.write(answer)
    writer.write_eof()
    with suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 15)
    writer.close()
    await next_call_works(station)


HOSTILE_NAMES = [
    'x" <9>',
    "\x1b[31m",
    "${SHELL(reboot)}",
    "a\x00b",
    "x: y",
    "é" * 1000,
    "\u202e",
    "<script>",
    "'; DROP TABLE call",
    "{0.__class__}",
    "%n%s",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
async def test_a_hostile_caller_is_data(station: Station, name: str) -> None:
    phone = await station.phone("").call(
        "incoming", "in-1", agi_calleridname=name, agi_callerid=name, agi_dnid=name
    )
    assert phone.variables["CALLFLOW_DONE"] == "1"
    assert phone.variables["CALLFLOW_ROOM"] == "in-1"
    await next_call_works(station)


async def test_a_caller_name_with_a_line_break_changes_no_header(station: Station) -> None:
    phone = await station.phone("2580#", "1").call(
        "outgoing",
        "call-1",
        agi_calleridname="x\nagi_uniqueid: call-other\nagi_network_script: incoming",
    )
    assert phone.variables["CALLFLOW_DONE"] == "1"
    assert station.store.concluded["call-1"] == [Outcome.VERIFIED_OK]
    assert station.store.arrivals == []


@pytest.mark.parametrize(
    "channel_id", ["", "a b", "x" * 101, '1"\nSET VARIABLE A "b', "../x", "a&b", "é"]
)
async def test_a_channel_id_that_is_none_names_nothing(station: Station, channel_id: str) -> None:
    phone = await station.phone().call("outgoing", channel_id)
    assert set(phone.variables) <= {"CALLFLOW_ROOM", "CALLFLOW_NEXT", "CALLFLOW_DONE"}
    assert phone.variables.get("CALLFLOW_ROOM", "") in ("", "1")
    await next_call_works(station)


@pytest.mark.parametrize("route", ["", "panel", "nothing", "../outgoing", "x" * 5000])
async def test_another_route_gets_one_command_and_the_end(station: Station, route: str) -> None:
    phone = await station.phone().call(route, "call-1")
    assert phone.commands == ['VERBOSE "callflow has no such route" 1']
    await next_call_works(station)


async def test_off_loopback_it_does_not_listen() -> None:
    with pytest.raises(ValueError, match="loopback"):
        await AgiServer({}, SECRET).start(0, "0.0.0.0")


async def test_where_a_pbx_is_elsewhere_nobody_but_it_is_let_in() -> None:
    """Whoever comes from another address is cut off before a byte of theirs is read."""
    server = AgiServer({}, SECRET)
    await server.start(0, "127.0.0.1", only="127.0.0.2")

    async def asks(host: str) -> bytes:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.port, local_addr=(host, 0)
        )
        with suppress(ConnectionError):
            writer.write(header("nothing", "call-1"))
            await writer.drain()
        try:
            async with asyncio.timeout(5):
                return await reader.read(200)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    assert await asks("127.0.0.3") == b""
    assert b"callflow has no such route" in await asks("127.0.0.2")
    await server.close()
