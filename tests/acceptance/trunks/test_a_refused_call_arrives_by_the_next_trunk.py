"""The first trunk answers 503: the same attempt arrives by the second, and the phone rings once.

Each trunk shows the number of the machine; that of humans: test_a_trunk_is_tried_from_its_page.py.
"""

from __future__ import annotations

import pytest

from tests.support.rows import sites
from tests.support.sip.trunks import NUMBERS, TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize("behaviour", ["refuse", pytest.param("broken", marks=pytest.mark.deep)])
async def test_a_refused_call_arrives_by_the_next_trunk(
    station: TrunkStation, behaviour: str
) -> None:
    account, phone = sites.fresh("T"), sites.number(101 if behaviour == "refuse" else 102)
    await station.trunk("alpha", behaviour)
    await station.site(account, phone, behaviour="answer", after_s=0.2, keys="2580#w1")
    await station.send(account, "BA", "3")

    first, second = await station.ended(account, 2)
    assert (first["trunk"], first["outcome"]) == ("alpha", "trunk_failure")
    assert (second["trunk"], second["outcome"]) == ("beta", "verified_ok")
    assert (first["attempt"], second["attempt"]) == (1, 1), "one attempt of the plan"
    assert first["id"] != second["id"], "an id is never sent twice"

    seen = await station.seen(phone)
    assert await station.went(phone) == [("alpha", False), ("beta", True)]
    assert [f"+{call['caller'].lstrip('+')}" for call in seen] == [
        NUMBERS["alpha"][0],
        NUMBERS["beta"][0],
    ]
    incident = await station.incident(account)
    assert incident["resolution_code"] == "false_alarm"
    assert "trunk_failure" not in [e["kind"] for e in incident["logbook"]]
    assert incident["with_human"] is False
