"""Nobody else of the host opens anything of a station's data folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from callflow import private
from tests.support.stations.closed import open_to_others
from tests.support.stations.web_station import WebProcess, WebStation


@pytest.fixture
def others_may_read() -> Iterator[None]:
    """As most hosts have it for new files."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("others_may_read")
def test_an_open_station_is_closed_at_its_start_and_stays_so(tmp_path: Path) -> None:
    folder = tmp_path / "station"
    station = WebStation(folder)
    station.site()
    for name in ("recordings/2026-01-02/a.wav", "logs/web.log", "asterisk/etc/pjsip.conf"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (folder / "link").symlink_to(elsewhere)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert {"callflow.db 644", "callflow.db-turn 644", "callflow.db-wal 644"} <= set(
        open_to_others(folder)
    )
    web = WebProcess(station)
    web.start()
    try:
        while open_to_others(folder):  # the test's own limit ends it
            threading.Event().wait(0.05)
        assert (folder / "run" / "web.wake").is_socket()
    finally:
        web.stop()
        station.close()
    assert elsewhere.stat().st_mode & 0o777 == 0o755  # links lead nowhere


@pytest.mark.usefixtures("others_may_read")
def test_a_folder_that_is_everybodys_is_left_alone(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "notes").touch()
    private.close(shared)
    assert shared.stat().st_mode & 0o777 == 0o755
    (shared / "run").mkdir()  # a station in /tmp
    shared.chmod(0o1777)
    private.close(shared)
    assert shared.stat().st_mode & 0o7777 == 0o1777
