"""One of two ways to the outside is lost, in a namespace of its own: found within its period, the
technician rung, the hierarchy at the deadline; back, the alarm is filed, and nobody rang twice."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.core.desks.roster import Part
from callflow.core.time.hours import Span
from callflow.handling.desks import rosters
from tests.support.outside.cable import Cut
from tests.support.rows import sites
from tests.support.stations.station import DESKS, DUTY, PATIENCE, Station

pytestmark = pytest.mark.deep

CHIEF = sites.number(931)
#: A port of the far end's own namespace.
FAR_END = 8080
#: Seconds between two looks, and until who confirmed must have repaired it.
EVERY, DEADLINE = 10, 20
#: The test's own limit is the bound.
LONG = 280.0
PLAN: dict[str, Any] = {
    "id": "organ",
    "name": "Panne à la station",
    "steps": [
        {
            "id": "duty",
            "kind": "message",
            "who": [{"role": "maintenance"}],
            "text": "Un organe est en panne.",
            "outcomes": {"acknowledged": "repair", "exhausted": "supervisor"},
        },
        {
            "id": "repair",
            "kind": "wait",
            "restore": True,
            "limit_s": DEADLINE,
            "outcomes": {"restored": "works_again", "elapsed": "supervisor"},
        },
        {
            "id": "supervisor",
            "kind": "message",
            "who": [{"role": "manager"}],
            "text": "Un organe n'est pas rétabli.",
            "outcomes": {"acknowledged": "deadline", "exhausted": "operator"},
        },
        {
            "id": "deadline",
            "kind": "wait",
            "restore": True,
            "limit_s": 3600,
            "outcomes": {"restored": "works_again", "elapsed": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
        {"id": "works_again", "kind": "close", "code": "restored"},
    ],
}


@pytest.mark.timeout(300)
async def test_a_lost_way(tmp_path: Path) -> None:
    with Cut(7) as way, _provider(way):
        async with Station(tmp_path, PATIENCE) as station:
            await _prepare(station, way)
            await station.until(lambda: _is(station, "ok"), within=LONG)
            assert await _alarms(station) == []
            way.pulled_out()
            await station.until(lambda: _is(station, "failed"), within=LONG)
            await station.until(lambda: station.seen(DUTY), within=LONG)
            await station.until(lambda: station.seen(CHIEF), within=LONG)
            (alarm,) = await _alarms(station)
            assert dict(alarm["zones"]) == {"network:Fibre": "alarm"}
            assert alarm["state"] == "open"
            way.plugged_in()
            await station.until(lambda: _is(station, "ok"), within=LONG)
            await station.until(lambda: _filed(station), within=LONG)
            (alarm,) = await _alarms(station)
            assert [one["code"] for one in alarm["signals"]] == ["ORGAN_FAILED", "ORGAN_BACK"]
            told = [len(await station.seen(number)) for number in (DUTY, CHIEF, *DESKS)]
            assert told == [1, 1, 0, 0], "nobody rings twice, and nobody else at all"


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
    """Both ways are probed; who is called confirms by 1."""
    await station.put("/plans/organ", PLAN)
    for number in (DUTY, CHIEF):
        await station.phone(number, "answer", after_s=0.2, keys="1")
    now = clock.now()
    span = Span(now, now + timedelta(days=1))
    await station.writes(
        lambda tx, _: rosters.add_duties(
            tx, Part.SUPERVISOR, "chief", CHIEF, [span], "claire", clock.now()
        )
    )
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


async def _alarms(station: Station) -> list[dict[str, Any]]:
    return [one for one in await station.incidents() if one["kind"] == "organ"]


async def _filed(station: Station) -> bool:
    return [one["state"] for one in await _alarms(station)] == ["filed"]
