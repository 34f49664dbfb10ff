"""A carrier of another make asks for a password at each REGISTER and INVITE: calls go both ways,
and keys are heard at both ends."""

from __future__ import annotations

import pytest

from tests.support.pages.administrator import administrator_of_forms
from tests.support.rows import sites
from tests.support.sip.kamailio import OTHER, PASSWORD, USERNAME, Kamailio
from tests.support.stations.carrier_station import SHOWN, Gateway, RegisteredStation

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_we_call_and_keys_go_both_ways(
    station: RegisteredStation, carrier: Kamailio, gateway: Gateway
) -> None:
    account, number = sites.fresh("K"), sites.number(780)
    await station.site(account, number)
    await station.send(account, "BA", "3")
    await gateway.picks_up()
    await gateway.expect_prompt("greeting", station="Callflow")
    (live,) = await station.calls(account)
    await station.presses(live["id"], "42")
    await station.until(lambda: gateway.line.keys_heard == ["4", "2"])
    await gateway.types("2580#")
    await gateway.expect_prompt("code_ok")
    await gateway.types("1")
    await gateway.is_hung_up()
    (call,) = await station.ended(account, 1)
    assert (call["trunk"], call["outcome"]) == ("carrier", "verified_ok")
    # From has the account, as the carrier wants it; the number that is shown stands beside it.
    assert f"outward to={number.lstrip('+')} from={USERNAME}" in carrier.log
    assert f"asserted=<sip:{SHOWN.lstrip('+')}@" in carrier.log


async def test_they_call_and_are_heard(station: RegisteredStation, gateway: Gateway) -> None:
    before = await station.dialogues()
    await gateway.calls_the_station()
    await gateway.expect_prompt("welcome", first_s=2.0, station="Callflow")
    gateway.hangs_up()
    await gateway.is_hung_up()
    assert await station.dialogues() == before + 1


async def test_no_secret_stands_where_somebody_reads(station: RegisteredStation) -> None:
    """Not in a page, health, logs, nor the words of a process."""
    health = await station.api.get("/health")
    assert health.json()["trunks"][0]["registered"] is True
    told = [health.text]
    logs = (*station.data_dir.glob("logs/*"), *station.data_dir.glob("asterisk/*/log/*"))
    told += [file.read_text(errors="replace") for file in logs if file.is_file()]
    told += [" ".join(words) for _, words in station.processes()]
    async with administrator_of_forms(station) as chief:
        page = (await chief.see("/settings/trunks?lang=fr")).text
        assert "enregistré" in page
        told.append(page)
    assert not any(PASSWORD in text for text in told)
    for file in station.data_dir.rglob("pjsip*.conf"):
        assert file.stat().st_mode & 0o077 == 0


async def test_the_same_over_tcp(
    station: RegisteredStation, carrier: Kamailio, gateway: Gateway
) -> None:
    """By the trunk's test, which goes over it alone; its number stands in From."""
    number = sites.number(785)
    await station.until(lambda: station.is_registered("stream"))
    await station.site(sites.fresh("K"), number)
    async with administrator_of_forms(station) as chief:
        form = {"trunk": "stream", "number": number}
        assert (await chief.fill("/settings/trunks", "/settings/trunks", **form)).is_redirect
    await gateway.picks_up()
    await gateway.expect_prompt("greeting", station="Callflow")
    gateway.hangs_up()
    await gateway.is_hung_up()
    called = f"outward to={number.lstrip('+')} from={OTHER} asserted=<null> over tcp"
    assert called in carrier.log

    await gateway.calls_the_station(OTHER)
    await gateway.expect_prompt("welcome", first_s=2.0, station="Callflow")
    gateway.hangs_up()
    await gateway.is_hung_up()
    assert f"registers {OTHER} for 300 over tcp" in carrier.log
