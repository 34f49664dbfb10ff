"""A new certificate is shown to whoever comes; connections and calls that are there go on."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from asyncio.subprocess import Process
from collections.abc import Iterator
from pathlib import Path

import pytest

from callflow.settings.config import Settings
from ivr.asterisk.simulator import Phone
from ivr.asterisk.tree import AsteriskTree
from ivr.telephony.door import Refused, keep_open
from tests.integration.asterisk.conftest import Pair, start_pair, stop_pair
from tests.integration.asterisk.test_door import PHONE, registers, render
from tests.integration.asterisk.throwaway import until
from tests.support.outside.certificates import certificate
from tests.support.sip.sip_wires import Wire
from tests.support.suite.ports import free_port

CALLED = "+33639988021"


@pytest.fixture
def own_pair(tree: AsteriskTree, tmp_path: Path) -> Iterator[Pair]:
    """Its certificate is changed."""
    started = start_pair(tmp_path, tree)
    yield started
    stop_pair(started)


def shown(port: int) -> str:
    """The certificate (PEM) that is shown there; "": nobody listens."""
    with contextlib.suppress(OSError):
        return ssl.get_server_certificate(("127.0.0.1", port), timeout=5)
    return ""


def kept(folder: Path) -> str:
    return (folder / "cert.pem").read_text()


def test_sip_over_tls_takes_it_and_no_call_ends(own_pair: Pair) -> None:
    pair, folder = own_pair, own_pair.station.instance.data_dir
    pair.simulator.set_phone(Phone(number=CALLED, behaviour="answer", after_s=0))
    link = pair.ami()
    call = link.originate(CALLED.removeprefix("+"))
    link.event("Newstate", call, ChannelStateDesc="Up")
    before = kept(folder)
    assert shown(pair.tls_port) == before
    render(pair, PHONE)
    with Wire("tls", pair.tls_port) as wire:
        assert registers(wire) == 200
        certificate(folder)
        pair.station.renew_certificate()
        until(lambda: shown(pair.tls_port) == kept(folder) != before)
        assert registers(wire) == 200, "whoever came before speaks on"
    assert call in pair.station.rx("core show channels concise")
    link.send(Action="Hangup", Channel=call)
    link.event("Hangup", call)
    link.close()


async def test_the_telephones_door_takes_it_and_no_telephone_is_cut(
    own_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors: list[Process] = []

    async def begin(*program: str, stdin: int, stdout: int) -> Process:
        doors.append(await create_subprocess_exec(*program, stdin=stdin, stdout=stdout))
        return doors[-1]

    create_subprocess_exec = asyncio.create_subprocess_exec
    monkeypatch.setattr(asyncio, "create_subprocess_exec", begin)
    pair, folder = own_pair, own_pair.station.instance.data_dir
    before, wss = kept(folder), free_port()
    settings = Settings(
        data_dir=folder,
        web_port=pair.web_port,
        asterisk_http_port=free_port(),
        asterisk_wss_port=wss,
        asterisk_inner_port=pair.inner_port,
        tls_certificate=folder / "cert.pem",
        tls_key=folder / "key.pem",
    )
    render(pair, PHONE)
    anew = asyncio.Event()
    door = asyncio.create_task(keep_open(settings, pair.station.instance, Refused(), anew))
    await asyncio.to_thread(until, lambda: shown(wss) == before)
    with Wire("wss", wss, pair.web_port) as wire:
        assert await asyncio.to_thread(registers, wire) == 200
        for _ in range(2):
            certificate(folder)
            anew.set()
            await asyncio.to_thread(until, lambda: shown(wss) == kept(folder))
            assert await asyncio.to_thread(registers, wire) == 200
    door.cancel()
    assert [await one.wait() for one in doors] == [0, 0, 0]
