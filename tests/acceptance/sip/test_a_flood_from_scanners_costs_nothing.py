"""Six thousand packets of scanners: all counted, none kept, and a caller is answered meanwhile."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.support.attacks.hostile import PREMIUM, Carrier, CarrierStation
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.sip.raw_sip import RawSip, sdp
from tests.support.stations.station import DESKS, DUTY

pytestmark = pytest.mark.asyncio(loop_scope="package")

_PACKETS, _AT_ONCE = 6000, 60
#: A third of each: registrations, calls to a number that costs, broken messages.
_BROKEN = b"INVITE sip:x SIP/2.0\r\nVia: broken\r\nFrom:;;\r\n\r\n"


async def test_a_flood_costs_nothing_and_a_caller_is_answered(
    station: CarrierStation, carrier: Carrier, phones: Phones
) -> None:
    asterisk = Asterisk(station)
    calls, before = len(await station.seen()), await refused(station)
    logged = told(station)
    phone = await phones.at(sites.number(760))
    spent, held, written = asterisk.cpu(), asterisk.memory(), asterisk.disk()

    async with RawSip(station.base + 60) as scanner:
        heard = asyncio.Event()
        flood = asyncio.create_task(flooded(station, scanner, heard))
        try:  # In the midst of it a person calls, and hears the menu.
            await station.until(lambda: len(scanner.responses) > _PACKETS // 10)
            await phone.calls_the_station()
            await phone.expect_prompt("welcome", first_s=0.6, station="Callflow")
        finally:
            heard.set()
            sent = await flood
        phone.hangs_up()
        await phone.is_hung_up()

        wanted = {"unknown": sent // 3 * 2, "malformed": sent // 3}
        await station.until(lambda: grown(station, before, wanted), within=15)
        assert scanner.requests == []
    assert asterisk.cpu() - spent < sent / 1000, "a thousandth of a second each"
    assert asterisk.memory() - held < 5 * sent, "kB"
    # The log is cut as soon as nobody knocks any more.
    await station.until(lambda: asterisk.disk() - written < 1_000_000, within=15)
    assert told(station) - logged <= 2, "lines in our own log"
    assert asterisk.lives()
    # The caller may have rung the desks meanwhile; nobody rang anything else.
    rung = {call["to"] for call in (await station.seen())[calls:]}
    rung |= {f"+{line.split(':')[1].partition('@')[0]}" for line in carrier.invites}
    assert rung <= {*DESKS, DUTY}


async def flooded(station: CarrierStation, scanner: RawSip, heard: asyncio.Event) -> int:
    """As fast as it is answered: what the kernel drops would prove nothing. Until the caller has
    heard the menu; how many were sent, ``_PACKETS`` at least."""
    here = f"127.0.0.1:{station.base + 60}"
    serial = 0
    while serial < _PACKETS or not heard.is_set():
        for n in range(serial, serial + _AT_ONCE):
            sender = f'"sipvicious" <sip:{100 + n % 900}@203.0.113.9>'
            if n % 3 == 0:
                scanner.request("REGISTER", f"sip:{here}", sender=sender)
            elif n % 3 == 1:
                offer = sdp(scanner.port)
                scanner.request("INVITE", f"sip:{PREMIUM}@{here}", sender=sender, body=offer)
            else:
                scanner.send(_BROKEN)
        serial += _AT_ONCE
        expected = serial // 3 * 2
        await station.until(lambda: len(scanner.responses) >= expected)  # noqa: B023
    return serial


async def refused(station: CarrierStation) -> dict[str, int]:
    counts = await station.refused()
    return {why: counts[why] for why in ("unknown", "malformed")}


async def grown(station: CarrierStation, before: dict[str, int], by: dict[str, int]) -> bool:
    now = await refused(station)
    return {why: now[why] - before[why] for why in now} == by


def told(station: CarrierStation) -> int:
    return (station.data_dir / "logs" / "telephony.log").read_text().count('"sip.refused"')


class Asterisk:
    """The station's own, as the kernel sees it."""

    def __init__(self, station: CarrierStation) -> None:
        self._folder = station.data_dir / "asterisk" / "station"
        self._pid = int((self._folder / "callflow.pid").read_text())

    def cpu(self) -> float:
        """Seconds that it has run."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Resident, in kB."""
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    def disk(self) -> int:
        """Bytes of its log."""
        return sum(file.stat().st_size for file in (self._folder / "log").rglob("*"))

    def lives(self) -> bool:
        return int((self._folder / "callflow.pid").read_text()) == self._pid and (
            Path(f"/proc/{self._pid}").exists()
        )
