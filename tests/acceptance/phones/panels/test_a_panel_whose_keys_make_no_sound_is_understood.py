"""Behind some gateways keys come as RFC 4733: the second handshake is answered."""

from __future__ import annotations

import pytest

from callflow.core.signals.contact_id import block_keys
from tests.support.outside.panel_phone import fresh_account, panel_at
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.rows.panel_rows import calls_of, is_recorded, signals_of
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


@together
async def test_messages_as_rfc_4733_are_taken_at_the_second_handshake(
    station: Station, phones: Phones
) -> None:
    account = fresh_account()
    panel = await panel_at(phones, sites.number(76), keys_sound=False, noise=0)
    await panel.calls()
    await panel.hears_handshake()
    await panel.hears_handshake()
    for zone in ("1", "2", "3"):
        assert await panel.delivers(block_keys(account, "1302", zone, "1")) > 0
    await panel.hangs_up()

    assert [s["zone"] for s in await signals_of(station, account)] == ["001", "002", "003"]
    (call,) = await calls_of(station, panel.number)
    assert call["outcome"] == "hung_up"
    is_recorded(call, panel)
