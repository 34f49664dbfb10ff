"""What can't be backed up or restored is refused by name, and nothing is left of it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callflow.backup import making, restoring, strongbox
from callflow.commands.base import bring_up_to_date
from callflow.commands.station.backup import hold
from callflow.core.station import backups
from callflow.core.station.backups import Unusable
from callflow.handling.station import own_keys
from callflow.settings.config import Settings
from callflow.storage.watch import backups as rows
from callflow.vault import KeysMissing, Vault
from tests.integration.backup.conftest import PASSPHRASE, BackedUp, settings_at


def flip(file: Path) -> None:
    """One bit of it, in its middle. A new file: others' backups keep what was linked."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    file.write_bytes(content)


def lose(file: Path) -> None:
    file.unlink()


def replace_by_link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to(file.with_name("elsewhere"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackedUp]:
    """A station that is backed up once, for tests to copy that and spoil."""
    made = BackedUp(tmp_path_factory.mktemp("model"))
    made.filled()
    making.make(made.settings, made.vault, made.folder, PASSPHRASE, keep=1, full=False)
    yield made
    made.close()


@pytest.fixture
def copied(model: BackedUp, tmp_path: Path) -> Path:
    """A backup of it."""
    return Path(shutil.copytree(model.last, tmp_path / "backup"))


def refused(backup: Path, at: Path, passphrase: str = PASSPHRASE) -> str:
    """Why a backup becomes no station there; nothing of one is left."""
    with pytest.raises((Unusable, OSError)) as wrong:
        restoring.restore(settings_at(at), backup, passphrase, hold)
    assert not at.exists() or list(at.iterdir()) == []
    return str(wrong.value)


@pytest.mark.parametrize(
    ("where", "do", "said"),
    [
        ("manifest.json", flip, "the keys don't vouch for it"),
        ("manifest.mac", flip, "the keys don't vouch for it"),
        ("keys.enc", flip, "the passphrase is another one, or the file of the keys"),
        ("database", flip, "database was changed"),
        ("files/recordings/**/*.wav", flip, ".wav was changed"),
        ("files/announcements/*.wav", flip, "goodbye.wav was changed"),
        ("files/logbook.anchor", flip, "logbook.anchor was changed"),
        ("files/recordings/**/*.wav", lose, ".wav is missing"),
        ("manifest.mac", lose, "No such file"),
        ("database", lose, "No such file"),
        ("files/recordings/**/*.wav", replace_by_link, "can't be restored"),
        ("database", replace_by_link, "symbolic links"),
        ("keys.enc", replace_by_link, "symbolic links"),
    ],
)
def test_each_file_that_is_not_as_it_was_is_named(
    copied: Path, tmp_path: Path, where: str, do: Callable[[Path], None], said: str
) -> None:
    (file,) = copied.glob(where)
    do(file)
    assert said in refused(copied, tmp_path / "elsewhere")


def test_another_passphrase_opens_nothing(copied: Path, tmp_path: Path) -> None:
    said = refused(copied, tmp_path / "elsewhere", "une autre phrase longue")
    assert "the passphrase is another one" in said


def test_another_stations_keys_vouch_for_nothing(copied: Path, tmp_path: Path) -> None:
    other = Settings(data_dir=tmp_path / "other", database_url="")
    bring_up_to_date(other)
    vault = Vault.of_station(other.data_dir)
    made = making.make(other, vault, tmp_path / "b", PASSPHRASE, keep=1, full=False)
    (copied / "keys.enc").write_bytes((made.folder / "keys.enc").read_bytes())
    assert "the keys don't vouch for it" in refused(copied, tmp_path / "elsewhere")


def resealed(model: BackedUp, backup: Path, before: str, after: str) -> None:
    """As whoever has the keys could: another manifest, well sealed."""
    file = backup / backups.MANIFEST
    assert before in file.read_text()
    text = file.read_text().replace(before, after, 1)
    file.write_text(text)
    (backup / backups.MAC).write_text(model.vault.seal(backups.sealed_content(text)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"format": 1', '"format": 2', "restore it with the version that made it"),
        ('"recordings/', '"recordings/../../../', "is no file of a station"),
        ('"revision": "', '"revision": "9', "of a newer version"),
        ('"revision": "', '"revision": "1', "one between two versions"),
        ('"engine": "sqlite"', '"engine": "postgresql"', "the same kind of database"),
        ('"signal": 1', '"signal": 2', "database was changed"),
    ],
)
def test_not_even_the_keys_lead_out_of_the_folder_or_into_another_version(
    model: BackedUp, copied: Path, tmp_path: Path, before: str, after: str, said: str
) -> None:
    resealed(model, copied, before, after)
    assert said in refused(copied, tmp_path / "elsewhere")


def test_only_an_empty_place_takes_it(copied: Path, model: BackedUp, tmp_path: Path) -> None:
    there = tmp_path / "elsewhere"
    there.mkdir()
    (there / "notes").touch()
    for place in (there, model.settings.data_dir):
        before = sorted(path.name for path in place.iterdir())
        with pytest.raises(Unusable, match="is not empty"):
            restoring.restore(settings_at(place), copied, PASSPHRASE, hold)
        assert sorted(path.name for path in place.iterdir()) == before
    with pytest.raises(Unusable, match="there is no folder"):
        restoring.restore(settings_at(tmp_path / "new"), tmp_path / "no", PASSPHRASE, hold)


@pytest.mark.parametrize("where", ["station", "station/backups", "."])
def test_no_backup_lies_within_the_station_nor_around_it(model: BackedUp, where: str) -> None:
    with pytest.raises(Unusable, match="lie in one another"):
        make(model, model.root / where)


def make(station: BackedUp, folder: Path) -> None:
    making.make(station.settings, station.vault, folder, PASSPHRASE, keep=9, full=True)


def test_a_folder_that_others_may_read_is_refused(model: BackedUp, tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(Unusable, match="others of this host may open"):
        make(model, folder)


def test_a_passphrase_is_long_and_its_files_owners_alone(station: BackedUp) -> None:
    station.secret.chmod(0o644)
    status, said = station.run("backup", str(station.folder))
    assert (status, "others of this host may read" in said) == (1, True)
    station.secret.chmod(0o600)
    station.secret.write_text("court\n")
    status, said = station.run("backup", str(station.folder))
    assert (status, "choose a longer one" in said) == (1, True)
    (run,) = station.store.read_now(rows.newest)
    assert "choose a longer one" in run.problem


def test_two_at_once_are_refused(model: BackedUp) -> None:
    with (model.folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Unusable, match="is at work"):
            make(model, model.folder)


def test_a_full_disk_leaves_nothing(model: BackedUp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own words, at the first byte of a file."""
    before = sorted(path.name for path in model.folder.iterdir())

    def full(*_: object) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("callflow.backup.copying.os.write", full)
    with pytest.raises(OSError, match="No space left"):
        make(model, model.folder)
    assert sorted(path.name for path in model.folder.iterdir()) == before


@pytest.mark.parametrize("lost", ["codes", "rest", "seal", "*"])
def test_a_database_without_its_keys_is_given_no_new_ones(
    model: BackedUp, tmp_path: Path, lost: str
) -> None:
    folder = tmp_path / "station"
    shutil.copytree(model.settings.data_dir, folder)
    for file in (folder / "keys").glob(f"{lost}.key"):
        file.unlink()
    left = sorted(folder.glob("keys/*"))
    for look in (own_keys.opened, own_keys.see_to):
        with pytest.raises(KeysMissing, match="Bring the folder back from a backup"):
            look(f"sqlite:///{folder / 'callflow.db'}", folder)
    with pytest.raises(KeysMissing):
        Vault.of_station(folder)  # as a role that begins again
    assert sorted(folder.glob("keys/*")) == left


def test_commands_refuse_a_database_whose_keys_are_gone_or_anothers(station: BackedUp) -> None:
    keys = station.settings.data_dir / "keys"
    for file in keys.glob("*.key"):
        file.write_bytes(os.urandom(32))
    for command in (("serve",), ("doctor",), ("db", "upgrade")):
        status, said = station.run(*command)
        assert (status, "are another database's" in said) == (1, True), said
    shutil.rmtree(keys)
    for line in ("serve", "serve --only engine", "doctor"):
        status, said = station.run(*line.split())
        assert status == 1
        assert "Bring the folder back from a backup" in said
    assert not keys.exists()


def test_a_restore_that_was_cut_is_no_station(station: BackedUp) -> None:
    (station.settings.data_dir / "restore.unfinished").touch()
    for command in (("serve",), ("doctor",)):
        status, said = station.run(*command)
        assert (status, "empty the folder and restore again" in said) == (1, True), said


def test_who_guesses_the_passphrase_pays_for_each_try() -> None:
    """128 MB and a third of a second (RFC 7914); and a file can't ask for more than the station
    has, nor for next to nothing."""
    assert strongbox.COST >= 1 << 14
    locked = strongbox.lock({"a": b"b"}, PASSPHRASE, cost=1 << 14)
    assert strongbox.unlock(locked, PASSPHRASE) == {"a": b"b"}
    for cost in (b"1", b"1024", b"1073741824", b"16385"):
        with pytest.raises(backups.Unusable, match="broken"):
            strongbox.unlock(locked.replace(b"16384", cost), PASSPHRASE)
