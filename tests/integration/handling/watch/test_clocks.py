"""The day's figures of the clocks, and how machines' clocks agree, as the rows have it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callflow import clock as wall
from callflow.core.watch.facts import Clock
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.trends import Point
from callflow.handling.watch import clock
from callflow.probes.machine import Probe
from callflow.settings.config import Settings
from callflow.storage.watch import clock as database_clock
from callflow.storage.watch import readings
from tests.integration.handling.station import Station
from tests.integration.handling.watch.test_organs import MACHINE, found, live

pytestmark = pytest.mark.both_databases
KEY = "clock:@alpha"


def point(at: datetime, figure: float, **more: Any) -> Point:
    fields: dict[str, Any] = {"key": KEY, "at": at, "state": State.OK, "figure": figure}
    return Point(**fields | more)


def test_a_day_s_figures_are_told_once(station: Station) -> None:
    live(station)
    today = station.now.replace(hour=23, minute=0) - timedelta(days=1)  # midnight in France
    failed = {"state": State.FAILED, "changed": True}
    points = [
        point(today - timedelta(hours=25), 9.0),
        point(today - timedelta(hours=5), -0.25),
        point(today - timedelta(hours=4), 1.5, **failed),
        point(today + timedelta(hours=1), 8.0),
    ]
    station.write(lambda tx: readings.add_points(tx, points))
    for _ in range(2):
        station.write(lambda tx: clock.tell_day(tx, station.now))
    (told,) = station.entries("clock_day")
    assert told.data["machine"] == "alpha"
    assert (told.data["least"], told.data["most"]) == ("-0.2500", "+1.5000")
    assert (told.data["count"], told.data["troubles"], told.data["panels"]) == ("2", "1", "0")
    station.now += timedelta(days=1)  # of that day there is one figure
    live(station)
    station.write(lambda tx: clock.tell_day(tx, station.now))
    assert [entry.data["count"] for entry in station.entries("clock_day")] == ["2", "1"]
    station.now += timedelta(days=1)  # and of the next none
    station.write(lambda tx: clock.tell_day(tx, station.now))
    assert len(station.entries("clock_day")) == 2


@pytest.mark.parametrize(("apart", "reason"), [(0.2, None), (-1.5, Reason.APART)])
def test_a_machine_is_compared_with_the_database(
    station: Station, apart: float, reason: Reason | None
) -> None:
    live(station, engine={"machine": MACHINE, "version": "0.1.0", "clock_apart": apart})
    assert found(station)[KEY].reason is reason


def test_carriers_times_stand_beside_what_the_machine_tells_of_its_clock(
    station: Station, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    told = Probe(settings, source=lambda _: Clock(source="kernel", synchronised=True)).look()
    live(station, telephony={"machine": told, "clock_carriers": {"alpha": 0.0, "beta": -3.0}})
    organ = found(station)[KEY]
    assert (organ.state, organ.reason) == (State.DEGRADED, Reason.CARRIERS_APART)
    assert (organ.figure, organ.detail) == (-3.0, "kernel, alpha +0.0 s, beta -3.0 s")


def test_a_database_says_its_own_time_where_it_has_one(station: Station) -> None:
    theirs = station.read(database_clock.now)
    if station.store.url.startswith("sqlite"):
        assert theirs is None
    else:
        assert theirs is not None
        assert abs(theirs - wall.now()) < timedelta(minutes=1)
