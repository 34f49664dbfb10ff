"""Event 606: after its kiss-off the line stays open, and an operator hears the premises."""

from __future__ import annotations

import pytest

from callflow.core.signals.contact_id import block_keys
from callflow.core.signals.signal import Kind
from tests.support.outside.panel_phone import Panel, fresh_account, panel_at
from tests.support.phones import hearing
from tests.support.phones.phone import Phone, Phones
from tests.support.phones.together import at_the_desks
from tests.support.rows import sites
from tests.support.rows.panel_rows import calls_of
from tests.support.stations.station import DESKS, Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Tones that neither speech nor the other side makes.
PREMISES_HZ, DESK_HZ = 620.0, 1130.0


async def a_call_that_stays(
    station: Station, phones: Phones, code: str, place: int
) -> tuple[Panel, Phone, str]:
    """A panel sends an alarm and 606; a desk phone takes the call. Both, and the account."""
    account = fresh_account()
    await sites.put(station, account, sites.site(account))
    desk = await phones.at(DESKS[0])
    panel = await panel_at(phones, sites.number(place), noise=0)
    await panel.calls()
    await panel.hears_handshake()
    for message in (code, "1606"):
        assert await panel.delivers(block_keys(account, message, "3", "1")) > 0
    kind = {"1130": Kind.INTRUSION, "1120": Kind.PANIC}[code]
    await desk.picks_up()
    await desk.expect_prompt(
        "desk_person", kind=kind, site="Fromagerie du Vallon", written="fr", count=1
    )
    await desk.types("1")
    await desk.expect_prompt("connecting")
    panel.phone.plays(hearing.tone(PREMISES_HZ, seconds=2), "premises")
    await desk.hears_tone(PREMISES_HZ)
    return panel, desk, account


async def told(station: Station, panel: Panel, account: str) -> None:
    """The call hangs on the panel's incident, which is a human's; closed, so that nothing rings."""
    incident = await station.incident(account)
    assert incident["with_human"]
    (call,) = await calls_of(station, panel.number)
    assert (call["incident_id"], call["outcome"]) == (incident["id"], "operator")
    if incident["kind"] == "panic":
        await station.closes_personal(incident["id"])
    else:
        path = f"/incidents/{incident['id']}/close"
        await station.api.post(path, json={"code": "test", "text": "x"})


@pytest.mark.deep  # tests/integration/agi/test_panels.py: what is personal is mute, else nothing
@at_the_desks
async def test_a_desk_phone_rings_and_hears_the_premises(station: Station, phones: Phones) -> None:
    panel, desk, account = await a_call_that_stays(station, phones, "1130", 77)
    desk.plays(hearing.tone(DESK_HZ, seconds=2), "desk")
    await panel.phone.hears_tone(DESK_HZ)
    await panel.hangs_up()
    await desk.is_hung_up()
    await told(station, panel, account)


@at_the_desks
async def test_nothing_is_heard_at_the_premises_of_a_personal_alarm(
    station: Station, phones: Phones
) -> None:
    panel, desk, account = await a_call_that_stays(station, phones, "1120", 78)
    quiet_from = len(panel.phone.call.heard)
    desk.plays(hearing.tone(DESK_HZ, seconds=2), "desk")
    panel.phone.plays(hearing.tone(2 * PREMISES_HZ, seconds=2), "premises-later")
    await desk.hears_tone(2 * PREMISES_HZ, seconds=2)
    heard = panel.phone.call.heard[quiet_from:]
    assert len(heard) > hearing.RATE
    assert abs(heard).max() < 0.002
    await panel.hangs_up()
    await desk.is_hung_up()
    await told(station, panel, account)
