"""An upgrade that is killed at any moment leaves the old schema or the new one, whole, and no copy
that is not; whoever comes next brings it to its end."""

from __future__ import annotations

import os
import random
import select
import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from callflow import clock
from callflow.storage.engine.snapshot import Snapshots, kept
from callflow.storage.engine.upgrade import scripts, upgrade
from tests.integration.storage.test_migrations import drift
from tests.support.stations.old_station import BEFORE, ROWS, can_be_read, connected, old_station

pytestmark = pytest.mark.both_databases


def begun(url: str, snapshots: Snapshots) -> int:
    """The process that upgrades."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        upgrade(url, snapshots=snapshots)
        code = 0
    finally:
        os._exit(code)


def killed(pid: int, after_s: float) -> None:
    """Then, if it has not ended before."""
    handle = os.pidfd_open(pid)
    select.select([handle], [], [], after_s)
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    os.close(handle)
    os.waitpid(pid, 0)


def is_whole(url: str, snapshots: Snapshots) -> None:
    """One of the two schemas, with every row; and copies that can be read."""
    with connected(url) as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        assert connection.execute(text("SELECT count(*) FROM site")).scalar_one() == ROWS
    assert revision in (BEFORE, scripts().get_current_head())
    copies = kept(snapshots.folder)
    assert {copy.revision for copy in copies} <= {BEFORE}
    assert copies or revision == BEFORE, "there is no new schema without a copy of the old one"
    for copy in copies:
        can_be_read(copy.file)


def test_whenever_it_is_killed(empty_url: str, tmp_path: Path, deep_run: bool) -> None:
    moments = random.Random(21)
    snapshots = Snapshots(folder=tmp_path / "snapshots")
    lasts = 1.0  # seconds; then as long as the last one did
    for _ in range(20 if deep_run else 2):
        old_station(empty_url)
        killed(begun(empty_url, snapshots), moments.uniform(0, lasts))
        is_whole(empty_url, snapshots)
        start = clock.monotonic()
        upgrade(empty_url, snapshots=snapshots)
        lasts = clock.monotonic() - start
        is_whole(empty_url, snapshots)
    assert drift(empty_url) == []
