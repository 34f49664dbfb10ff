"""Presence, who is at the desks, who waits on the line, and who is to be called back, as pages."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.calls.call import Dialogue, Outcome
from callflow.core.calls.purpose import Purpose
from callflow.handling.alarms.acting import request_call
from callflow.handling.base.policy import load_policy
from callflow.handling.calls import calling, dialogues
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.callers import call_backs
from callflow.storage.calls import calls
from callflow.storage.people import users
from tests.support.stations.web_station import NAME, PASSWORD, WebStation
from web.access.users import Role

STRANGER = "+33639987001"


def on_shift(station: WebStation, name: str = NAME, phone: str = "NOT_INUSE") -> None:
    """They began their shift and brought a telephone."""

    def insert(tx: Tx) -> None:
        user = users.user_by_name(tx, name)
        assert user is not None
        began: dict[str, Any] = {"id": f"shift-{name}", "user_id": user.id}
        tx.execute(t.shift.insert().values(**began, began_at=clock.now()))
        beside = {"name": f"op-{name}", "kind": "desk", "node": "node0", "secret": "-"}
        owned = {**beside, "user_id": user.id, "state": phone}
        tx.execute(t.phone.insert().values(**owned, created_at=clock.now()))

    station.do(insert)


def waits(station: WebStation, number: str = STRANGER) -> str:
    """Somebody calls and waits on the line."""
    call_id = f"1795000001.{number[-4:]}"

    def arrives(tx: Tx) -> None:
        dialogues.incoming_call(tx, call_id, number, "node0", clock.now())
        calling.join_room(tx, call_id, clock.now())

    station.do(arrives)
    return call_id


def hangs_up(station: WebStation, call_id: str) -> None:
    over = Outcome.HUNG_UP
    station.do(lambda tx: calling.call_ended(tx, call_id, outcome=over, now=clock.now()))


def missed(station: WebStation, number: str = STRANGER) -> str:
    """They hung up unanswered; the task's id."""
    hangs_up(station, waits(station, number))
    (row,) = station.store.read_now(call_backs.open_ones)
    return str(row.id)


async def post(client: httpx.AsyncClient, address: str, **fields: str) -> httpx.Response:
    shown = (await client.get("/call-backs")).text
    token = re.search(r'data-csrf="([^"]+)"', shown)
    assert token
    return await client.post(address, data={"csrf": token[1], **fields})


async def test_off_shift_nobody_chooses(operator: httpx.AsyncClient) -> None:
    shown = (await operator.get("/presence")).text
    assert "hors vacation" in shown
    answer = await post(operator, "/presence", state="available")
    assert answer.status_code == 409
    assert "prenez d&#39;abord votre vacation" in answer.text


async def test_a_break_is_chosen_with_a_reason_and_left(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    on_shift(station)
    assert (await post(operator, "/presence", state="break")).status_code == 422
    assert (await post(operator, "/presence", state="break", reason="meal")).status_code == 303
    assert 'en pause</b> <span class="why">(repas)' in (await operator.get("/presence")).text
    assert "en pause (repas)" in (await operator.get("/desk")).text
    assert (await post(operator, "/presence", state="available")).status_code == 303
    assert "disponible" in (await operator.get("/presence")).text


async def test_the_desks_show_who_is_there_and_who_waits(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    on_shift(station)
    station.site()
    waits(station)
    shown = (await operator.get("/desk?lang=en")).text
    assert "available" in shown
    assert "06 39 98 70 01" in shown
    assert "Nobody waits on the line." not in shown
    assert f"<bdi>{NAME}</bdi>" in shown  # whose phone rings for them


async def test_a_missed_call_stands_on_the_page_until_somebody_is_done_with_it(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    number = "+33639981001"  # the keyholder's
    task = missed(station, number)
    shown = (await operator.get("/call-backs?lang=en")).text
    assert "06 39 98 10 01" in shown
    assert "Anne Le Goff" in shown
    assert "Bijouterie du Parlement" in shown
    answer = await post(operator, f"/call-backs/{task}/done", result="reached")
    assert answer.status_code == 303
    assert "Anne Le Goff" not in (await operator.get("/call-backs")).text
    again = await post(operator, f"/call-backs/{task}/done", result="reached")
    assert again.status_code == 404
    assert "this call-back is done already" in again.text


async def test_given_to_a_colleague_who_alone_calls_back(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.user("bea", Role.OPERATOR)
    on_shift(station, "bea")
    task = missed(station)
    assert "Confier à bea" in (await operator.get("/call-backs")).text
    assert (await post(operator, f"/call-backs/{task}/take", to="bea")).status_code == 303
    refused = await post(operator, f"/call-backs/{task}/call")
    assert refused.status_code == 409
    await operator.post("/logout")
    operator.cookies.clear()
    await operator.post("/login", data={"name": "bea", "password": PASSWORD})
    assert (await post(operator, f"/call-backs/{task}/call")).status_code == 303
    made = station.store.read_now(lambda tx: calls.live_of(tx, "op-bea"))
    assert made is not None  # her own phone rings first
    assert made.wanted is not None
    assert made.wanted["to"] == STRANGER


async def test_a_telephone_that_rings_for_an_alarm_is_its_owners_desk(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    """Its own name is Asterisk's and ours."""
    station.user("bea", Role.OPERATOR)
    on_shift(station, "bea")
    station.site("1001")
    alarm = station.alarm("1001", "BA", "3")
    rung: dict[str, Any] = dict(step=Purpose.QUEUE, to="op-bea", dialogue=Dialogue.DESK, attempt=1)
    rung |= {"ring_time": 20.0, "priority": 0}
    station.do(lambda tx: request_call(tx, load_policy(tx), alarm, clock.now(), **rung))
    page = (await operator.get(f"/incidents/{alarm.id}")).text
    assert "le poste de bea" in re.sub("<[^>]*>", "", page)
    told = await api.get(f"/incidents/{alarm.id}")
    assert "the desk of bea" in {call["to"] for call in told.json()["calls"]}
    assert "op-bea" not in page + told.text


@pytest.mark.parametrize("act", ["nothing", "call", "take", "done"])
async def test_what_is_not_there_is_said(operator: httpx.AsyncClient, act: str) -> None:
    answer = await post(operator, f"/call-backs/none/{act}", result="reached")
    assert answer.status_code == 404


async def test_health_and_metrics_tell_who_waits(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    waits(station)
    told = (await api.get("/health")).json()["callers"]
    assert (told["waiting"], told["call_backs"]) == (1, 0)
    assert told["longest_wait"] >= 0
    hangs_up(station, waits(station, "+33639987002"))
    shown = (await api.get("http://station/metrics")).text
    assert "callflow_callers_waiting 1.0" in shown
    assert "callflow_callers_call_backs 1.0" in shown
