"""The demo's ten sites, each to its end, through the same code as any site; all at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callflow import demo_sites
from tests.support.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Station]:
    folder: Path = tmp_path_factory.mktemp("station")
    async with Station(folder) as running:
        yield running


async def _once(station: Station, account: str) -> tuple[int, str]:
    process = await station._spawn("demo", "--once", account)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, (output or b"").decode()


async def test_each_demo_site_ends_as_it_is_to_show(station: Station) -> None:
    accounts = [site.account for site in demo_sites.SITES]
    results = await asyncio.gather(*(_once(station, account) for account in accounts))
    failed = {a: code for a, (code, _) in zip(accounts, results, strict=True) if code != 0}
    assert failed == {}
    # The busy keyholder of 1002 was asked once, the silent premises twice, at the far end.
    assert len(await station.seen(demo_sites.number("1002", 0))) == 2
    assert len(await station.seen(demo_sites.number("1002", 1))) == 1
    assert len(await station.seen(demo_sites.number("1007", 3))) == 1


async def test_phones_that_are_set_to_busy_make_the_demo_say_so(station: Station) -> None:
    for place in range(4):
        await station.phone(demo_sites.number("1001", place), "busy", after_s=0)
    code, _ = await _once(station, "1001")
    assert code == 1
