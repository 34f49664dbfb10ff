"""A service is called for a person: the desk first, then the line, and nothing is played to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callflow.core.interventions.law import Service
from tests.acceptance.phones.test_help_brings_a_human_to_the_line import ended, hear_each_other
from tests.support.phones.hearing import Samples
from tests.support.phones.phone import Phone, Phones
from tests.support.phones.together import at_the_desks
from tests.support.rows import sites
from tests.support.stations.station import DESKS, Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

LINE = sites.number(917)


async def an_alarm_held(station: Station) -> str:
    """A burglary at a site of the place; its path in the API, held by the caller."""
    account = sites.fresh("S")
    line = {"id": "test", "service": "police", "name": "CIC", "number": LINE, "place": "99"}
    await station.put("/services", {"lines": [line]})
    await sites.put(station, account, sites.site(account, postcode="99100"))
    await station.send(account, "BA", "3")
    incident = await station.incident(account)
    path = f"/incidents/{incident['id']}"
    await station.until(lambda: station.api.post(f"{path}/claim"))
    return path


async def verified(station: Station, path: str) -> None:
    seen = {"means": "guard", "result": "confirmed", "note": "two men in the hall"}
    assert (await station.api.post(f"{path}/verifications", json=seen)).is_success


async def at_the_desk(desk: Phone) -> None:
    """The operator hears what was asked for, and is there."""
    await desk.picks_up()
    asked: dict[str, Any] = {"service": Service.POLICE, "site": "Fromagerie du Vallon"}
    await desk.expect_prompt("desk_service", written="fr", **asked)
    await desk.types("1")


def loud(heard: Samples) -> float:
    """Seconds in which anything sounded."""
    frames = heard[: len(heard) // 400 * 400].reshape(-1, 400)
    return float(((frames**2).mean(axis=1) > 1e-6).sum() * 0.05)


@at_the_desks
async def test_refused_by_the_law_nothing_rings_and_once_verified_both_talk(
    station: Station, phones: Phones
) -> None:
    path = await an_alarm_held(station)
    desk, service = await phones.at(DESKS[0]), await phones.at(LINE)
    before = len(await station.seen(LINE))

    refused = await station.api.post(f"{path}/services/police/call")
    assert (refused.status_code, refused.json()["reason"]) == (409, "unverified")
    assert desk.rung == service.rung == 0

    await verified(station, path)
    assert (await station.api.post(f"{path}/services/police/call")).is_success
    await at_the_desk(desk)
    await service.picks_up()
    await desk.expect_prompt("connecting")
    begun = len(service.call.heard)
    await station.until(lambda: len(service.call.heard) > begun + 2 * 8000)
    assert loud(service.call.heard) == 0  # neither words nor music
    await hear_each_other(service, desk)
    service.hangs_up()
    await desk.is_hung_up()

    shown = (await station.api.get(path)).json()
    calls = {call["step"]: call for call in shown["calls"]}
    assert calls["service"]["outcome"] == "operator"
    assert LINE not in str(shown)  # reserved: shown masked, in calls and logbook
    assert len(await station.seen(LINE)) == before + 1
    await ended(station, shown["account"])


@pytest.mark.deep
@at_the_desks
async def test_the_operator_s_hanging_up_ends_the_service_s_call(
    station: Station, phones: Phones
) -> None:
    path = await an_alarm_held(station)
    await verified(station, path)
    desk, service = await phones.at(DESKS[0]), await phones.at(LINE)
    before = len(await station.seen(LINE))
    assert (await station.api.post(f"{path}/services/police/call")).is_success
    await at_the_desk(desk)
    await service.picks_up()
    await desk.expect_prompt("connecting")
    desk.hangs_up()
    await service.is_hung_up()
    assert loud(service.call.heard) == 0
    assert len(await station.seen(LINE)) == before + 1
    await ended(station, (await station.api.get(path)).json()["account"])


@pytest.mark.deep
@at_the_desks
async def test_a_desk_that_does_not_press_1_reaches_nobody(
    station: Station, phones: Phones
) -> None:
    path = await an_alarm_held(station)
    await verified(station, path)
    first, second, service = await asyncio.gather(
        phones.at(DESKS[0]), phones.at(DESKS[1]), phones.at(LINE)
    )
    assert (await station.api.post(f"{path}/services/police/call")).is_success
    await first.picks_up()
    first.hangs_up()
    await second.picks_up()
    second.hangs_up()

    async def untaken() -> bool:
        shown = (await station.api.get(path)).json()
        return any(entry["kind"] == "service_untaken" for entry in shown["logbook"])

    await station.until(untaken)
    assert service.rung == 0
    await ended(station, (await station.api.get(path)).json()["account"])
