"""486, 404, 403 are about the called number, or us: no second trunk is asked. 503 is not."""

from __future__ import annotations

import pytest

from tests.support.rows import sites
from tests.support.sip.trunks import TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

DEEP = pytest.mark.deep  # tests/unit/core/calls/test_causes.py has every answer
ALPHA, BOTH = ["alpha"], ["alpha", "beta"]


@pytest.mark.parametrize(
    ("place", "behaviour", "outcome", "asked"),
    [
        (110, "busy", "busy", ALPHA),  # 486
        pytest.param(111, "refuse", "refused", ALPHA, marks=DEEP),  # 403
        (112, "congestion", "unreachable", BOTH),  # 503 for this number, wherever it is asked
    ],
)
async def test_what_a_number_says(
    station: TrunkStation, place: int, behaviour: str, outcome: str, asked: list[str]
) -> None:
    account, phone = sites.fresh("N"), sites.number(place)
    await station.site(account, phone, behaviour=behaviour, after_s=0)
    await _ends(station, account, phone, outcome, asked)


@pytest.mark.parametrize(
    ("place", "alpha", "outcome", "asked"),
    [
        (120, "no_route", "unreachable", ALPHA),  # 404 from whoever routes
        pytest.param(121, "barred", "refused", ALPHA, marks=DEEP),  # 403
        (123, "announce", "unreachable", ALPHA),  # 183: a ring may have been heard, then 503
        pytest.param(122, "refuse", "no_answer", BOTH, marks=DEEP),  # 503, and then it rings
    ],
)
async def test_what_a_trunk_says(
    station: TrunkStation, place: int, alpha: str, outcome: str, asked: list[str]
) -> None:
    account, phone = sites.fresh("N"), sites.number(place)
    await station.trunk("alpha", alpha)
    await station.site(account, phone, behaviour="ring")
    await _ends(station, account, phone, outcome, asked)


@DEEP
async def test_a_number_that_does_not_exist_is_asked_for_once(station: TrunkStation) -> None:
    account, phone = sites.fresh("N"), sites.number(130)
    await station.site(account, phone, behaviour="busy")
    nobody = sites.number(998)  # the network knows no such number: 404
    body = sites.site(account, sites.premises(account, nobody), plans={"*": "one-call"})
    await sites.put(station, account, body)
    await _ends(station, account, nobody, "unreachable", ALPHA)


async def _ends(
    station: TrunkStation, account: str, phone: str, outcome: str, asked: list[str]
) -> None:
    await station.send(account, "BA", "3")
    found = await station.ended(account, len(asked))
    assert found[-1]["outcome"] == outcome
    assert [call["trunk"] for call in found] == asked
    assert [call["outcome"] for call in found[:-1]] == ["trunk_failure"] * (len(asked) - 1)
    assert await station.went(phone) == [(trunk, False) for trunk in asked]
    await station.until(lambda: _is_with_human(station, account))


async def _is_with_human(station: TrunkStation, account: str) -> bool:
    return bool((await station.incident(account))["with_human"])
