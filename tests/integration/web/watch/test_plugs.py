"""Each plug is pulled, and each of the four places is read: doctor, health, metrics, the lamps.

What processes find is written as they write it. Real processes, a real cut wire, a real lock:
``acceptance/test_each_pulled_plug_is_seen_by_doctor_health_metrics_and_console.py``.
"""

from __future__ import annotations

import asyncio
import copy
import json
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
import typer
from fastapi import FastAPI
from markupsafe import escape

from callflow import clock
from callflow.clock import to_iso
from callflow.commands.station.doctor import doctor
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.texts.station.organs import REASONS
from tests.support.pages.verdicts import Verdict, lamp_of, lamps, of_json, of_metrics
from tests.support.rows.backups import backed_up, never_backed_up
from tests.support.stations.web_station import WebStation

NOW = clock.now()


def well() -> dict[str, Any]:
    """What every process says where all is well."""
    machine = {
        "free": 90_000_000_000,
        "clock": {"source": "chrony", "synchronised": True, "offset": 0.0, "stratum": 2},
        "certificates": [{"name": "web", "ends_at": to_iso(NOW + timedelta(days=60))}],
        "backs_up": True,
    }
    trunk = {"name": "alpha", "state": "up", "registered": True, "answer_rate": None}
    trunk |= {"calls": 0, "channels": 9, "reserved": 2}
    lines = [
        {"line": "dc09-tcp", "protocol": "dc09", "state": "listening", "heartbeat": "none"},
        {"line": "surgard", "protocol": "surgard", "state": "connected", "heartbeat": "ok"},
    ]
    return {
        "receiver": {"lines": lines, "machine": machine, "version": "1"},
        "engine": {"machine": machine, "version": "1", "latencies": []},
        "telephony": {"asterisk": "up", "trunks": [trunk], "machine": machine, "version": "1"},
        "web": {"machine": machine, "version": "1"},
    }


@dataclass(frozen=True, kw_only=True)
class Plug:
    """How it is pulled, what each place must show of it, and the beginning of its lamp's words."""

    pull: Callable[[dict[str, Any]], object]
    status: str
    ill: dict[str, str]
    lamp: tuple[str, str]


