"""The backup station's Callflow is away: its telephones ring one after the other, and say nothing
to whoever has not the code; who has it hears what is needed, takes it, and nobody rings again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones.phone import phones_of
from tests.support.rows import sites
from tests.support.stations.station import DESKS, DUTY, PATIENCE, Station
from tests.support.suite.ports import free_port

pytestmark = pytest.mark.deep

FIRST, SECOND = sites.number(941), sites.number(942)
CODE = "40961"
#: The test's own limit is the bound.
LONG = 280.0


def environment() -> dict[str, str]:
    return {
        **PATIENCE,
        "CALLFLOW_VITAL_TARGET": "1",
        "CALLFLOW_PEER": f"http://127.0.0.1:{free_port()}",
        "CALLFLOW_WEBHOOK_NETWORKS": json.dumps(["127.0.0.0/8"]),
        "CALLFLOW_PEER_KEY": "k" * 40,
        "CALLFLOW_PEER_TOKEN": "none",
        "CALLFLOW_PEER_NAME": "Nord",
        "CALLFLOW_PEER_NUMBERS": json.dumps([FIRST, SECOND]),
        "CALLFLOW_PEER_CODE": CODE,
    }


@pytest.mark.timeout(600)
async def test_who_has_the_code_takes_the_alarm(tmp_path: Path) -> None:
    folder = tmp_path / "phones"
    folder.mkdir()
    async with (
        Station(tmp_path / "station", environment()) as station,
        phones_of(station, folder) as phones,
    ):
        for number in (*DESKS, DUTY):
            await station.phone(number, "ring")
        account, client = sites.fresh("P"), sites.number(943)
        await station.phone(client, "ring")
        await sites.put(station, account, sites.site(account, sites.premises(account, client)))
        first, second = await phones.all_at([FIRST, SECOND])
        await station.send(account, "FA", "3")

        await first.picks_up(within=LONG)
        await first.expect_prompt("ask_peer_code")
        await first.types("0000#")
        await first.expect_prompt("code_wrong")
        await first.types("1111#")
        await first.expect_prompt("code_wrong_last")
        await first.is_hung_up(within=LONG)
        assert await first.heard_prompt("situation", kind=Kind.FIRE) == []
        assert await first.heard_prompt("offer_take") == []

        await second.picks_up(within=LONG)
        await second.expect_prompt("ask_peer_code")
        await second.types(f"{CODE}#")
        await second.expect_prompt("situation", kind=Kind.FIRE)
        await second.expect_prompt("offer_take", within=LONG)
        await second.types("1")
        await second.expect_prompt("desk_taken")
        await second.is_hung_up(within=LONG)

        alarm = await station.incident(account)
        await station.until(lambda: _took(station, alarm["id"]), within=LONG)
        assert [len(await station.seen(number)) for number in (FIRST, SECOND)] == [1, 1]


async def _took(station: Station, alarm: str) -> bool:
    shown = (await station.api.get(f"/incidents/{alarm}")).json()
    return "peer_took" in [entry["kind"] for entry in shown["logbook"]]
