"""A registration is renewed before it ends, and asked for as long as the carrier wants it (423)."""

from __future__ import annotations

import re

import pytest

from tests.support.sip.kamailio import USERNAME, Kamailio
from tests.support.stations.carrier_station import RegisteredStation

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.deep]


async def test_it_is_renewed_before_it_ends(station: RegisteredStation, carrier: Kamailio) -> None:
    """It has 20 s."""
    before = len(_asked_for(carrier))
    await station.until(lambda: len(_asked_for(carrier)) >= before + 3, within=60)
    assert await station.is_registered()


async def test_who_wants_longer_ones_is_asked_for_them(
    station: RegisteredStation, carrier: Kamailio
) -> None:
    """RFC 3261 §10.3: 423 with Min-Expires."""
    await carrier.begins_again(shortest=600, granted=900)
    before = len(_asked_for(carrier))
    await station.until(lambda: "600" in _asked_for(carrier)[before:], within=60)
    await station.until(station.is_registered)
    assert _asked_for(carrier)[before] == "300"
    await carrier.begins_again(shortest=10, granted=20)


def _asked_for(carrier: Kamailio) -> list[str]:
    """Seconds, of each REGISTER whose password was right."""
    return re.findall(rf"registers {USERNAME} for (\d+)", carrier.log)
