"""Of Debian's own Python and our packages, a station: installed, upgraded under a call that goes
on, gone back, and removed but for what the law is about."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from os.path import normpath
from pathlib import Path

import pytest
import pytest_asyncio

from tests.acceptance.packages.conftest import Packages
from tests.support.sip.sip_players import Player
from tests.support.stations.bare_debian import BareDebian, bare, until
from tests.support.stations.debian_station import MODULES, SERVICES, DebianStation, dialogue, later
from tests.support.stations.installed import CALLED, hears

pytestmark = [
    pytest.mark.deep,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(1200),
]


def files_of(deb: Path) -> dict[str, str]:
    """{each of a package's files, from the root: where it leads, if it is a link}."""
    told = subprocess.run(
        ["dpkg-deb", "-c", str(deb)], stdout=subprocess.PIPE, text=True, check=True
    )
    found = {}
    for line in told.stdout.splitlines():
        name, _, to = line.split(maxsplit=5)[5].removeprefix("./").partition(" -> ")
        found[name] = normpath(f"{name}/../{to}") if to else ""
    return found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DebianStation]:
    root = await asyncio.to_thread(bare, tmp_path_factory.mktemp("debian"))
    async with BareDebian(root) as debian:
        installed = DebianStation(debian)
        yield installed
        await installed.close()


async def test_the_package_brings_what_people_look_for(packages: Packages) -> None:
    files = await asyncio.to_thread(files_of, packages.station)
    for link, brought in (
        ("usr/share/doc/callflow/manual", "web/manual/index.html"),
        ("usr/share/callflow/monitoring", "callflow/monitoring/callflow.rules.yaml"),
        ("usr/share/callflow/monitoring", "callflow/monitoring/grafana-dashboard.json"),
    ):
        assert files[link] == f"{MODULES}/{brought.rpartition('/')[0]}"
        assert f"{MODULES}/{brought}" in files


async def test_from_the_package_to_its_end(
    station: DebianStation, packages: Packages, tmp_path: Path
) -> None:
    debian = station.debian
    said = await debian.installs(packages.station, packages.asterisk)
    assert "does not run yet" in said
    listed = await debian.run(
        "stat", "-c", "%a %U:%G", "/etc/callflow/callflow.toml", "/var/lib/callflow"
    )
    assert listed.splitlines() == ["640 root:callflow", "750 callflow:callflow"]
    assert (await debian.run("which", "-a", "python3", "pip", "uv", codes=(1,))).split() == [
        "/usr/bin/python3",
        "/bin/python3",
    ]

    station.configure()
    async with station.carrier() as network:
        await debian.run("systemctl", "enable", "--now", *SERVICES)
        await until(station.is_there)
        await station.lets_in_a_program()
        before = station.asterisk()

        # Whoever is called waits for less than a busy machine takes to unpack it: what apt does
        # last.
        await debian.unpacks(later(packages.station, tmp_path))
        await station.alarm()
        await until(lambda: CALLED in network.calls)
        phone = network.calls[CALLED]
        await hears(phone)
        await phone.types("2580#")
        await until(lambda: dialogue(station.database) == "menu")
        await goes_on_over_the_upgrade(station, phone)
        assert station.asterisk() == before
        assert network.invited == [CALLED]

        await goes_back(station, packages.station)
        assert network.invited == [CALLED], "the copy called once more"
    await is_removed(station)


async def goes_on_over_the_upgrade(station: DebianStation, phone: Player) -> None:
    """Who gave their code before it is asked nothing again: the first key that is heard after it
    ends the alarm. Nobody waits for the pages to be back, the person least of all."""
    before = await station.process()

    async def is_stopped() -> bool:
        return await station.process() != before

    async with asyncio.TaskGroup() as meanwhile:
        meanwhile.create_task(station.debian.run("dpkg", "--configure", "callflow"))
        await until(is_stopped)
        assert not phone.over.is_set(), "the upgrade ended the call"
        while not phone.over.is_set():
            await phone.types("1", pause_s=1.0)
    await until(station.is_there)
    (copy,) = station.copies
    assert dialogue(copy) == "menu", "it was over before the upgrade"
    # The line falls first; what it was is stored after that.
    await until(station.is_verified)


async def is_refused(station: DebianStation) -> bool:
    """A second call was asked for, and never placed."""
    found = (await station.incident())["calls"]
    return len(found) > 1 and all(c["ended_at"] and not c["placed_at"] for c in found[1:])


async def goes_back(station: DebianStation, ours: Path) -> None:
    """The version before refuses what it does not know, and says where its own is."""
    debian = station.debian
    (copy,) = station.copies
    await station.stops()
    await debian.installs(ours, more=("--allow-downgrades",))
    refused = await debian.run("callflow", "serve", codes=(1,))
    assert "2030_01_01_colour" in refused
    assert f"/var/lib/callflow/snapshots/{copy.name}" in refused
    await debian.run("callflow", "db", "rollback", "--yes")
    await station.starts()
    # The copy was made before that call was over: its fate is unknown there, and whoever would be
    # called once more for it is not.
    assert (await station.api.get("/health")).json()["held"]
    await until(lambda: is_refused(station))
    await station.stops()
    assert station.database.stat().st_mode & 0o077 == 0


async def is_removed(station: DebianStation) -> None:
    debian = station.debian
    await debian.run("systemctl", "stop", *SERVICES)
    said = await debian.run("apt-get", "-y", "-q", "purge", "callflow", "callflow-asterisk")
    assert "Kept: /var/lib/callflow" in said
    for gone in (
        "usr/lib/callflow",
        "usr/bin/callflow",
        "etc/callflow",
        "etc/logrotate.d/callflow",
    ):
        assert not (debian.root / gone).exists(), gone
    assert station.database.exists()
