"""``callflow evidence``: a file made, and verified, on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from typer.testing import CliRunner

from callflow.commands.line import app
from callflow.disclosure import reporting
from callflow.storage.records import disclosures, logbook
from tests.support.rows import evidence
from tests.support.stations.web_station import WebStation

WHO = ("--for", "prefect", "--name", "Préfecture", "--reason", "L613-6", "--reference", "P-26")


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebStation]:
    made = WebStation(tmp_path / "station")
    made.site()
    monkeypatch.setenv("CALLFLOW_DATA_DIR", str(made.settings.data_dir))
    monkeypatch.setattr(reporting, "report_of", AsyncMock(return_value=b"%PDF"))
    yield made
    made.close()


def test_a_file_is_made_written_down_and_verified(station: WebStation, tmp_path: Path) -> None:
    incident, path, run = evidence.a_break_in(station).id, tmp_path / "x.zip", CliRunner().invoke
    made = run(app, ["evidence", "make", incident, str(path), *WHO, "--mask", "Tanguy", "--json"])
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (path.stat().st_size, path.stat().st_mode & 0o777) == (told["size"], 0o600)
    (row,) = station.store.read_now(disclosures.latest)
    assert (row.id, row.asked_by, row.words) == (told["disclosure"], "cli", ("Tanguy",))
    assert run(app, ["evidence", "verify", str(path)]).exit_code == 0
    key = run(app, ["evidence", "key"]).stdout.splitlines()
    assert key[1] == station.vault.public_key.hex()
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    assert run(app, ["evidence", "verify", str(path)]).exit_code == 1


def test_what_is_refused_leaves_no_file(station: WebStation, tmp_path: Path) -> None:
    path, run = tmp_path / "x.zip", CliRunner().invoke
    assert run(app, ["evidence", "make", "none", str(path), *WHO]).exit_code == 1
    assert not path.exists()
    incident = evidence.a_break_in(station).id
    assert run(app, ["evidence", "make", incident, str(path), *WHO[:-1], "x"]).exit_code == 1
    assert not path.exists()
    path.write_bytes(b"another")
    assert run(app, ["evidence", "make", incident, str(path), *WHO]).exit_code == 1
    assert path.read_bytes() == b"another"  # nothing is written over
    told = station.store.read_now(lambda tx: logbook.page(tx, incident=incident))
    assert [one.kind for one in told if one.kind.startswith("evidence")] == []
