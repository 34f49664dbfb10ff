"""An answering machine isn't counted as a person; sites that came through the API alone behave.

For how long it keeps the line: tests/integration/speech/test_speech.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones import hearing
from tests.support.phones.phone import Phone, Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

GREETING = "Bonjour, vous êtes bien chez nous, laissez un message après le signal."


async def answers_like_a_machine(phone: Phone) -> None:
    """A voice speaks over the station's, then a beep, then silence for ever."""
    voice = await phone.voice.prompt("hold_the_line", "fr")
    beep = hearing.tone(1000, seconds=0.4)
    await phone.picks_up()
    phone.plays(np.concatenate([voice, voice, beep, np.zeros(60 * hearing.RATE)]), "greeting")
    await phone.expect_prompt("ask_code")
    await phone.is_hung_up(within=60)


@together
async def test_a_voicemail_is_not_counted_and_the_next_keyholder_is_called(
    station: Station, phones: Phones
) -> None:
    """The site, its plan's pace and its phones are put in through the API; no demo site is used."""
    account = sites.fresh("V")
    machine, person = await phones.all_at([sites.number(41), sites.number(42)])
    site = sites.site(
        account,
        sites.premises(account, sites.number(43)),
        sites.contact(account, "Camille", machine.number, rank=1),
        sites.contact(account, "Dominique", person.number, rank=2),
    )
    await station.phone(sites.number(43), "busy", after_s=0)
    await sites.put(station, account, {**site, "plans": {"*": await quick_plan(station)}})
    await station.send(account, "BA", "3")

    await answers_like_a_machine(machine)
    await person.picks_up()
    await person.expect_prompt("ask_code", first_s=1)
    await person.types("2580#")
    await person.expect_prompt("situation", kind=Kind.INTRUSION)
    await person.types("1")
    await person.expect_prompt("key_false_alarm")
    await person.is_hung_up()

    incident = await station.incident_after_calls(account)
    assert [(call["to"], call["outcome"]) for call in incident["calls"]] == [
        (sites.number(43), "busy"),
        (sites.number(43), "busy"),
        (machine.number, "no_key"),
        (person.number, "verified_ok"),
    ]
    assert incident["resolution_code"] == "false_alarm"
    # Counted at the far end as well.
    assert len(await station.seen(sites.number(43))) == 2
    assert machine.rung == person.rung == 1


async def quick_plan(station: Station) -> str:
    """The standard intrusion plan, the premises called twice at once; published by the API."""
    plan = {
        "id": "test-quick",
        "name": "Test",
        "steps": [
            {
                "id": "premises",
                "kind": "counter_call",
                "attempts": 2,
                "delay_s": 0,
                "outcomes": {"verified_ok": "closed", "exhausted": "keyholders"},
            },
            {
                "id": "keyholders",
                "kind": "call_list",
                "outcomes": {"verified_ok": "closed", "exhausted": "operator"},
            },
            {"id": "operator", "kind": "hand_to_operator"},
            {"id": "closed", "kind": "close", "code": "false_alarm"},
        ],
    }
    answer = await station.api.post("/plans", json=plan)
    assert answer.is_success, answer.text
    return "test-quick"
