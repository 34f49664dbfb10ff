"""One of 16 digits is cut: there is no kiss-off, the panel sends again, and there is one event."""

from __future__ import annotations

import pytest

from callflow.core.signals.contact_id import block_keys
from tests.support.outside.panel_phone import fresh_account, panel_at
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.rows.panel_rows import signals_of
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


@together
async def test_what_was_cut_or_changed_gets_no_kiss_off_and_the_next_try_is_one_event(
    station: Station, phones: Phones
) -> None:
    account = fresh_account()
    panel = await panel_at(phones, sites.number(72))
    keys = block_keys(account, "1302", "4", "1")
    wrong = keys[:-1] + ("1" if keys[-1] != "1" else "2")
    await panel.calls()
    await panel.hears_handshake()
    for bad in (keys[:6] + keys[7:], wrong):
        assert not await panel.hears_kiss_off(await panel.sends(bad))
        assert await signals_of(station, account) == []
    assert await panel.delivers(keys) > 0
    await panel.hangs_up()

    assert [s["raw"][:12] for s in await signals_of(station, account)] == [f"{account} 18 1302"]
    assert panel.sent >= 3
    assert panel.kiss_offs == 1


@together
async def test_a_panel_that_missed_the_kiss_off_and_calls_again_is_one_event(
    station: Station, phones: Phones
) -> None:
    account = fresh_account()
    panel = await panel_at(phones, sites.number(73))
    keys = block_keys(account, "1302", "4", "1")
    for _ in range(2):
        await panel.calls()
        await panel.hears_handshake()
        for _ in range(2):
            assert await panel.delivers(keys) > 0
        await panel.hangs_up()
    assert len(await signals_of(station, account)) == 1

    await panel.calls()
    await panel.hears_handshake()
    for code in ("3302", "1302"):
        assert await panel.delivers(block_keys(account, code, "4", "1")) > 0
    await panel.hangs_up()
    codes = [s["code"] for s in await signals_of(station, account)]
    assert codes == ["1302", "3302", "1302"]
