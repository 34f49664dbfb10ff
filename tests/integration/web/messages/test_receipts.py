"""A gateway's receipts: what became of an SMS, said by who may say it and by nobody else."""

from __future__ import annotations

import base64

import httpx
import pytest

from callflow import clock
from callflow.core.messages.outbox import Channel, Message
from callflow.core.messages.proof import Receipt
from callflow.handling.messages import delivery, outbox
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.messages import outbox as rows
from callflow.storage.messages import proofs
from tests.support.stations.web_station import WebStation
from web.access.users import Role

HERE = "/api/v1/receipts/sms"


@pytest.fixture
def message(station: WebStation) -> str:
    """An SMS that the gateway took under a number of its own."""
    station.site()
    alarm = str(station.alarm().id)

    def write(tx: Tx) -> str:
        incident, now = incidents.get(tx, alarm), clock.now()
        assert incident is not None
        made = outbox.post(tx, incident, Channel.SMS, "+33639980101", "Alarme", "Alarme", now)
        assert made is not None
        delivery.message_sent(tx, made, now, Receipt(text="HTTP 202 g-77", reference="g-77"))
        return made

    made: str = station.do(write)
    return made


@pytest.fixture
def gateway(station: WebStation) -> dict[str, str]:
    return {"Authorization": f"Bearer {station.token(Role.GATEWAY)}"}


def stages(station: WebStation, message: str) -> list[str]:
    said = station.store.read_now(lambda tx: proofs.of_messages(tx, [message]))
    return [proof.stage.value for proof in said[message]]


def row(station: WebStation, message: str) -> Message:
    found: Message | None = station.store.read_now(lambda tx: rows.get(tx, message))
    assert found is not None
    return found


async def test_it_arrived(
    station: WebStation, stranger: httpx.AsyncClient, gateway: dict[str, str], message: str
) -> None:
    for reference, status in (("g-77", "buffered"), ("g-77", "DELIVRD"), (message, "delivered")):
        told = {"reference": reference, "status": status}
        answer = await stranger.post(HERE, json=told, headers=gateway)
        assert answer.status_code == 204
    assert stages(station, message) == ["taken", "delivered"]


async def test_it_never_will_and_a_human_is_told(
    station: WebStation, stranger: httpx.AsyncClient, message: str
) -> None:
    """As a form, with the token as a password: what a gateway that calls back can do."""
    given = base64.b64encode(f"sms:{station.token(Role.GATEWAY)}".encode()).decode()
    answer = await stranger.post(
        HERE,
        data={"reference": message, "status": "UNDELIV"},
        headers={"Authorization": f"Basic {given}"},
    )
    assert answer.status_code == 204
    sent = row(station, message)
    assert sent.state == "failed"
    incident = station.store.read_now(lambda tx: incidents.get(tx, sent.incident_id or ""))
    assert incident is not None
    assert incident.human_reason == "undelivered"


async def test_strangers_and_nonsense_change_nothing(
    station: WebStation, stranger: httpx.AsyncClient, gateway: dict[str, str], message: str
) -> None:
    told = {"reference": message, "status": "delivered"}
    assert (await stranger.post(HERE, json=told)).status_code == 401
    for role in (Role.PANEL, Role.OPERATOR):
        bearer = {"Authorization": f"Bearer {station.token(role)}"}
        assert (await stranger.post(HERE, json=told, headers=bearer)).status_code == 403
    nobody = {"Authorization": "Basic !!!"}
    assert (await stranger.post(HERE, json=told, headers=nobody)).status_code == 401
    json = {**gateway, "Content-Type": "application/json"}
    for body in (b"", b"[", b"[1]", b'{"reference": {"a": 1}, "status": 3}', b"\xff"):
        assert (await stranger.post(HERE, content=body, headers=json)).status_code == 422
    assert (await stranger.post(HERE, content=b"[" * 19_000, headers=json)).status_code == 422
    assert (await stranger.post(HERE, content=b"x" * 30_000, headers=json)).status_code == 413
    for unknown in ("nul", ""):
        answer = await stranger.post(HERE, json={**told, "reference": unknown}, headers=gateway)
        assert answer.status_code in (404, 422)
    assert stages(station, message) == ["taken"]
