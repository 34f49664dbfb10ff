"""Who says *false alarm* without the authority to cancel hears that the alarm goes on (D3)."""

from __future__ import annotations

import pytest

from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


@together
async def test_the_keyholder_hears_that_it_goes_on_and_the_next_one_rings(
    station: Station, phones: Phones
) -> None:
    account = sites.fresh("A")
    neighbour = await phones.at(sites.number(690))
    owner = sites.number(691)
    await station.phone(owner, "answer", after_s=1, keys="2580#www1")
    may = {"*": ["inform"]}
    await sites.put(
        station,
        account,
        sites.site(
            account,
            sites.contact(account, "Voisin", neighbour.number, rank=1, authorities=may),
            sites.contact(account, "Camille", owner, rank=2),
        ),
    )
    await station.send(account, "BA", "3")
    await neighbour.picks_up()
    await neighbour.expect_prompt("ask_code")
    await neighbour.types("2580#")
    await neighbour.expect_prompt("code_ok")
    await neighbour.types("1")
    await neighbour.expect_prompt("key_no_authority")
    await neighbour.is_hung_up()
    await station.until(lambda: station.seen(owner), within=60)
    first = (await station.incident(account))["calls"][0]
    assert first["outcome"] == "verified_no_authority"
