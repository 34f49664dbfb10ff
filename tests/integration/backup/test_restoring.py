"""What was backed up while the station worked is a station again elsewhere, whole and held."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from callflow.backup import making, place, restoring
from callflow.commands.base import open_rows
from callflow.commands.station.backup import hold
from callflow.core.signals.signal import StoredSignal
from callflow.core.station.backups import Manifest, Unusable
from callflow.handling.base.policy import load_policy
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.engine import copies
from callflow.storage.engine.connections import connection_info
from callflow.storage.engine.upgrade import upgrade
from callflow.storage.people import users
from callflow.storage.signals import signals
from callflow.storage.sites import contacts
from callflow.storage.watch import backups
from callflow.vault import Vault
from tests.integration.backup.conftest import PASSPHRASE, BackedUp, settings_at
from tests.support.stations.closed import open_to_others
from tests.support.suite.depth import DATABASES


def texts(store: Store) -> list[str]:
    found: list[StoredSignal] = store.read_now(lambda tx: signals.page(tx, limit=1000))
    return [signal.text for signal in found]


@pytest.fixture(params=DATABASES)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[BackedUp, str]]:
    """A station on each database, and an empty database of that kind."""
    own, empty = "", ""
    if request.param == "postgresql":
        own = request.getfixturevalue("postgresql_url")
        empty = request.getfixturevalue("empty_postgresql_url")
    made = BackedUp(tmp_path, own)
    yield made, empty
    made.close()


@pytest.mark.both_databases
def test_it_is_whole_private_held_and_reads_its_own_secrets(
    either: tuple[BackedUp, str], tmp_path: Path
) -> None:
    station, empty = either
    station.filled()
    told = station.backup()
    assert (told["rows_signal"], told["rows_recording"], told["copied"]) == (1, 1, 3)
    assert open_to_others(station.folder) == []
    station.alarm(text="deux")  # the first goes on
    there = tmp_path / "elsewhere"
    url = {"CALLFLOW_DATABASE_URL": empty} if empty else {}
    status, said = station.restore(there, None, **url)
    assert status == 0, said
    assert "it is held" in said
    assert open_to_others(there) == []
    status, said = station.run("logbook", "verify", at=there, **url)
    assert (status, said.splitlines()[0]) == (0, "the logbook is whole")
    settings = settings_at(there, empty)
    with open_rows(settings) as (store, vault):
        assert texts(store) == ["un"]
        policy = store.read_now(load_policy)
        assert policy.held
        assert store.read_now(users.processes) == []
        anne = store.read_now(lambda tx: contacts.called(tx, "1001"))[0]
        assert anne.code == vault.code(anne.id, "2580")
    assert texts(station.store) == ["un", "deux"]
    (run,) = station.store.read_now(backups.newest)
    assert run.ok
    assert run.made_at is not None
    assert station.run("release", "--json", at=there, **url)[0] == 0
    with open_rows(settings) as (store, _):
        assert not store.read_now(load_policy).held


#: Kinds of things that several machines' jobs are made of.
_AS_A_JOB_ENGINE = """
CREATE TYPE "a pair" AS (a integer, b integer);
CREATE FUNCTION first(one "a pair") RETURNS integer LANGUAGE sql AS 'SELECT one.a';
CREATE SEQUENCE "Numbers";
CREATE TABLE "the 'Jobs'" (id bigint DEFAULT nextval('"Numbers"'), what "a pair");
CREATE VIEW seen AS SELECT first(what) FROM "the 'Jobs'";
"""


@pytest.mark.both_databases
def test_one_that_fails_late_leaves_the_database_empty_for_the_next(
    either: tuple[BackedUp, str], tmp_path: Path
) -> None:
    """Of SQLite's a file that lies elsewhere; of PostgreSQL's, beside what others have there."""
    station, empty = either
    station.makes()
    there = settings_at(tmp_path / "elsewhere", empty or f"sqlite:///{tmp_path / 'beside.db'}")
    if empty:
        with psycopg.connect(connection_info(empty)[0]) as others:
            others.execute("CREATE TYPE mood AS ENUM ('fine')")

    def fails(settings: Settings, vault: Vault, manifest: Manifest) -> None:
        hold(settings, vault, manifest)
        if empty:
            with psycopg.connect(connection_info(empty)[0]) as own:
                own.execute(_AS_A_JOB_ENGINE)
        raise Unusable("the current went")

    with pytest.raises(Unusable, match="the current went"):
        restoring.restore(there, station.folder, PASSPHRASE, fails)
    assert copies.is_empty(there.database)
    assert sorted(tmp_path.glob("beside.db*")) == list(there.data_dir.iterdir()) == []
    if empty:
        with psycopg.connect(connection_info(empty)[0]) as others:
            others.execute("DROP TYPE mood")
    assert copies._objects(there.database) == frozenset()
    restoring.restore(there, station.folder, PASSPHRASE, hold)
    with pytest.raises(Unusable, match="is not empty"):
        restoring.restore(there, station.folder, PASSPHRASE, hold)


def test_a_file_that_is_there_already_is_linked_and_old_backups_go(station: BackedUp) -> None:
    station.filled()
    assert station.makes().copied == 3
    first = station.last
    (recording,) = (first / "files" / "recordings").rglob("*.wav")
    assert station.makes().copied == 0
    again = station.last / recording.relative_to(first)
    assert again.stat().st_ino == recording.stat().st_ino
    assert station.makes(full=True).copied == 3
    made = station.makes(keep=2)
    assert made.dropped == (first.name, again.relative_to(station.folder).parts[0])
    assert not first.exists()
    restoring.restore(settings_at(station.root / "new"), station.folder, PASSPHRASE, hold)


def test_one_that_was_cut_is_no_backup_and_goes_with_the_next(station: BackedUp) -> None:
    station.makes()
    whole = station.last
    cut = station.folder / ".making-4711"
    (cut / "files").mkdir(parents=True)
    (cut / "database").write_bytes(b"SQLite")
    assert place.newest(station.folder) == whole
    assert station.makes().folder != whole
    assert not cut.exists()


def test_links_are_followed_nowhere(station: BackedUp, tmp_path: Path) -> None:
    secret = tmp_path / "shadow"
    secret.write_text("nobody's business")
    folder = station.settings.recordings_dir
    folder.mkdir(exist_ok=True)
    (folder / "a.wav").symlink_to(secret)
    (folder / "b").symlink_to(tmp_path)
    os.mkfifo(folder / "c.wav")
    assert station.makes().manifest.files == ()


def test_a_backup_of_an_earlier_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    earlier, new = settings_at(tmp_path / "station"), settings_at(tmp_path / "new")
    vault = Vault(earlier.data_dir / "keys")
    upgrade(earlier.database, "2026_12_03_4_opened_for")
    made = making.make(earlier, vault, tmp_path / "b", PASSPHRASE, keep=1, full=False)
    restoring.restore(new, made.folder, PASSPHRASE, hold)
    with open_rows(new) as (store, _):
        assert store.read_now(backups.newest) == []
        assert store.read_now(load_policy).held
