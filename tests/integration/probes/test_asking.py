"""Each way of asking an organ, against what really answers: sockets, a page, snmpd, a program."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.probes import Found, Means, Probe
from callflow.probes.asking import pages, ports, programs, snmp
from tests.support.suite.ports import free_port

UPTIME = "1.3.6.1.2.1.1.3.0"


def a_probe(means: Means, target: str, asked: str = "", **more: Any) -> Probe:
    return Probe(id="p", name="p", part=Part.PROBE, means=means, target=target, asked=asked, **more)


@asynccontextmanager
async def answering(answer: bytes, heard: list[bytes] | None = None) -> AsyncIterator[int]:
    """Says ``answer`` to whoever connects and asks; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.read(4096)
        if heard is not None:
            heard.append(asked)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def page(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


async def test_a_port_that_takes_connections_and_one_that_takes_none() -> None:
    async with answering(b"") as port:
        found = await ports.connect(a_probe(Means.TCP, f"127.0.0.1:{port}"))
        by = await ports.connect(a_probe(Means.TCP, f"localhost:{port}", source="127.0.0.1"))
    assert (found.state, by.state) == (State.OK, State.OK)
    assert 0 < (found.figure or 0) < 10
    lost = await ports.connect(a_probe(Means.TCP, f"127.0.0.1:{free_port()}"))
    assert (lost.state, lost.reason) == (State.FAILED, Reason.NO_ANSWER)
    none = await ports.connect(a_probe(Means.TCP, "127.0.0.1:9", source="no-such-way0"))
    assert none.state is State.FAILED


async def test_a_page_is_well_where_it_answers_what_is_expected() -> None:
    heard: list[bytes] = []
    async with answering(page(b"all is well"), heard) as port:
        here = f"http://127.0.0.1:{port}/health"
        well = await pages.page(a_probe(Means.HTTP, here, "well"), "t0ken")
        ill = await pages.page(a_probe(Means.HTTP, here, "ill"), "")
    assert (well.state, ill.reason) == (State.OK, Reason.BAD_ANSWER)
    assert b"Authorization: Bearer t0ken" in heard[0]
    assert b"Authorization" not in heard[1]


async def test_a_page_leads_nowhere_else_and_says_nothing_of_what_it_holds() -> None:
    away = "Location: http://169.254.169.254/latest\r\n"
    async with answering(page(b"secret words", "302 Found", away)) as port:
        found = await pages.page(a_probe(Means.HTTP, f"http://127.0.0.1:{port}/"), "t0ken")
    assert found == Found(
        state=State.FAILED, reason=Reason.BAD_ANSWER, detail="HTTP 302", figure=found.figure
    )


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "[::ffff:a9fe:a9fe]"])
async def test_no_name_leads_to_where_a_cloud_keeps_its_keys(host: str) -> None:
    found = await pages.page(a_probe(Means.HTTP, f"http://{host}/latest/meta-data"), "")
    assert (found.state, found.figure) == (State.FAILED, None)
    assert found.detail in ("Unreachable", "InvalidURL")


async def test_a_query_gives_the_first_figure() -> None:
    heard: list[bytes] = []
    sample = {"data": {"resultType": "vector", "result": [{"value": [1, "21.5"]}]}}
    async with answering(page(json.dumps(sample).encode()), heard) as port:
        asked = a_probe(Means.PROMETHEUS, f"http://127.0.0.1:{port}/prom", 'temp{room="a"}')
        found = await pages.query(asked, "")
    assert found.figure == 21.5
    assert heard[0].startswith(b"GET /prom/api/v1/query?query=temp%7B")
    empty = {"data": {"resultType": "vector", "result": []}}
    async with answering(page(json.dumps(empty).encode())) as port:
        none = await pages.query(a_probe(Means.PROMETHEUS, f"http://127.0.0.1:{port}", "up"), "")
    assert (none.state, none.reason) == (State.UNKNOWN, Reason.NOT_MEASURED)
    async with answering(page(b"[]")) as port:
        odd = await pages.query(a_probe(Means.PROMETHEUS, f"http://127.0.0.1:{port}", "up"), "")
    assert odd.reason is Reason.BAD_ANSWER


