"""Whatever is done to an evidence file, the small program finds it, and says where."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from callflow.disclosure import verify
from callflow.storage.records import disclosures
from tests.support.attacks.evidence_tampering import KINDS, Genuine, bit, undone, zipped_again
from tests.support.rows import evidence
from tests.support.stations.web_station import WebStation


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Genuine]:
    """A file for the insurer, with everything in it, masked."""
    folder = tmp_path_factory.mktemp("station")
    station = WebStation(folder)
    station.user("odile")
    station.site()
    incident = evidence.a_break_in(station)
    path = folder / "dossier.zip"
    everything = evidence.asked(recordings="all", images="all")
    made = evidence.a_file(station, incident.id, path, everything)
    assert made.masked > 3
    assert made.left_out == 0
    entries = station.store.read_now(lambda tx: disclosures.chain(tx, incident.id))
    vault = station.vault
    by_seq = {entry.seq: entry for entry in entries}
    yield Genuine(path.read_bytes(), by_seq, vault.sign, vault.public_key)
    station.close()


def found(raw: bytes, of: Genuine, path: Path) -> str:
    """What the program says of an archive, with the station's key; "": all is well."""
    path.write_bytes(raw)
    try:
        verify.verify(path, of.key.hex())
    except verify.Wrong as wrong:
        return wrong.said[1]
    return ""


def test_nothing_is_wrong_with_what_the_station_made(genuine: Genuine, tmp_path: Path) -> None:
    assert found(genuine.raw, genuine, tmp_path / "made.zip") == ""
    assert zipped_again(genuine) == genuine.raw  # what is done to an archive is all that differs


def test_every_tampering_is_found(genuine: Genuine, tmp_path: Path, deep_run: bool) -> None:
    path = tmp_path / "tampered.zip"
    for number in range(500 if deep_run else 2 * len(KINDS)):
        kind = KINDS[number % len(KINDS)]
        raw = kind(genuine, Random(number))
        assert raw != genuine.raw, (kind.__name__, number)
        assert found(raw, genuine, path), (kind.__name__, number)


def test_the_program_by_itself_names_what_is_wrong(genuine: Genuine, tmp_path: Path) -> None:
    """On the oldest Python that is here, as a court's computer would: the archive, and unpacked."""
    path, folder = tmp_path / "dossier.zip", tmp_path / "dossier"
    path.write_bytes(genuine.raw)
    with zipfile.ZipFile(path) as zipped:
        zipped.extractall(folder)
    key = verify.fingerprint(genuine.key)
    for arguments in ([str(path), "--key", key], [str(folder), "--key", key], []):
        run = evidence.run(folder / "verify.py", *arguments)
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.endswith("intact\n")
    assert key in evidence.run(folder / "verify.py").stdout  # whose it is, is left to the reader
    other = evidence.run(folder / "verify.py", "--key", "ab" * 32)
    assert other.returncode == 1
    assert "manifest.sig" in other.stdout
    path.write_bytes(undone(genuine, Random(1)))
    run = evidence.run(evidence.PROGRAM, str(path))
    assert run.returncode == 1
    assert "logbook.jsonl" in run.stdout
    sound = next(iter(sorted((folder / "recordings").iterdir())))
    sound.write_bytes(sound.read_bytes()[:-1])
    run = evidence.run(folder / "verify.py")
    assert run.returncode == 1
    assert f"recordings/{sound.name} : changé" in run.stdout


@pytest.mark.parametrize("name", ["ajout.txt", "recordings/autre.wav", "images/x/y.jpg"])
def test_a_file_that_was_added_to_the_folder_is_named(
    name: str, genuine: Genuine, tmp_path: Path
) -> None:
    path = tmp_path / "made.zip"
    path.write_bytes(genuine.raw)
    with zipfile.ZipFile(path) as zipped:
        zipped.extractall(tmp_path / "folder")
    (tmp_path / "folder" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "folder" / name).write_text("vu")
    with pytest.raises(verify.Wrong, match=name.rpartition("/")[0] or name):
        verify.verify(tmp_path / "folder")


def test_a_link_out_of_the_folder_is_no_file(genuine: Genuine, tmp_path: Path) -> None:
    path = tmp_path / "made.zip"
    path.write_bytes(genuine.raw)
    with zipfile.ZipFile(path) as zipped:
        zipped.extractall(tmp_path / "folder")
    (tmp_path / "folder" / "logbook.jsonl").rename(tmp_path / "elsewhere")
    (tmp_path / "folder" / "logbook.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(verify.Wrong, match=r"logbook\.jsonl: a link"):
        verify.verify(tmp_path / "folder")


def test_one_bit_of_a_sound_is_named(genuine: Genuine, tmp_path: Path) -> None:
    raw = bytearray(genuine.raw)
    raw[200] ^= 1
    assert found(bytes(raw), genuine, tmp_path / "x.zip").startswith("recordings/")
    assert bit(genuine, Random(3)) != genuine.raw
