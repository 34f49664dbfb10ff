"""A third party certifies when a file was made: RFC 3161, asked of a service that openssl plays."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from callflow.disclosure import verify
from callflow.disclosure.stamping import NotStamped, Service, stamp
from tests.support.attacks.evidence_tampering import Genuine, packed, signed, unpacked
from tests.support.outside.time_stamps import StampService
from tests.support.rows import evidence
from tests.support.stations.web_station import WebStation


@pytest.fixture(scope="module")
def made_service() -> Iterator[StampService]:
    with StampService() as service:
        yield service


@pytest.fixture
def service(made_service: StampService) -> Iterator[StampService]:
    yield made_service
    made_service.answer.spoilt = ""


@pytest.fixture
def station(tmp_path: Path) -> Iterator[WebStation]:
    made = WebStation(tmp_path / "station")
    made.site()
    yield made
    made.close()


def a_stamped_file(station: WebStation, service: StampService, path: Path) -> Genuine:
    incident = evidence.a_break_in(station)
    stamps = Service(service.url, service.authority)
    made = evidence.a_file(station, incident.id, path, stamps=stamps)
    assert made.stamped
    return Genuine(path.read_bytes(), {}, station.vault.sign, station.vault.public_key)


def test_the_time_is_certified_and_openssl_says_so_too(
    station: WebStation, service: StampService, tmp_path: Path
) -> None:
    path = tmp_path / "dossier.zip"
    a_stamped_file(station, service, path)
    said = evidence.run(evidence.PROGRAM, str(path))
    assert said.returncode == 0
    assert "horodaté le" in said.stdout
    assert "non vérifié ici : la signature de ce service" in said.stdout
    with zipfile.ZipFile(path) as zipped:
        zipped.extractall(tmp_path)
    of = ("-data", tmp_path / "manifest.json", "-in", tmp_path / "manifest.tsr")
    command = ["openssl", "ts", "-verify", *map(str, of), "-CAfile", str(service.authority)]
    assert b"OK" in subprocess.run(command, capture_output=True, check=True).stdout


def test_a_time_stamp_that_is_gone_or_of_something_else_is_found(
    station: WebStation, service: StampService, tmp_path: Path
) -> None:
    path = tmp_path / "dossier.zip"
    of = a_stamped_file(station, service, path)
    other = stamp(Service(service.url), b"something else")
    without = {name: content for name, content in of.files.items() if name != verify.STAMP}
    stamp_of_other = {**of.files, verify.STAMP: other}
    token = bytearray(of.files[verify.STAMP])
    token[len(token) // 2] ^= 1
    for raw, named in (
        (packed(without), verify.STAMP),
        (packed(stamp_of_other), verify.STAMP),
        (packed({**of.files, verify.STAMP: bytes(token)}), verify.STAMP),
        # With the station's own key: what the token says is looked at.
        (signed(stamp_of_other, of.sign, of.key), verify.STAMP),
        (signed({**of.files, verify.STAMP: b"0\x03\x02\x01\0"}, of.sign, of.key), verify.STAMP),
    ):
        path.write_bytes(raw)
        with pytest.raises(verify.Wrong, match=named):
            verify.verify(path)


@pytest.mark.parametrize("spoilt", ["nothing", "error", "long", "another"])
def test_an_answer_that_is_no_stamp_is_not_kept(
    spoilt: str, service: StampService, station: WebStation, tmp_path: Path
) -> None:
    stamp(Service(service.url), b"before")
    service.answer.spoilt = spoilt
    with pytest.raises(NotStamped):
        stamp(Service(service.url), b"content")
    path = tmp_path / "dossier.zip"
    incident = evidence.a_break_in(station)
    made = evidence.a_file(station, incident.id, path, stamps=Service(service.url))
    assert not made.stamped  # the file is made all the same, and says so
    files = unpacked(path.read_bytes())
    assert verify.STAMP not in files
    assert b'"missing": true' in files[verify.MANIFEST]
    verify.verify(path)


def test_a_service_that_nobody_vouches_for_is_not_believed(
    service: StampService, tmp_path: Path
) -> None:
    with StampService() as other:
        authority = tmp_path / "other.pem"
        shutil.copy(other.authority, authority)
    with pytest.raises(NotStamped, match="not by the authorities"):
        stamp(Service(service.url, authority), b"content")


def test_a_service_that_is_away_gives_none() -> None:
    with StampService() as gone:
        url = gone.url
    with pytest.raises(NotStamped):
        stamp(Service(url), b"x")
