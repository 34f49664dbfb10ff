"""``callflow sites``: a file is tried, written, given back, and refused with all that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callflow.commands.line import app
from callflow.core.sites.files import reading
from callflow.handling.station import own_keys
from tests.support.rows.migrated import migrate


class Shell:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data").mkdir()
        url = f"sqlite:///{folder / 'data' / 'callflow.db'}"
        migrate(url)
        own_keys.see_to(url, folder / "data")

    def sites(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["sites", *words])
        return done.exit_code, done.output

    def file(self, text: str) -> str:
        path = self.folder / "town.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("CALLFLOW_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "500")
    return Shell(tmp_path)


def test_a_file_is_tried_written_and_given_back(shell: Shell) -> None:
    town = shell.file("account;site name;contact name;phone\n0417;Bar;Comptoir;06 39 98 00 17\n")
    status, said = shell.sites("import", town, "--dry-run")
    assert (status, "1 created" in said, "a dry run" in said) == (0, True, True)
    back = shell.folder / "back.xlsx"
    assert shell.sites("export", str(back)) == (0, "0 sites\n")
    assert shell.sites("import", town)[0] == 0
    assert shell.sites("export", str(back), "--search", "bar") == (0, "1 sites\n")
    assert back.stat().st_mode & 0o077 == 0
    again = json.loads(shell.sites("import", str(back), "--json")[1])
    assert (again["sites"], again["errors"]) == ({"created": 0, "changed": 0, "same": 1}, [])


def test_all_that_is_wrong_is_said_and_nothing_written(shell: Shell) -> None:
    status, said = shell.sites(
        *("import", shell.file("account;site name;phone\n0417;Bar;17\n0418;;\n")),
        *("--language", "en"),
    )
    assert status == 1
    assert "row 2, contact name: is missing" in said
    assert "row 3, site name: is missing" in said
    assert "nothing was written" in said
    assert shell.sites("export", str(shell.folder / "none.csv")) == (0, "0 sites\n")


def test_the_template_is_a_file_that_can_be_imported(shell: Shell) -> None:
    status, said = shell.sites("template", str(shell.folder / "new.xlsx"))
    assert status == 0
    assert "code sous contrainte: 4 à 8 chiffres" in said
    assert shell.sites("import", str(shell.folder / "new.xlsx"))[0] == 0


def test_a_whole_station_is_given_and_taken(shell: Shell) -> None:
    town = shell.file("account;site name;contact name;phone\n0417;Bar;Comptoir;06 39 98 00 17\n")
    shell.sites("import", town)
    for name in ("back.xlsx", "back.zip", "back"):
        back = shell.folder / name
        assert shell.sites("export", str(back), "--whole") == (0, "1 sites\n")
        assert back.stat().st_mode & 0o077 == 0
        again = json.loads(shell.sites("import", str(back), "--json")[1])
        assert again["sites"] == {"created": 0, "changed": 0, "same": 1, "refused": 0}
        assert (again["rows"], again["errors"]) == (3, [])


@pytest.mark.parametrize("most", [("MOST_BYTES", 40), ("MOST_ROWS", 1)])
def test_what_a_page_does_not_take_is_taken_row_by_row(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, most: tuple[str, int]
) -> None:
    monkeypatch.setattr(reading, *most)
    rows = "0417;Bar;Comptoir;06 39 98 00 17\n0418;Gare;Guichet;06 39 98 00 18\n"
    town = shell.file(f"account;site name;contact name;phone\n{rows}")
    told = json.loads(shell.sites("import", town, "--json")[1])
    assert (told["sites"]["created"], told["errors"]) == (2, [])
    again = json.loads(shell.sites("import", town, "--json")[1])
    assert again["sites"]["same"] == 2


def test_by_a_mapping_what_is_right_goes_in_and_what_is_not_is_reported(shell: Shell) -> None:
    old, report = shell.file("N;RAISON;TEL\n417;Bar;\n418;;\n"), shell.folder / "wrong.csv"
    columns = shell.folder / "old.yaml"
    suggested = shell.sites("mapping", "suggest", old)[1]
    assert "RAISON: ''" in suggested
    columns.write_text(
        "tables: {town: {columns: {N: account.account, RAISON: site.name},"
        " widths: {account.account: 4}}}",
        encoding="utf-8",
    )
    assert shell.sites("mapping", "save", "Old", str(columns))[0] == 0
    assert "raison: site.name" in shell.sites("mapping", "show", "Old")[1]
    given = ("--mapping", "Old", "--report", str(report), "--language", "en")
    assert shell.sites("import", old, *given)[0] == 1
    assert json.loads(shell.sites("import", old, *given, "--json")[1])["sites"]["created"] == 1
    assert shell.sites("export", str(shell.folder / "none.csv")) == (0, "0 sites\n")
    assert shell.sites("import", old, *given, "--valid")[0] == 1
    assert shell.sites("export", str(shell.folder / "one.csv")) == (0, "1 sites\n")
    assert "town.csv,3,site name,,'0418,refused,is missing" in report.read_text("utf-8-sig")
    assert report.stat().st_mode & 0o077 == 0
    assert shell.sites("mapping", "remove", "Old")[0] == 0
    assert shell.sites("import", old, "--mapping", "Old")[0] == 2


def test_a_configuration_is_written_and_read(shell: Shell) -> None:
    def configuration(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["configuration", *words])
        return done.exit_code, done.output

    town = shell.file("account;site name;contact name;phone\n0417;Bar;Comptoir;06 39 98 00 17\n")
    shell.sites("import", town)
    folder = shell.folder / "night"
    assert configuration("write", str(folder), "--everything")[0] == 0
    kept = (folder / "history" / "logbook.jsonl").read_text().splitlines()
    assert json.loads(kept[0])["kind"] == "site_created"
    again = json.loads(configuration("read", str(folder), "--json")[1])
    assert (again["sites"]["same"], again["errors"]) == (1, [])
    site = folder / "sites" / "0417.yaml"
    site.write_text(site.read_text().replace("name: Bar", "name: Café"))
    (folder / "sites" / "0418.yaml").symlink_to("/etc/hostname")
    tried = json.loads(configuration("read", str(folder), "--dry-run", "--json")[1])
    assert tried["sites"] == {"created": 0, "changed": 1, "same": 0, "refused": 0}
    site.write_text(site.read_text().replace("postcode: ''", "postcode: '?'"))
    report = shell.folder / "wrong.csv"
    status, said = configuration("read", str(folder), "--report", str(report))
    assert (status, "nothing was written" in said) == (1, True)
    assert "sites/0417.yaml" in report.read_text("utf-8-sig")
