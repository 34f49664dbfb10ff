"""The copy that is made before a schema changes: when, of what, how many; and the way back."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections import namedtuple
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from callflow.commands.base import bring_up_to_date, open_rows
from callflow.handling.base.policy import load_policy
from callflow.settings.config import Settings
from callflow.storage.engine import rollback, snapshot
from callflow.storage.engine.outage import StoreUnavailable
from callflow.storage.engine.snapshot import SnapshotFailed, Snapshots, kept
from callflow.storage.engine.upgrade import NewerSchema, scripts, upgrade
from tests.support.stations.old_station import BEFORE, ROWS, can_be_read, connected, old_station

NOW = datetime(2026, 12, 4, 3, 0, tzinfo=UTC)


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(folder=tmp_path / "snapshots")


def revision(url: str) -> str:
    with connected(url) as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return str(found)


def made_newer(url: str) -> None:
    """As a later version leaves it."""
    with connected(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2030_01_01_flying'"))


@pytest.mark.both_databases
def test_it_is_of_before_and_for_nobody_else(empty_url: str, snapshots: Snapshots) -> None:
    old_station(empty_url)
    upgrade(empty_url, snapshots=snapshots)
    (copy,) = kept(snapshots.folder)
    assert copy.revision == BEFORE
    can_be_read(copy.file)
    assert stat.S_IMODE(copy.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(snapshots.folder.stat().st_mode) == 0o700
    assert [file.name for file in snapshots.folder.iterdir()] == [copy.file.name]


def test_nothing_new_and_nothing_there_make_none(sqlite_url: str, snapshots: Snapshots) -> None:
    upgrade(sqlite_url, snapshots=snapshots)
    upgrade(sqlite_url, snapshots=snapshots)
    assert kept(snapshots.folder) == []


def test_one_of_each_schema_is_kept_and_so_many_schemas(
    sqlite_url: str, snapshots: Snapshots
) -> None:
    upgrade(sqlite_url)
    taken = [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("d", 5)]
    for name, hour in taken:
        snapshot.take(sqlite_url, name, snapshots, NOW.replace(hour=hour))
    assert [(copy.revision, copy.at.hour) for copy in kept(snapshots.folder)] == [
        ("d", 5),
        ("c", 3),
        ("b", 2),
    ]


@pytest.mark.both_databases
def test_a_newer_schema_is_refused_and_the_way_back_is_named(
    empty_url: str, snapshots: Snapshots
) -> None:
    old_station(empty_url)
    upgrade(empty_url, snapshots=snapshots)
    made_newer(empty_url)
    (copy,) = kept(snapshots.folder)
    with pytest.raises(NewerSchema) as refused:
        upgrade(empty_url, snapshots=snapshots)
    for word in ("2030_01_01_flying", str(copy.file), "callflow db rollback"):
        assert word in str(refused.value)
    assert revision(empty_url) == "2030_01_01_flying"
    copy.file.unlink()
    with pytest.raises(NewerSchema, match=r"install that version again$"):
        upgrade(empty_url, snapshots=snapshots)


def test_without_room_for_it_nothing_is_changed(
    sqlite_url: str, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_station(sqlite_url)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 1))
    with pytest.raises(SnapshotFailed, match="make room there"):
        upgrade(sqlite_url, snapshots=snapshots)
    assert revision(sqlite_url) == BEFORE
    assert list(snapshots.folder.iterdir()) == []


def test_where_it_can_t_be_written_nothing_is_changed(
    sqlite_url: str, tmp_path: Path, snapshots: Snapshots
) -> None:
    old_station(sqlite_url)
    snapshots.folder.write_text("a file")
    with pytest.raises(SnapshotFailed, match="no copy could be made in"):
        upgrade(sqlite_url, snapshots=snapshots)
    assert revision(sqlite_url) == BEFORE


def test_a_damaged_database_is_told_before_it_is_touched(
    sqlite_url: str, snapshots: Snapshots
) -> None:
    old_station(sqlite_url)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as own:
        own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = own.execute("SELECT rootpage FROM sqlite_master WHERE name = 'site'").fetchone()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * 4096 + 8)
        raw.write(b"\xff" * 400)
    with pytest.raises(SnapshotFailed, match=r"damaged|malformed"):
        upgrade(sqlite_url, snapshots=snapshots)
    assert kept(snapshots.folder) == []


@pytest.mark.both_databases
def test_an_upgrade_that_fails_changes_nothing_and_names_the_copy(
    empty_url: str, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_station(empty_url)

    def fails(config: object, wanted: str) -> None:
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr("alembic.command.upgrade", fails)
    with pytest.raises(StoreUnavailable) as failed:
        upgrade(empty_url, snapshots=snapshots)
    (copy,) = kept(snapshots.folder)
    assert str(copy.file) in str(failed.value)
    assert "in the middle" in str(failed.value)
    assert revision(empty_url) == BEFORE


def a_program(file: Path, script: str) -> str:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def test_the_server_s_password_stands_in_no_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    fake = a_program(tmp_path / "pg_dump", f'printf "%s\\n" "$@" "env $PGPASSWORD" > {told}')
    monkeypatch.setattr(snapshot, "pg_dump", lambda: fake)
    snapshot.copy("postgresql+psycopg://ada:geheim@db.invalid/station", tmp_path / "copy.dump")
    *arguments, environment = told.read_text().splitlines()
    assert environment == "env geheim"
    assert not any("geheim" in argument for argument in arguments)
    assert any("ada" in argument and "station" in argument for argument in arguments)


def test_a_dump_that_fails_leaves_nothing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = a_program(tmp_path / "pg_dump", "echo 'server version mismatch' >&2; exit 1")
    monkeypatch.setattr(snapshot, "pg_dump", lambda: fake)
    with pytest.raises(SnapshotFailed, match="server version mismatch"):
        snapshot.copy("postgresql://db.invalid/station", tmp_path / "copy.dump")
    assert [file.name for file in tmp_path.iterdir()] == ["pg_dump"]


def test_back_to_it_without_what_came_since(sqlite_url: str, snapshots: Snapshots) -> None:
    old_station(sqlite_url)
    upgrade(sqlite_url, snapshots=snapshots)
    with connected(sqlite_url) as connection:
        connection.execute(text("DELETE FROM site"))
    made_newer(sqlite_url)
    done = rollback.roll_back(sqlite_url, snapshots, NOW)
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    (made,) = kept(snapshots.folder)
    assert rollback.rolled_back_to(folder) == made.at
    assert revision(sqlite_url) == BEFORE
    with connected(sqlite_url) as connection:
        assert connection.execute(text("SELECT count(*) FROM site")).scalar_one() == ROWS
    with closing(sqlite3.connect(done.kept)) as aside:
        assert aside.execute("SELECT version_num FROM alembic_version").fetchone() == (
            "2030_01_01_flying",
        )
    upgrade(sqlite_url, snapshots=snapshots)
    assert revision(sqlite_url) == scripts().get_current_head()


def test_no_way_back_without_a_copy_and_none_while_somebody_is_in_it(
    sqlite_url: str, snapshots: Snapshots
) -> None:
    old_station(sqlite_url)
    with pytest.raises(SnapshotFailed, match="there is no copy"):
        rollback.roll_back(sqlite_url, snapshots, NOW)
    upgrade(sqlite_url, snapshots=snapshots)
    with connected(sqlite_url), pytest.raises(SnapshotFailed, match="locked"):
        rollback.roll_back(sqlite_url, snapshots, NOW)
    assert revision(sqlite_url) == scripts().get_current_head()


def test_a_station_that_was_rolled_back_comes_up_held(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="")
    bring_up_to_date(settings)
    (tmp_path / "rolled-back").write_text(NOW.isoformat(), encoding="ascii")
    bring_up_to_date(settings)
    with open_rows(settings) as (store, _):
        policy = store.read_now(load_policy)
        assert policy.held
        assert policy.restored
        assert policy.restored.made_at == NOW
    assert rollback.rolled_back_to(tmp_path) is None
