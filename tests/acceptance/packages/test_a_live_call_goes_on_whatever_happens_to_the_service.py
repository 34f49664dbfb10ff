"""Whatever systemd does to the station's service, a live call goes on: a restart, a new
certificate, kill -9, an upgrade by apt, a stop. It ends with Asterisk's own service, and with
nothing before."""

from __future__ import annotations

import asyncio
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.acceptance.packages.conftest import Packages
from tests.support.outside.certificates import certificate
from tests.support.sip.sip_players import Player, Players
from tests.support.stations.bare_debian import BareDebian, bare, until
from tests.support.stations.debian_station import SERVICES, DebianStation, later
from tests.support.stations.installed import CALLED, hears

pytestmark = [
    pytest.mark.deep,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(1200),
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DebianStation]:
    """With the certificates ``first`` and ``second`` beside it; it shows the first."""
    folder = tmp_path_factory.mktemp("debian")
    trusted = folder / "trusted.pem"
    for name in ("first", "second"):
        (folder / name).mkdir()
        certificate(folder / name)
        with trusted.open("ab") as file:
            file.write((folder / name / "cert.pem").read_bytes())
    async with BareDebian(await asyncio.to_thread(bare, folder)) as debian:
        station = DebianStation(debian, trusted)
        yield station
        await station.close()


async def shows(station: DebianStation, name: str) -> bool:
    """This certificate."""
    shown = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", station.base))
    kept = (station.debian.root.parent / name / "cert.pem").read_text()
    return ssl.PEM_cert_to_DER_cert(shown) == ssl.PEM_cert_to_DER_cert(kept)


async def has_certificate(station: DebianStation, name: str) -> None:
    """Its administrator puts it into its place."""
    for file in ("cert.pem", "key.pem"):
        source = station.debian.root.parent / name / file
        shutil.copyfile(source, station.debian.root / "etc/callflow" / file)
    files = ("/etc/callflow/cert.pem", "/etc/callflow/key.pem")
    await station.debian.run("chgrp", "callflow", *files)
    await station.debian.run("chmod", "0640", *files)


async def a_person_waits(station: DebianStation, network: Players) -> Player:
    """Somebody who was called wants help, and hears music: nobody is at the desks."""
    await station.alarm()
    await until(lambda: CALLED in network.calls)
    phone = network.calls[CALLED]
    await hears(phone)
    await phone.types("2")

    async def is_with_human() -> bool:
        return bool((await station.incident())["with_human"])

    await until(is_with_human)
    return phone


async def goes_on(station: DebianStation, phone: Player, asterisk: str) -> None:
    """Who waits is heard of by the station and hears something, by the same Asterisk."""
    await until(station.is_there)
    await hears(phone)
    assert not phone.over.is_set()
    assert station.asterisk() == asterisk
    assert [call["ended_at"] for call in (await station.incident())["calls"]] == [None]


async def test_a_live_call_goes_on_whatever_happens_to_the_service(
    station: DebianStation, packages: Packages, tmp_path: Path
) -> None:
    debian = station.debian
    await debian.installs(packages.station, packages.asterisk)
    station.configure(tls_certificate="/etc/callflow/cert.pem", tls_key="/etc/callflow/key.pem")
    await has_certificate(station, "first")
    async with station.carrier() as network:
        await debian.run("systemctl", "enable", "--now", *SERVICES)
        await until(station.is_there)
        await station.lets_in_a_program()
        asterisk = station.asterisk()
        phone = await a_person_waits(station, network)

        before = await station.process()
        await debian.run("systemctl", "restart", "callflow")
        assert await station.process() != before
        await goes_on(station, phone, asterisk)

        before = await station.process()
        assert await shows(station, "first")
        await has_certificate(station, "second")
        await debian.run("systemctl", "reload", "callflow")
        assert await shows(station, "second")
        assert await station.process() == before
        await goes_on(station, phone, asterisk)

        await debian.run("systemctl", "kill", "--signal=SIGKILL", "callflow")

        async def is_another() -> bool:
            return await station.process() not in (0, before)

        await until(is_another)
        await goes_on(station, phone, asterisk)

        before = await station.process()
        await debian.installs(later(packages.station, tmp_path))
        assert await station.process() != before
        await goes_on(station, phone, asterisk)
        assert len(station.copies) == 1

        await station.stops()
        await hears(phone)
        await station.starts()
        await goes_on(station, phone, asterisk)

        await is_shut_in(station)
        await debian.run("systemctl", "stop", *SERVICES)
        await until(phone.over.is_set)
        assert network.invited == [CALLED]
        left = ("find", "/proc", "-maxdepth", "1", "-user", "callflow")
        assert await debian.run(*left, codes=(0, 1)) == ""


async def is_shut_in(station: DebianStation) -> None:
    """Both services have no right of root's, filters of what the kernel is asked, and a system that
    they only read; and the station does its work in there, reports too."""
    for name in SERVICES:
        (pid,) = await station.debian.service(name, "MainPID")
        status = await station.debian.run("cat", f"/proc/{pid}/status")
        found = dict(re.findall(r"^(CapEff|CapBnd|NoNewPrivs|Seccomp):\s*(\w+)$", status, re.M))
        assert found.pop("Seccomp") == "2"
        assert found.pop("NoNewPrivs") == "1"
        assert {int(rights, 16) for rights in found.values()} == {0}
        tried = await station.debian.run(
            *("nsenter", "--target", pid, "--mount", "touch", "/usr/bin/callflow"), codes=(1,)
        )
        assert "Read-only file system" in tried
    incident = (await station.incident())["id"]
    report = await station.api.get(f"/incidents/{incident}/report.pdf", params={"for": "full"})
    assert report.content.startswith(b"%PDF"), report.text