def machine(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def pull(states: dict[str, Any]) -> None:
        for state in states.values():
            state["machine"] = {**state["machine"], **changes}

    return pull


def trunk(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda states: states["telephony"]["trunks"][0].update(changes)


def certificate(days: int) -> Callable[[dict[str, Any]], None]:
    ends_at = to_iso(NOW + timedelta(days=days))
    return machine(certificates=[{"name": "web", "ends_at": ends_at}])


def clock_is(**told: Any) -> Callable[[dict[str, Any]], None]:
    return machine(clock={"synchronised": None, "offset": None, "stratum": None, **told})


def slow(states: dict[str, Any]) -> None:
    told = {"measure": "step_lateness", "counts": [0] * 10, "sum": 0.0, "usual": 8.0}
    states["engine"]["latencies"] = [told]


def version(states: dict[str, Any]) -> None:
    states["web"]["version"] = "2"


PLUGS: dict[str, Plug] = {
    "nothing": Plug(pull=lambda states: None, status="ok", ill={}, lamp=("", "")),
    "the only trunk": Plug(
        pull=trunk(state="down"),
        status="failed",
        ill={"trunk:alpha": "failed"},
        lamp=("Trunk SIP", "no_calls"),
    ),
    "a registration": Plug(
        pull=trunk(state="unregistered", registered=False),
        status="degraded",
        ill={"trunk:alpha": "degraded"},
        lamp=("Trunk SIP", "not_registered"),
    ),
    "Asterisk": Plug(
        pull=lambda states: states["telephony"].update(asterisk="down"),
        status="failed",
        ill={"asterisk": "failed", "trunk:alpha": "unknown"},
        lamp=("Téléphonie", "no_link"),
    ),
    "a receiver's cable": Plug(
        pull=lambda states: states["receiver"]["lines"][1].update(state="reconnecting"),
        status="failed",
        ill={"line:surgard": "failed"},
        lamp=("Ligne de réception surgard", "not_connected"),
    ),
    "the receiver": Plug(
        pull=lambda states: states.pop("receiver"),
        status="failed",
        ill={"process:receiver": "failed"},
        lamp=("Frontal", "not_running"),
    ),
    "the engine": Plug(
        pull=lambda states: states.pop("engine"),
        status="failed",
        ill={"process:engine": "failed"},
        lamp=("Moteur", "not_running"),
    ),
    "a disk nearly full": Plug(
        pull=machine(free=1_000_000_000),
        status="degraded",
        ill={"disk": "degraded"},
        lamp=("Disque", "little_space"),
    ),
    "a full disk": Plug(
        pull=machine(free=1_000_000),
        status="failed",
        ill={"disk": "failed"},
        lamp=("Disque", "no_space"),
    ),
    "who sets the clock": Plug(
        pull=clock_is(source=""),
        status="degraded",
        ill={"clock": "unknown"},
        lamp=("Horloge", "no_source"),
    ),
    "a clock's servers": Plug(
        pull=clock_is(source="timesyncd", synchronised=False),
        status="degraded",
        ill={"clock": "degraded"},
        lamp=("Horloge", "not_synchronised"),
    ),
    "a certificate nearly over": Plug(
        pull=certificate(5),
        status="degraded",
        ill={"certificate:web": "degraded"},
        lamp=("Certificat web", "ends_soon"),
    ),
    "late steps": Plug(
        pull=slow,
        status="degraded",
        ill={"latency:step_lateness": "degraded"},
        lamp=("Délai de retard des étapes", "slow"),
    ),
    "an upgrade that was not ended": Plug(
        pull=version,
        status="degraded",
        ill={"version": "degraded"},
        lamp=("Version", "several"),
    ),
}


class Four:
    """The four places, each asked as its users ask it."""

    def __init__(
        self,
        station: WebStation,
        clients: tuple[httpx.AsyncClient, ...],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.station, self._capsys = station, capsys
        self._api, self._stranger, self._operator = clients
        monkeypatch.setattr(
            "callflow.commands.station.doctor.settings_of_this_run", lambda: station.settings
        )

    def live(self, states: dict[str, Any]) -> None:
        """Nobody else lives any more."""
        now, host = clock.now(), socket.gethostname()[:64]

        def beat(tx: Tx) -> None:
            for role in ("receiver", "engine", "telephony", "web"):
                at = now if role in states else now - timedelta(minutes=1)
                state = states.get(role, {})
                users.process_beat(
                    tx, role, pid=1, since=at, now=at, state=state, node="node0", host=host
                )
            never_backed_up(tx)
            backed_up(tx, now)

        self.station.do(beat)

    def doctor(self) -> Verdict:
        with pytest.raises(typer.Exit) as left:
            doctor(json_=True)
        # Before it the store's log may have said that it is away.
        found = of_json(json.loads(self._capsys.readouterr().out.splitlines()[-1]))
        assert (left.value.exit_code == 0) == (found.status == "ok")
        return found

    async def say(self) -> dict[str, Verdict]:
        """What those say that programs read."""
        return {
            "doctor": await asyncio.to_thread(self.doctor),
            "health": of_json((await self._api.get("/health")).json()),
            "station": of_json((await self._api.get("/station")).json()),
            "metrics": of_metrics((await self._stranger.get("/metrics")).text),
        }

    async def page(self, path: str) -> str:
        answer = await self._operator.get(path)
        assert answer.status_code == 200, path
        return answer.text

    async def lamps(self) -> list[str]:
        return lamps(await self.page("/"))


@pytest.fixture
def four(
    station: WebStation,
    api: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    operator: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Four:
    station.site()
    return Four(station, (api, stranger, operator), monkeypatch, capsys)


@pytest.mark.timeout(180)
async def test_each_place_shows_each_plug_that_is_pulled(four: Four) -> None:
    for name, plug in PLUGS.items():
        states = copy.deepcopy(well())
        plug.pull(states)
        four.live(states)
        wanted = Verdict(status=plug.status, ill=plug.ill)
        assert await four.say() == dict.fromkeys(
            ("doctor", "health", "station", "metrics"), wanted
        ), name
        lit = await four.lamps()
        assert len(lit) == len(plug.ill), (name, lit)
        assert not plug.ill or lamp_of(lit, *plug.lamp), (name, lit)
        page = await four.page("/lines")
        assert page.count('<td class="ill">') >= len(plug.ill), name
        assert not plug.ill or escape(REASONS[plug.lamp[1]][0]) in page, name


async def test_a_backup_that_is_missing_or_old_is_shown(four: Four) -> None:
    for at, reason in ((None, "none_made"), (NOW - timedelta(days=2), "too_old")):
        four.live(well())
        four.station.do(never_backed_up)
        if at is not None:
            four.station.do(partial(backed_up, at=at))
        wanted = Verdict(status="degraded", ill={"backup": "degraded"})
        assert list((await four.say()).values()) == [wanted] * 4, reason
        assert lamp_of(await four.lamps(), "Sauvegarde", reason)


async def test_a_database_that_is_locked_is_shown_by_each_though_two_can_not_write(
    four: Four, app: FastAPI
) -> None:
    four.live(well())
    assert (await four.say())["health"].status == "ok"
    file = four.station.settings.data_dir / "callflow.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        watch, store = app.state.station.watch, four.station.store
        await watch.follow(store.write(lambda tx: users.write_settings(tx, {"x": 1})))
        said = await four.say()
        lit = await four.lamps()
    finally:
        other.close()
    assert {verdict.status for verdict in said.values()} == {"failed"}
    assert {verdict.ill["database"] for verdict in said.values()} == {"failed"}
    assert lamp_of(lit, "Base de données", "not_writable")
