"""Commands of a station in shadow: sites are left, moved and moved back; lists are compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callflow import clock
from callflow.commands.line import app
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.handling.station import shadow
from callflow.storage import Store
from callflow.vault import Vault
from tests.integration.handling.station import a_site
from tests.support.rows.migrated import migrate


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words])
    return done.exit_code, done.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("CALLFLOW_DATA_DIR", str(data))
    monkeypatch.setenv("COLUMNS", "500")
    url = f"sqlite:///{data / 'callflow.db'}"
    migrate(url)
    vault = Vault(data / "keys")
    store, now = Store(url, mac=vault.seal), clock.now()
    body = Site.read(a_site("1002"))
    store.write_now(lambda tx: sites.put_site(tx, vault, "1002", body, "essai", now))
    store.write_now(lambda tx: shadow.follow_setting(tx, shadow=True, now=now))
    store.close()
    return tmp_path


def test_a_site_is_left_with_what_speaks_against_it_then_moved_and_moved_back(folder: Path) -> None:
    assert run("commissioning", "list") == (0, "1002  Shop\n")
    status, said = run("commissioning", "check", "1002", "--json")
    (against,) = json.loads(said)["sites"].values()
    assert status == 1
    assert {one["check"] for one in against} >= {"test_call", "heard", "days"}
    assert run("commissioning", "move", "1002")[0] == 1
    status, said = run("commissioning", "move", "1002", "--in-spite", "essai", "--json")
    assert (status, json.loads(said)["moved"]) == (0, ["1002"])
    assert run("commissioning", "list", "--in-service") == (0, "1002  Shop\n")
    assert run("commissioning", "back", "1002", "--reason", "panne")[0] == 0
    assert run("commissioning", "list") == (0, "1002  Shop\n")
    assert run("commissioning", "move", "none", "--in-spite", "x")[0] == 1


def test_a_list_is_compared_by_columns_that_are_kept_and_formulas_stay_text(folder: Path) -> None:
    columns, day, out = folder / "c.json", folder / "day.csv", folder / "out.csv"
    columns.write_text(json.dumps({"account": "Abonné", "at": "Heure"}), encoding="utf-8")
    day.write_text("Abonné;Heure\n=1002;30/11/2026 03:00:00\n", encoding="utf-8")
    words = ("shadow", "compare", str(day), "--json", "--output", str(out))
    status, said = run(*words, "--columns", str(columns))
    assert (status, json.loads(said)["missing"]) == (1, 1)
    assert "'=1002" in out.read_text(encoding="utf-8")
    assert run(*words)[0] == 1  # by the columns that were kept
    columns.write_text("[", encoding="utf-8")
    assert run(*words, "--columns", str(columns))[0] == 1