# --- SNMP -----------------------------------------------------------------------------------------


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[int]:
    """A real snmpd; its UDP port."""
    program, port = shutil.which("snmpd") or "/usr/sbin/snmpd", free_port()
    (tmp_path / "snmpd.conf").write_text(
        "rocommunity station 127.0.0.1\n"
        "createUser watch SHA-256 authentication AES privacyphrase\n"
        "rouser watch priv\n"
    )
    command = [program, "-f", "-C", "-c", "snmpd.conf", "-Lo", f"udp:127.0.0.1:{port}"]
    environment = {"SNMP_PERSISTENT_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    begun = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert begun.stdout is not None
    for line in begun.stdout:
        if b"NET-SNMP version" in line:
            break
    yield port
    begun.kill()
    begun.communicate()


async def test_a_device_s_figure_by_its_community_and_by_a_user(agent: int) -> None:
    asked = a_probe(Means.SNMP, f"127.0.0.1:{agent}", UPTIME)
    by_community = await snmp.get(asked, "station")
    by_user = await snmp.get(asked, "watch\nauthentication\nprivacyphrase")
    assert (by_community.state, by_user.state) == (State.OK, State.OK)
    assert by_community.figure is not None
    words = await snmp.get(a_probe(Means.SNMP, asked.target, "1.3.6.1.2.1.1.1.0"), "station")
    assert words.reason is Reason.BAD_ANSWER  # its description is no figure
    none = await snmp.get(a_probe(Means.SNMP, asked.target, "1.3.6.1.2.1.99.1"), "station")
    assert none.reason is Reason.BAD_ANSWER


@pytest.mark.deep
async def test_a_wrong_community_is_no_answer(agent: int) -> None:
    found = await snmp.get(a_probe(Means.SNMP, f"127.0.0.1:{agent}", UPTIME), "guessed")
    assert (found.state, found.reason) == (State.FAILED, Reason.NO_ANSWER)
    assert "guessed" not in found.detail


# --- programs -----------------------------------------------------------------------------------

Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    folder = tmp_path / "probes"
    folder.mkdir(mode=0o755)

    def write(body: str) -> Path:
        file = folder / "check"
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
        return folder

    return write


CHECK = a_probe(Means.COMMAND, "check")


@pytest.mark.parametrize(
    ("body", "state", "figure"),
    [
        ("echo 'OK - 21 | heat=21.5;30;40'", State.OK, 21.5),
        ("echo 'WARNING - 31 | heat=31'; exit 1", State.DEGRADED, 31.0),
        ("echo 'CRITICAL'; exit 2", State.FAILED, None),
        ("exit 3", State.UNKNOWN, None),
        ("kill -9 $$", State.UNKNOWN, None),
        ("yes | head -c 1000000", State.OK, None),
    ],
)
async def test_a_program_ends_as_plug_ins_do(
    written: Written, body: str, state: State, figure: float | None
) -> None:
    found = await programs.run(CHECK, written(body))
    assert (found.state, found.figure) == (state, figure)
    assert len(found.detail) <= 200


async def test_a_program_knows_nothing_of_the_station(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLFLOW_SMTP_PASSWORD", "s3cret")
    found = await programs.run(CHECK, written("env | grep -c s3cret; exit 2"))
    assert (found.state, found.detail) == (State.FAILED, "0")


async def test_what_others_can_write_is_not_run(written: Written, tmp_path: Path) -> None:
    folder = written("exit 0")
    assert (await programs.run(CHECK, None)).reason is Reason.NOT_ALLOWED
    (folder / "check").chmod(0o777)
    assert (await programs.run(CHECK, folder)).reason is Reason.NOT_ALLOWED
    (folder / "check").chmod(0o644)
    assert (await programs.run(CHECK, folder)).reason is Reason.NOT_ALLOWED
    (folder / "check").unlink()
    (folder / "check").symlink_to("/bin/true")
    assert (await programs.run(CHECK, folder)).reason is Reason.NOT_ALLOWED
    folder = written("exit 0")
    folder.chmod(0o777)
    assert (await programs.run(CHECK, folder)).reason is Reason.NOT_ALLOWED
