""" "Call me back in ten minutes" on a real phone: confirmed, kept once, counted at the far end."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones.phone import Phone, Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

PLAN: dict[str, Any] = {
    "id": "later",
    "name": "later",
    "steps": [
        {
            "id": "people",
            "kind": "call_list",
            "call_back": True,
            "ring_s": 20,
            "outcomes": {"verified_ok": "end", "exhausted": "hand"},
        },
        {"id": "hand", "kind": "hand_to_operator"},
        {"id": "end", "kind": "close", "code": "false_alarm"},
    ],
}


@together
async def test_a_keyholder_who_cannot_now_is_called_back_in_ten_minutes_and_once(
    station: Station, phones: Phones
) -> None:
    account = sites.fresh("P")
    camille = await phones.at(sites.number(610))
    other = sites.number(611)
    await station.phone(other, "ring")
    await station.put("/plans/later", PLAN)
    people = [
        sites.contact(account, "Camille", camille.number),
        sites.contact(account, "Dominique", other, rank=2),
    ]
    await sites.put(
        station, account, sites.site(account, *people, plans={Kind.INTRUSION.value: "later"})
    )
    await station.send(account, "BA", "3")

    await is_identified(camille)
    await camille.expect_prompt("offer_call_back")
    await camille.types("7")
    await camille.expect_prompt("key_call_back")
    await camille.expect_prompt("goodbye")
    await camille.is_hung_up()
    await station.until(lambda: rung(station, other))  # the list goes on at once
    await the_list_is_at_its_end(station, account)
    assert len(await station.seen(camille.number)) == 1

    await ten_minutes_pass(station, account)
    await is_identified(camille, times=2)
    await camille.types("7")  # it is offered no more
    await camille.expect_prompt("bad_key")
    await camille.types("5")
    await camille.expect_prompt("key_next_person")
    await camille.is_hung_up()
    assert await camille.heard_prompt("offer_call_back") == []

    async def handed() -> bool:
        return bool((await station.incident(account))["plan"]["step"] == "hand")

    await station.until(handed)
    incident = await station.incident(account)
    made = [(c["to"], c["outcome"]) for c in incident["calls"] if c["step"] == "people"]
    assert made == [
        (camille.number, "call_back"),
        (other, "no_answer"),
        (camille.number, "next_person"),
    ]
    assert len(await station.seen(camille.number)) == 2
    assert len(await station.seen(other)) == 1


async def is_identified(phone: Phone, times: int = 1) -> None:
    await phone.picks_up(times=times)
    await phone.expect_prompt("ask_code", first_s=1.5)
    await phone.types("2580#")
    await phone.expect_prompt("code_ok")
    await phone.expect_prompt("situation", kind=Kind.INTRUSION)


async def rung(station: Station, number: str) -> bool:
    return bool(await station.seen(number))


async def the_list_is_at_its_end(station: Station, account: str) -> None:
    async def ended() -> bool:
        calls = (await station.incident(account))["calls"]
        return [call["outcome"] for call in calls] == ["call_back", "no_answer"]

    await station.until(ended, 60)


async def ten_minutes_pass(station: Station, account: str) -> None:
    """The call that was put off ended ten minutes earlier, and it is looked at now."""
    incident = await station.incident(account)
    asked = next(call for call in incident["calls"] if call["outcome"] == "call_back")
    rows = sqlite3.connect(station.data_dir / "callflow.db", timeout=20)
    with contextlib.closing(rows), rows:
        (ended,) = rows.execute("SELECT ended_at FROM call WHERE id = ?", [asked["id"]]).fetchone()
        earlier = datetime.fromisoformat(ended) - timedelta(minutes=10)
        moved = [earlier.isoformat(" "), asked["id"]]
        rows.execute("UPDATE call SET ended_at = ? WHERE id = ?", moved)
        (due,) = rows.execute(
            "SELECT machine_due FROM incident WHERE id = ?", [incident["id"]]
        ).fetchone()
        assert datetime.fromisoformat(due) - datetime.fromisoformat(ended) == timedelta(minutes=10)
        looked_at = "UPDATE incident SET machine_due = ?, due_at = ? WHERE id = ?"
        rows.execute(looked_at, [ended, ended, incident["id"]])
