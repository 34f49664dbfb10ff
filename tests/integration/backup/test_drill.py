"""The newest backup is restored as a drill, verified, and told in the station's own logbook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from callflow import clock
from callflow.core.station.backups import What
from callflow.handling.station import restored
from callflow.processes.backups import Timer
from callflow.settings.config import Settings
from callflow.storage.records import logbook
from callflow.storage.watch import backups as rows
from tests.integration.backup.conftest import BackedUp
from tests.integration.backup.test_refusals import flip
from tests.support.suite.depth import DATABASES


def told(station: BackedUp) -> list[str]:
    entries = station.store.read_now(lambda tx: logbook.page(tx, limit=1000))
    return [e.kind for e in entries if e.kind.startswith(("backup_", "drill_"))]


@pytest.fixture(params=DATABASES)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BackedUp]:
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    made = BackedUp(tmp_path, url)
    yield made
    made.close()


def test_it_is_verified_and_nothing_of_it_stays(either: BackedUp) -> None:
    either.filled()
    either.makes()
    before = sorted(path.name for path in either.folder.iterdir())
    status, said = either.run("backup", "drill", str(either.folder), "--json")
    assert status == 0, said
    shown = json.loads(said.splitlines()[-1])
    assert (shown["logbook"], shown["rows_recording"]) == ("whole", 1)
    assert sorted(path.name for path in either.folder.iterdir()) == before
    assert told(either) == ["drill_made"]
    run = either.store.read_now(rows.newest)[0]
    assert (run.what, run.ok, run.files) == (What.DRILL, True, 3)


def test_a_backup_that_is_not_whole_is_found_out_and_told(station: BackedUp) -> None:
    station.filled()
    station.makes()
    (recording,) = station.last.glob("files/recordings/**/*.wav")
    flip(recording)
    status, said = station.run("backup", "drill", str(station.folder))
    assert (status, "was changed" in said) == (1, True)
    assert told(station) == ["drill_failed"]
    assert not list(station.folder.glob(".making*"))


async def test_the_timer_makes_the_days_backup_and_the_weeks_drill(
    station: BackedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLFLOW_BACKUP_FOLDER", str(station.folder))
    monkeypatch.setenv("CALLFLOW_BACKUP_PASSPHRASE_FILE", str(station.secret))
    settings = Settings(**station.settings.model_dump() | {"backup_folder": station.folder})
    timer = Timer(settings, station.store)
    for _ in range(3):
        await timer.look()
    assert told(station) == ["backup_made", "drill_made"]
    now = clock.now()
    station.do(lambda tx: restored.hold(tx, now - timedelta(days=2), now))
    await timer.look()
    assert told(station) == ["backup_made", "drill_made"], "its folder may be the other station's"
