"""The container's image, run as the documentation says: an alarm's call over the carrier, a stop,
and the next container goes on with what the first one left."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.acceptance.packages.conftest import ROOT, Packages
from tests.support.stations.bare_debian import until
from tests.support.stations.containers import Podman
from tests.support.stations.installed import CALLED, Installed, hears, proves_and_cancels

pytestmark = [pytest.mark.deep, pytest.mark.timeout(1200)]

#: As docs/how-to/installation.md has it.
OPTIONS = (
    "--init --network host --volume callflow:/var/lib/callflow"
    " --read-only --cap-drop all --security-opt no-new-privileges"
)
STOP_WITHIN = "--time 30"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def station() -> AsyncIterator[Installed]:
    station = Installed()
    yield station
    await station.close()


def test_it_is_run_as_documented() -> None:
    said = " ".join((ROOT / "docs/how-to/installation.md").read_text("utf-8").split())
    for words in (OPTIONS, STOP_WITHIN):
        assert words in said.replace(" \\", "")


@pytest.mark.asyncio(loop_scope="module")
async def test_its_containers_make_a_call_and_keep_what_happened(
    station: Installed, packages: Packages, tmp_path: Path
) -> None:
    settings = [
        f"--env=CALLFLOW_{name.upper()}={value if isinstance(value, int) else json.dumps(value)}"
        for name, value in station.settings.items()
    ]
    async with station.carrier() as network, Podman(tmp_path) as podman:
        image = (await podman.run("load", "--input", str(packages.image))).split()[-1]
        await podman.begins("first", *OPTIONS.split(), *settings, image)
        await until(station.is_there)
        assert (await podman.run("exec", "first", "id", "-un")).strip() == "callflow"
        command = ("callflow", "token", "create", "--role", "administrator", "--json")
        station.lets_in(await podman.run("exec", "first", *command))
        await station.alarm()
        await until(lambda: CALLED in network.calls)
        phone = network.calls[CALLED]
        await hears(phone)
        await proves_and_cancels(phone)
        await until(station.is_verified)
        await podman.run("stop", *STOP_WITHIN.split(), "first")
        assert await podman.ended_with("first") == 0

        await podman.begins("second", *OPTIONS.split(), *settings, image)
        await until(station.is_there)
        assert await station.outcomes() == ["verified_ok"]
        assert "whole" in await podman.run("exec", "second", "callflow", "logbook", "verify")
        assert network.invited == [CALLED]
