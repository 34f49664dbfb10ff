"""The command line on what people mistype: one thing to read, never a traceback."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.stations.product import free_base
from tests.support.suite import forked


def callflow(folder: Path, *arguments: str, typed: str = "\n", **settings: str) -> tuple[int, str]:
    """The exit status, and what was said."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CALLFLOW_")}
    own = {"CALLFLOW_DATA_DIR": str(folder), "CALLFLOW_CLOCK": "none", "COLUMNS": "500"}
    environment = {**kept, **own, **settings}
    return forked.run(*arguments, environment=environment, typed=typed)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "validate", "{cut}"), "is no JSON"),
        (("plan", "publish", "{list}"), "must hold a JSON object"),
        (("site", "import", "{cut}"), "is no JSON"),
        (("site", "import", "{list}"), "site 0 is no object with an id"),
        (("user", "add", "ana", "--role", "boss"), "there is no role 'boss'"),
        (("user", "add", "ana", "--role", "operator", "--password-stdin"), "the password is empty"),
        (("logbook", "verify"), "there is no station in"),
        (("site", "export", "1001"), "there is no station in"),
        (("sites", "export", "x.doc"), "must end in .csv or .xlsx"),
        (("sites", "import", "{cut}"), "there is no station in"),
        (("token", "create", "--role", "panel"), "name the accounts that it speaks for"),
        (("phone", "add", "ana"), "there is no station in"),
        (("asterisk", "render", "{folder}"), "set CALLFLOW_AMI_SECRET"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text("{")
    (tmp_path / "list.json").write_text('["x"]')
    files = {
        "cut": tmp_path / "cut.json",
        "list": tmp_path / "list.json",
        "folder": tmp_path / "include",
    }
    status, output = callflow(tmp_path / "data", *(word.format(**files) for word in arguments))
    assert status != 0
    assert said in output
    assert "Traceback" not in output
    assert not (tmp_path / "data" / "callflow.db").exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"CALLFLOW_PORT_BASE": "33000"}, "callflow: CALLFLOW_PORT_BASE: "),
        (
            {"CALLFLOW_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing"},
            "callflow: the database failed: ",
        ),
        ({"CALLFLOW_DATABASE_URL": "nothing"}, "callflow: the database failed: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_said_in_one_line(
    settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    status, output = callflow(tmp_path / "data", "doctor", **settings)
    assert status == 1
    assert output.startswith(said)
    assert output.count("\n") == 1


def test_an_address_that_is_not_there_is_named_before_anything_begins(tmp_path: Path) -> None:
    where = {"CALLFLOW_DC09_BIND": "192.0.2.77", "CALLFLOW_PORT_BASE": str(free_base())}
    status, output = callflow(tmp_path, "serve", **where)
    assert status == 1
    assert output.startswith(
        "callflow: CALLFLOW_DC09_BIND: no interface of this machine has the address 192.0.2.77"
    )
    assert output.count("\n") == 1
    assert not (tmp_path / "callflow.db").exists()
    assert callflow(tmp_path, "db", "upgrade")[0] == 0
    status, output = callflow(tmp_path, "doctor", "--json", **where)
    assert status == 1
    (found,) = (c for c in json.loads(output)["checks"] if c["part"] == "addresses")
    assert found["verdict"] == "failed"
    assert "192.0.2.77" in found["details"][0]


def test_a_desk_phone_is_given_to_somebody_who_works_here(tmp_path: Path) -> None:
    assert callflow(tmp_path, "db", "upgrade")[0] == 0
    status, output = callflow(tmp_path, "phone", "add", "ana")
    assert status != 0
    assert "there is no user 'ana'" in output
    add = ("user", "add", "ana", "--role", "operator", "--password-stdin")
    assert callflow(tmp_path, *add, typed="sous les pavés\n")[0] == 0
    status, output = callflow(tmp_path, "phone", "add", "ana", "--json")
    assert status == 0
    given = json.loads(output)
    assert given["server"] == "127.0.0.1:8060"
    assert given["user"].startswith("op-")
    assert len(given["password"]) >= 24
