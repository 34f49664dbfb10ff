"""Two stations: what nobody takes at one is an alarm at the other; who takes it is said back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Category, Kind
from callflow.handling.alarms import operating
from callflow.handling.base.policy import save_policy
from callflow.notify.peers import Peers
from callflow.notify.webhook import signature
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from tests.support.web_station import WebStation
from web.access.users import Role
from web.app import create_app

KEY = "k" * 40
NUMBER = "+33639980990"
HERE = "/api/v1/peer"


class North(WebStation):
    """The station whose alarms wait: its clock is the test's."""

    def __init__(self, folder: Path, token: str) -> None:
        super().__init__(folder)
        self.settings = self.settings.model_copy(
            update={
                "peer": "http://127.0.0.1:9",
                "peer_key": KEY,
                "peer_token": token,
                "peer_name": "Nord",
                "peer_number": NUMBER,
                "webhook_networks": (ip_network("127.0.0.0/8"),),
            }
        )
        self.do(lambda tx: save_policy(tx, self.settings))
        self.later = timedelta(0)
        self.peers = Peers(self.settings, self.store, self.now)

    def now(self) -> datetime:
        return clock.now() + self.later

    async def tells(self, client: httpx.AsyncClient, after: float = 0) -> None:
        """So many seconds after the last time: a look notices what is new, the next one tells."""
        self.later += timedelta(seconds=after)
        await self.peers.look(client)
        await self.peers.look(client)

    def told(self, incident: str) -> list[str]:
        found = self.store.read_now(lambda tx: logbook.of_incidents(tx, [incident]))[incident]
        return [entry.kind for entry in found if entry.kind.startswith("peer_")]


@pytest.fixture
def north(station: WebStation, tmp_path: Path) -> Iterator[North]:
    """``station`` is its backup station."""
    made = North(tmp_path / "north", station.token(Role.PANEL, "nord"))
    made.site()
    yield made
    made.close()


@pytest.fixture
async def client(station: WebStation) -> AsyncIterator[httpx.AsyncClient]:
    """Who asks the backup station; its clock is right."""
    station.settings = station.settings.model_copy(update={"peer_key": KEY})
    app = create_app(station.settings, station.store, station.vault)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as made:
        yield made


def theirs(station: WebStation) -> list[Incident]:
    """What the backup station has of the other."""
    station.correlate()
    return station.store.read_now(lambda tx: incidents.open_ones(tx, kinds=[Kind.PEER]))


async def test_a_vital_alarm_that_nobody_takes_is_taken_by_the_backup_station(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    alarm = north.alarm(code="PA")  # a panic: vital
    await north.tells(client)
    assert theirs(station) == []  # within its target
    await north.tells(client, after=31)
    (here,) = theirs(station)
    assert here.category is Category.VITAL
    assert here.with_human
    assert north.told(alarm.id) == ["peer_asked", "peer_heard"]
    await north.tells(client, after=6)
    assert len(theirs(station)) == 1  # told again, it is the same one
    station.do(lambda tx: operating.claim(tx, here.id, "lea", clock.now()))
    await north.tells(client, after=6)
    assert north.told(alarm.id)[-1] == "peer_took"
    await north.tells(client, after=600)
    assert north.told(alarm.id).count("peer_took") == 1


async def test_what_somebody_takes_here_is_told_no_more(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    alarm = north.alarm(code="PA")
    await north.tells(client, after=31)
    north.do(lambda tx: operating.claim(tx, alarm.id, "claire", north.now()))
    await north.tells(client, after=6)
    await north.tells(client, after=200)
    assert north.told(alarm.id) == ["peer_asked", "peer_heard"]


async def nothing() -> AsyncIterator[bytes]:
    """A body that is read as it comes."""
    yield b""


async def test_a_backup_station_that_does_not_answer_is_called(north: North) -> None:
    def refuses(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, content=nothing())

    alarm = north.alarm(code="PA")
    async with httpx.AsyncClient(transport=httpx.MockTransport(refuses)) as client:
        await north.tells(client, after=31)
        await north.tells(client, after=10)
        assert calls_to_it(north) == 0
        await north.tells(client, after=11)
    assert calls_to_it(north) == 1
    assert north.told(alarm.id) == ["peer_asked", "peer_silent", "peer_called"]


def calls_to_it(north: North) -> int:
    found = north.store.read_now(lambda tx: calls.live_of(tx, NUMBER))
    return int(found is not None)


async def test_a_mute_alarm_goes_without_a_number_of_the_site(
    north: North, station: WebStation, client: httpx.AsyncClient
) -> None:
    """Whoever calls there would tell the robbers (D7)."""
    north.alarm(code="HA")
    await north.tells(client, after=31)
    (here,) = theirs(station)
    found = station.store.read_now(lambda tx: signals.of_incidents(tx, [here.id]))
    text = found[here.id][0].text
    assert "SILENCIEUSE" in text
    assert "+336" not in text


def signed(body: bytes, *, at: float | None = None, key: str = KEY) -> dict[str, str]:
    stamp = str(int(at if at is not None else clock.now().timestamp()))
    return {
        "X-Callflow-Timestamp": stamp,
        "X-Callflow-Signature": f"sha256={signature(key, stamp, body)}",
        "Content-Type": "application/json",
    }


BODY = json.dumps(
    {
        "id": "n-1",
        "station": "Nord",
        "kind": "hold_up",
        "category": "vital",
        "since": "2026-12-05T03:00:00Z",
    }
).encode()


def wrong_ways() -> list[dict[str, Any]]:
    now = clock.now().timestamp()
    return [
        {},
        signed(BODY, key="x" * 40),
        signed(BODY, at=now - 301),
        signed(BODY, at=now + 301),
        signed(BODY + b" "),
        {**signed(BODY), "X-Callflow-Timestamp": "soon"},
        {**signed(BODY), "X-Callflow-Signature": "sha256=" + "0" * 64},
    ]


@pytest.mark.parametrize("way", range(len(wrong_ways())))
async def test_who_has_the_token_and_not_the_key_tells_nothing(
    station: WebStation, client: httpx.AsyncClient, way: int
) -> None:
    token = {"Authorization": f"Bearer {station.token(Role.PANEL)}"}
    headers = wrong_ways()[way] | token
    answer = await client.post(f"http://south{HERE}", content=BODY, headers=headers)
    assert answer.status_code == 403
    assert theirs(station) == []


async def test_who_has_the_key_and_no_token_tells_nothing(
    station: WebStation, client: httpx.AsyncClient
) -> None:
    answer = await client.post(f"http://south{HERE}", content=BODY, headers=signed(BODY))
    assert answer.status_code == 401


async def test_what_was_overheard_opens_nothing_the_second_time(
    station: WebStation, client: httpx.AsyncClient
) -> None:
    headers = signed(BODY) | {"Authorization": f"Bearer {station.token(Role.PANEL)}"}
    for _ in range(3):
        answer = await client.post(f"http://south{HERE}", content=BODY, headers=headers)
        assert answer.json() == {"taken": False, "by": ""}
    assert len(theirs(station)) == 1


async def test_a_station_that_is_nobodys_backup_says_so(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    answer = await api.post("/peer", content=BODY, headers=signed(BODY))
    assert answer.status_code == 404
