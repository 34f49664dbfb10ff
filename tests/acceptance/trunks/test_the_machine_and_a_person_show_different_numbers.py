"""An automatic call shows the machine's number, one that an operator asks for the humans' (D16)."""

from __future__ import annotations

import pytest

from tests.support import sites
from tests.support.trunks import NUMBERS, TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_the_machine_and_a_person_show_different_numbers(station: TrunkStation) -> None:
    account, phone = sites.fresh("D"), sites.number(140)
    await station.site(account, phone, behaviour="busy", after_s=0)
    await station.send(account, "BA", "3")
    await station.ended(account, 1)
    incident = (await station.incident(account))["id"]
    await station.take(account)
    asked = {"contact": sites.premises(account, phone)["id"]}
    answer = await station.api.post(f"/incidents/{incident}/call", json=asked)
    assert answer.is_success, answer.text
    await station.ended(account, 2)
    shown = [f"+{call['caller'].lstrip('+')}" for call in await station.seen(phone)]
    assert shown == [NUMBERS["alpha"][0], NUMBERS["alpha"][1]]
