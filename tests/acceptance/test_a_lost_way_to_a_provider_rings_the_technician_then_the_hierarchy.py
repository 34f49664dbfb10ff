"""One of two ways to the outside is lost, in a namespace of its own: found within its period, the
technician rung, the hierarchy at the deadline; back, the alarm is filed, and nobody rang twice."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.outside.cable import Cut
from tests.support.stations.station import DUTY, PATIENCE, Station
from tests.support.stations.technicians import CHIEF, alarms, prepare, rung

pytestmark = pytest.mark.deep

#: A port of the far end's own namespace.
FAR_END = 8080
#: Seconds between two looks.
EVERY = 10
#: The test's own limit is the bound.
LONG = 280.0


@pytest.mark.timeout(300)
async def test_a_lost_way(tmp_path: Path) -> None:
    with Cut(7) as way, _provider(way):
        async with Station(tmp_path, PATIENCE) as station:
            await _prepare(station, way)
            await station.until(lambda: _is(station, "ok"), within=LONG)
            assert await alarms(station) == []
            way.pulled_out()
            await station.until(lambda: _is(station, "failed"), within=LONG)
            await station.until(lambda: station.seen(DUTY), within=LONG)
            await station.until(lambda: station.seen(CHIEF), within=LONG)
            (alarm,) = await alarms(station)
            assert dict(alarm["zones"]) == {"network:Fibre": "alarm"}
            assert alarm["state"] == "open"
            way.plugged_in()
            await station.until(lambda: _is(station, "ok"), within=LONG)
            await station.until(lambda: _filed(station), within=LONG)
            (alarm,) = await alarms(station)
            assert [one["code"] for one in alarm["signals"]] == ["ORGAN_FAILED", "ORGAN_BACK"]
            assert await rung(station) == {DUTY: 1, CHIEF: 1}, "nobody twice, nor anybody else"


@contextlib.contextmanager
def _provider(way: Cut) -> Iterator[None]:
    """Somebody answers at the far end."""
    serve = (sys.executable, "-m", "http.server", str(FAR_END), "--bind", way.there)
    with subprocess.Popen(
        ("ip", "netns", "exec", way.name, *serve), stderr=subprocess.DEVNULL
    ) as far:
        try:
            yield
        finally:
            far.terminate()


async def _prepare(station: Station, way: Cut) -> None:
    """Both ways are probed."""
    await prepare(station)
    ways = {"Fibre": (way.there, way.here), "Locale": ("127.0.0.1", "")}
    for name, (host, source) in ways.items():
        port = FAR_END if source else station.base
        probe = {"name": name, "part": "network", "means": "tcp", "every": EVERY}
        probe |= {"target": f"{host}:{port}", "source": source}
        await station.put(f"/probes/{name.lower()}", probe)


async def _is(station: Station, state: str) -> bool:
    items = (await station.api.get("/station")).json()["items"]
    found = {one["name"]: one["state"] for one in items if one["part"] == "network"}
    return found == {"Fibre": state, "Locale": "ok"}


async def _filed(station: Station) -> bool:
    return [one["state"] for one in await alarms(station)] == ["filed"]
