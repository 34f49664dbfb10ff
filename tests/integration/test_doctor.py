"""``callflow doctor`` on real data folders: what it says, and its exit status."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.handling.station.tokens import revoke_token
from callflow.storage import schema as t
from callflow.storage.people import users
from tests.integration.commands.test_command_line import callflow
from tests.support.stations.web_station import WebStation
from tests.support.suite.ports import free_port
from web.access.users import Role

#: Verdicts that hold nothing against the station.
WELL = ("ok", "unknown")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[WebStation]:
    filled = WebStation(tmp_path)
    filled.site()
    yield filled
    filled.close()


def doctor(station: WebStation, *arguments: str) -> tuple[int, str]:
    return callflow(station.settings.data_dir, "doctor", *arguments)


@contextlib.contextmanager
def living(station: WebStation, *, trunks: Sequence[Any] = (), **receiver: Any) -> Iterator[None]:
    """Every process says each second that it lives."""
    over = threading.Event()

    def live() -> None:
        while not over.wait(1.0):
            beats(station, trunks=trunks, **receiver)

    beats(station, trunks=trunks, **receiver)
    with ThreadPoolExecutor(1) as pool:
        lived = pool.submit(live)
        try:
            yield
        finally:
            over.set()
        lived.result()


def beats(
    station: WebStation, *, ago: float = 0.0, trunks: Sequence[Any] = (), **receiver: Any
) -> None:
    """Every process said so many seconds ago that it lives."""
    now = clock.now() - timedelta(seconds=ago)
    line = {"line": "dc09-tcp", "protocol": "dc09", "state": "listening", "received": 3}
    states: dict[str, dict[str, Any]] = {
        "receiver": {"lines": [line | receiver]},
        "engine": {},
        "telephony": {"asterisk": "up", "trunks": trunks or [{"name": "trunk", "state": "up"}]},
        "web": {},
    }

    def write(tx: Any) -> None:
        for role, state in states.items():
            users.process_beat(tx, role, pid=1, since=now, now=now, state=state, node="node0")

    station.do(write)


def test_a_station_that_does_not_run_is_said_to_and_how_it_is_begun(station: WebStation) -> None:
    status, said = doctor(station)
    assert status == 1
    assert "alarms are in danger" in said
    assert "the station does not run" in said
    assert "-> start it with `callflow serve`" in said


def test_a_station_that_ran_and_runs_no_more_has_failed(station: WebStation) -> None:
    """Its last signs of life are older than ten seconds."""
    beats(station, ago=11.0)
    status, said = doctor(station, "--json")
    assert (status, json.loads(said)["status"]) == (1, "failed")


def test_a_mail_server_that_is_away_is_said(station: WebStation) -> None:
    with living(station):
        status, said = callflow(
            station.settings.data_dir,
            "doctor",
            CALLFLOW_SMTP_HOST="127.0.0.1",
            CALLFLOW_SMTP_PORT=str(free_port()),
            CALLFLOW_MAIL_FROM="station@example.org",
        )
    assert status == 1
    assert "no mail can leave: unreachable" in said
    assert "CALLFLOW_SMTP_HOST" in said


def test_exit_0_only_when_all_is_well(station: WebStation) -> None:
    with living(station):
        status, said = doctor(station)
    assert (status, "all is well" in said) == (0, True), said
    station.do(lambda tx: tx.execute(t.account.update().values(silent=True, skew=44.0)))
    with living(station, undecryptable=2, missing_key_accounts=["7777"]):
        status, said = doctor(station)
    assert status == 1
    assert "1001 · silent, wrong clock · last heard never · clock +44 s" in said
    assert "undecryptable 2" in said
    assert "7777 · last heard never · encrypted, key missing" in said


def test_the_only_trunk_that_is_down_is_alarms_in_danger(station: WebStation) -> None:
    down = {"name": "trunk", "state": "down"}
    with living(station, trunks=[down]):
        status, said = doctor(station)
    assert status == 1
    assert "alarms are in danger" in said
    assert "FAILED  trunks       trunk@node0: carries no calls" in said
    with living(station, trunks=[down, {"name": "other", "state": "up"}]):
        status, said = doctor(station, "--json")
    assert (status, json.loads(said)["status"]) == (1, "degraded")


def test_it_says_which_trunks_are_registered_whatever_else_they_are(station: WebStation) -> None:
    trunks = [
        {"name": "alpha", "state": "up", "registered": True},
        {"name": "beta", "state": "down", "registered": False},
        {"name": "gamma", "state": "up", "registered": None},
    ]
    with living(station, trunks=trunks):
        _, said = doctor(station)
    assert "alpha@node0: registered with its carrier" in said
    assert "beta@node0: not registered with its carrier" in said
    assert "gamma@node0: " not in said


def test_a_clock_that_nobody_sets_is_not_well(station: WebStation) -> None:
    """Whatever this machine's is: no chrony answers there."""
    with living(station):
        status, said = callflow(station.settings.data_dir, "doctor", CALLFLOW_CLOCK="chrony")
    assert status == 1
    assert "somebody should look" in said
    assert "UNKNOWN clock" in said
    assert "CALLFLOW_CLOCK=none" in said


def test_a_panels_token_that_names_no_account_is_named(station: WebStation) -> None:
    """Of those that were made before accounts were asked for: they open alarms and end none."""
    station.token(Role.PANEL, "old camera")
    station.token(Role.PANEL, "gate", accounts=["1001"])
    status, said = doctor(station)
    assert status == 1
    assert "end none: old camera\n" in said
    row = station.store.read_now(users.tokens)[-1]
    station.do(lambda tx: revoke_token(tx, row.id, "odile", clock.now()))
    assert "each panel's names the accounts" in doctor(station)[1]


def test_programs_read_health_and_more(station: WebStation) -> None:
    with living(station, heartbeat="lost"):
        status, said = doctor(station, "--json")
    told = json.loads(said)
    assert (status, told["status"], told["asterisk"]) == (1, "failed", "up")
    assert {p["role"] for p in told["processes"]} == {"engine", "receiver", "telephony", "web"}
    assert [c["part"] for c in told["checks"] if c["verdict"] not in WELL] == ["lines"]
    assert told["lines"]["lines"][0]["name"] == "dc09-tcp"


def test_a_locked_database_is_found(station: WebStation) -> None:
    beats(station)
    other = sqlite3.connect(station.settings.data_dir / "callflow.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        status, said = doctor(station)
    finally:
        other.close()
    assert status == 1
    assert "FAILED  database     nothing can be stored" in said
    assert "nothing is acknowledged: database is locked" in said


def test_text_from_outside_does_nothing_to_the_terminal(station: WebStation) -> None:
    beats(station, peer="\x1b[2J\u202e")
    assert "\x1b" not in doctor(station)[1]


def test_it_makes_no_station_where_there_is_none(tmp_path: Path) -> None:
    status, said = callflow(tmp_path / "mistyped", "doctor")
    assert (status, "there is no station in" in said) == (1, True)
    assert not (tmp_path / "mistyped").exists()


def test_a_database_that_is_none_of_ours_is_said_in_one_line(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "callflow.db").close()
    status, said = callflow(tmp_path, "doctor")
    assert (status, said.count("\n")) == (1, 1)
    assert "callflow: the database failed: no such table" in said
