"""What the engine does with a real NUT server's words: readings, an alarm, a stop that is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from callflow import clock
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.readings import Reading
from callflow.processes import blackout
from callflow.processes.power import PowerWatch, secure
from callflow.settings.config import Settings
from callflow.storage.watch import readings
from tests.integration.handling.station import Station
from tests.support.outside.nut import Nut


class Watched:
    """A watch of a real server's two UPSes; ``until`` looks as the engine does, again and again."""

    def __init__(self, station: Station, folder: Path, server: Nut) -> None:
        ups = f"{server.setting('salle')},{server.setting('toit')}"
        self.settings = Settings(data_dir=folder, ups=ups, ups_grace=0)
        self.settings.run_dir.mkdir(parents=True)
        self._station, self._watch = station, PowerWatch(self.settings, station.store, "alpha")

    async def until(self, fact: Callable[[dict[str, Reading]], bool]) -> dict[str, Reading]:
        while True:
            await self._watch.look()
            found = {one.name: one for one in self._station.read(readings.every)}
            if fact(found):
                return found

    @property
    def is_asked(self) -> bool:
        """The supervisor is asked to stop everything."""
        return blackout.is_asked(self.settings.run_dir)


async def test_two_supplies_stand_in_for_each_other_until_both_end(
    station: Station, tmp_path: Path
) -> None:
    station.now = clock.now()  # the watch reads the clock
    server = Nut(tmp_path / "nut", ("salle", "toit"))
    with server.runs():
        watched = Watched(station, tmp_path / "data", server)
        await watched.until(lambda found: {one.state for one in found.values()} == {State.OK})
        server.says("salle", ups_status="OB LB", battery_runtime="90")
        found = await watched.until(lambda found: found["salle"].state is State.FAILED)
        assert (found["salle"].reason, found["salle"].figure) == (Reason.LOW_BATTERY, 1.5)
        assert found["salle"].vital
        assert (found["toit"].state, watched.is_asked) == (State.OK, False)
        assert not station.entries("power_stop")
        server.says("toit", ups_status="OB LB", battery_runtime="150")
        await watched.until(lambda _: watched.is_asked)
        (told,) = station.entries("power_stop")
        assert (told.data["minutes"], told.data["in_need"]) == ("2", "0")
        since = clock.now()
        blackout.stop(watched.settings.run_dir, since)  # as the supervisor does
        server.says("salle")
        await watched.until(lambda found: found["salle"].state is State.OK)
        assert len(station.entries("power_back")) == 1
        assert not watched.is_asked


async def test_a_supply_that_says_nothing_is_unknown_and_stops_nothing(
    station: Station, tmp_path: Path
) -> None:
    server = Nut(tmp_path / "nut", ("salle", "toit"))  # nobody runs it
    watched = Watched(station, tmp_path / "data", server)
    found = await watched.until(lambda found: len(found) == 2)
    assert {one.state for one in found.values()} == {State.UNKNOWN}
    assert not watched.is_asked


def test_recordings_are_secured_whatever_becomes_of_them_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "1.raw").write_bytes(b"\0" * 8000)
    (tmp_path / "gone.raw").symlink_to(tmp_path / "nowhere")
    secure(tmp_path)
    secure(tmp_path / "no folder")
    assert (tmp_path / "1.raw").stat().st_size == 8000
