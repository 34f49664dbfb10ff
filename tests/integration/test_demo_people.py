"""Everybody knows the demo's password: only a demo lets its people in, and it is seen by nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from callflow.commands.demo import demo_people
from callflow.commands.station.station import prepare
from callflow.demo.station import demo_settings
from callflow.settings.config import BadSettings, Settings
from callflow.storage.people import users
from tests.integration.commands.test_command_line import callflow
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role, digest


@pytest.fixture
def station(tmp_path: Path) -> Iterator[WebStation]:
    """A station in a folder that was a demo's."""
    filled = WebStation(tmp_path)
    filled.user(NAME, Role.ADMINISTRATOR)
    demo_people.let_in(filled.store)
    yield filled
    filled.close()


def log_in(url: str, name: str, password: str) -> int:
    said = {"name": name, "password": password}
    return httpx.post(f"{url}/login", data=said, trust_env=False).status_code


def disabled(station: WebStation, name: str) -> bool:
    row = station.store.read_now(lambda tx: users.user_by_name(tx, name))
    assert row is not None
    return row.disabled_at is not None


def served(station: WebStation) -> Settings:
    """As ``serve`` begins on the folder; without an Asterisk."""
    settings = station.settings.model_copy(update={"asterisk": "external"})
    prepare(settings)
    return settings


@pytest.mark.parametrize("marked", [True, False], ids=["its folder", "a folder of before"])
def test_serve_shuts_the_demos_people_out(station: WebStation, marked: bool) -> None:
    token = station.token(name=demo_people.TOKEN)
    if not marked:  # nothing says whose folder it was but a name and a password
        station.do(lambda tx: users.write_settings(tx, {"demo": False, "demo_user": ""}))
    settings = served(station)
    assert disabled(station, demo_people.NAME)
    assert not disabled(station, NAME)
    kept, now = digest(token), station.store.read_now(users.tokens)[0].created_at
    assert station.store.read_now(lambda tx: users.token_in_force(tx, kept, now)) is None
    demo = settings.model_copy(update={"demo": True})
    prepare(demo)
    assert not disabled(station, demo_people.NAME)  # its own folder is a demo's again


def test_serve_lets_the_demos_last_administrator_go_too(tmp_path: Path) -> None:
    only = WebStation(tmp_path)
    demo_people.let_in(only.store)
    served(only)
    assert disabled(only, demo_people.NAME)
    only.close()


def test_a_web_on_its_own_shuts_them_out_too(station: WebStation) -> None:
    web = WebProcess(station)
    web.start()
    try:
        assert log_in(web.url, demo_people.NAME, demo_people.PASSWORD) == 401
        assert log_in(web.url, NAME, PASSWORD) == 303
    finally:
        web.stop()


def test_the_doctor_fails_on_them(station: WebStation) -> None:
    def demos() -> dict[str, str]:
        status, told = callflow(station.settings.data_dir, "doctor", "--json")
        assert status == 1  # nothing runs
        (found,) = (c for c in json.loads(told)["checks"] if c["part"] == "demo")
        return dict(found)

    assert demos()["verdict"] == "ok"  # a demo's folder
    station.do(lambda tx: users.write_settings(tx, {"demo": False}))
    assert demos()["verdict"] == "failed"
    assert demo_people.NAME in demos()["found"]
    demo_people.shut_out(station.store)
    assert demos()["verdict"] == "ok"


def test_the_doctor_fails_on_an_open_folder(station: WebStation) -> None:
    folder = station.settings.data_dir
    for mode, verdict in ((0o755, "failed"), (0o700, "ok")):
        folder.chmod(mode)
        _, told = callflow(folder, "doctor", "--json")
        found = {check["part"]: check["verdict"] for check in json.loads(told)["checks"]}
        assert found["folder"] == verdict


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::"])
def test_a_demo_is_seen_by_this_machine_alone(tmp_path: Path, address: str) -> None:
    status, told = callflow(tmp_path / "data", "demo", "--no-browser", CALLFLOW_BIND=address)
    assert status == 1
    assert f"not at {address}" in told
    assert not (tmp_path / "data").exists()
    with pytest.raises(BadSettings, match="CALLFLOW_BIND"):
        prepare(Settings(data_dir=tmp_path, demo=True, bind=address))


def test_a_demo_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALLFLOW_DATA_DIR", raising=False)
    assert demo_settings(Settings()).data_dir == tmp_path / "var" / "demo"
    monkeypatch.setenv("CALLFLOW_DATA_DIR", "mine")
    assert demo_settings(Settings()).data_dir == tmp_path / "mine"
