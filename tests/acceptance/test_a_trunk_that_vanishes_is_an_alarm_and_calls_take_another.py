"""A trunk's far end falls silent: the call under way arrives by the next trunk, its phone rings
once, the station is told, later calls go straight to the next, and its return is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.rows import sites
from tests.support.sip.sip_relay import SipRelay
from tests.support.sip.trunks import TRUNKS, TrunkStation


async def test_a_trunk_that_vanishes(tmp_path: Path) -> None:
    station = TrunkStation(tmp_path, {"CALLFLOW_RING_TIME": "30"})
    async with SipRelay(station.base + 80) as wire:
        far_end = {"address": f"127.0.0.1:{wire.port}", "domain": "alpha.invalid"}
        # Over the other one, of whose two channels one is kept, whoever is on duty is called, too.
        station.use([{**TRUNKS[0], **far_end}, TRUNKS[1]])
        async with station:
            await _vanishes_and_returns(station, wire)


async def _vanishes_and_returns(station: TrunkStation, wire: SipRelay) -> None:
    phones = [sites.number(300 + n) for n in range(3)]
    accounts = [sites.fresh("V") for _ in phones]
    for account, phone in zip(accounts, phones, strict=True):
        await station.site(account, phone, behaviour="answer", after_s=0.2, keys="2580#w1")
    await station.until(lambda: _state(station, "alpha", "up"))

    wire.cut = True
    await station.send(accounts[0], "BA", "3")
    first, second = await station.ended(accounts[0], 2)
    assert (first["trunk"], first["outcome"]) == ("alpha", "trunk_failure")
    assert (second["trunk"], second["outcome"]) == ("beta", "verified_ok")
    assert await station.went(phones[0]) == [("beta", True)], "the network saw one call"
    assert wire.invites == 1

    await station.until(lambda: _state(station, "alpha", "down"))
    await station.until(lambda: _alarms(station))
    (alarm,) = await _alarms(station)
    assert alarm["with_human"] is True
    assert alarm["signals"][0]["code"] == "TRUNK_DOWN"
    assert (await station.api.get("/health")).json()["status"] == "degraded"

    await station.send(accounts[1], "BA", "3")
    (only,) = await station.ended(accounts[1], 1)
    assert (only["trunk"], only["outcome"]) == ("beta", "verified_ok")
    await station.until(lambda: _called(station, alarm["id"]))
    assert wire.invites == 1, "what is down is not tried first"

    wire.cut = False
    await station.until(lambda: _state(station, "alpha", "up"))
    await station.send(accounts[2], "BA", "3")
    (back,) = await station.ended(accounts[2], 1)
    assert (back["trunk"], back["outcome"]) == ("alpha", "verified_ok")
    assert await station.went(phones[2]) == [("alpha", True)]
    (alarm,) = await _alarms(station)
    assert [signal["code"] for signal in alarm["signals"]] == ["TRUNK_DOWN", "TRUNK_BACK"]


async def _called(station: TrunkStation, alarm: str) -> bool:
    """Whoever is on duty was rung for it, over the trunk that is left."""
    calls = (await station.api.get(f"/incidents/{alarm}")).json()["calls"]
    return [call["trunk"] for call in calls][:1] == ["beta"]


async def _state(station: TrunkStation, name: str, wanted: str) -> bool:
    trunks = (await station.api.get("/health")).json()["trunks"]
    return any(trunk["name"] == name and trunk["state"] == wanted for trunk in trunks)


async def _alarms(station: TrunkStation) -> list[dict[str, Any]]:
    return [row for row in await station.incidents() if row["kind"] == "trunk"]
