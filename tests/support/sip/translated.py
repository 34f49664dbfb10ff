"""``unshare --user --map-root-user --net python -m tests.support.sip.translated FOLDER``: a station
behind a router that translates addresses, and a carrier beyond it that heeds nothing of that.

Three network namespaces: the station's (this process's own), the router's (nftables: what goes out
has its address, SIP and sound that come in are passed on, as the documentation says), and the
carrier's.
Ends with 0 where calls went both ways; else it says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from tests.support.phones import packet_sender
from tests.support.phones.packet_call import Media
from tests.support.phones.packet_line import open_media
from tests.support.rows import sites
from tests.support.sip.kamailio import PASSWORD, USERNAME, Kamailio
from tests.support.sip.trunks import ONE_CALL
from tests.support.stations.carrier_station import Gateway
from tests.support.stations.product import Product
from tests.support.stations.station import PATIENCE, Station

_NEWNET = 0x40000000
INSIDE, GATE, OUTSIDE, CARRIER = "10.91.0.2", "10.91.0.1", "198.51.100.1", "198.51.100.20"
BASE, SIP, GATEWAY_PORT = 12000, 12060, 6000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Space:
    """A network namespace, which lives as long as a child that sleeps in it."""

    def __init__(self) -> None:
        self._sleeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        own = Path("/proc/self/ns/net").readlink()
        while Path(self.path).readlink() == own:
            os.sched_yield()

    @property
    def path(self) -> str:
        return f"/proc/{self._sleeper.pid}/ns/net"

    @property
    def pid(self) -> str:
        return str(self._sleeper.pid)

    @property
    def enter(self) -> tuple[str, ...]:
        return ("nsenter", f"--net={self.path}")

    def run(self, *words: str) -> None:
        subprocess.run([*self.enter, *words], check=True)

    def close(self) -> None:
        self._sleeper.kill()
        self._sleeper.wait()

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """What this thread opens meanwhile is there."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(self.path, os.O_RDONLY)
        try:
            assert _LIBC.setns(there, _NEWNET) == 0
            yield
        finally:
            assert _LIBC.setns(home, _NEWNET) == 0
            os.close(home)
            os.close(there)


@dataclass(eq=False)
class FarGateway(Gateway):
    """The carrier's, in its namespace."""

    space: Space = field(kw_only=True)

    def _open(self) -> socket.socket:
        with self.space.inside():
            return super()._open()

    def _media(self) -> Media:
        with self.space.inside():
            return open_media(self.host)


def _run(*words: str) -> None:
    subprocess.run(words, check=True)


def lay_cables(router: Space, carrier: Space) -> None:
    """The station on one side of the router, the carrier on the other."""
    _run("ip", "link", "set", "lo", "up")
    for near, far, there in (("s0", "r0", router), ("c0", "r1", router)):
        _run("ip", "link", "add", near, "type", "veth", "peer", "name", far)
        _run("ip", "link", "set", far, "netns", there.pid)
    _run("ip", "link", "set", "c0", "netns", carrier.pid)
    for space, link, address in (
        (router, "r0", GATE),
        (router, "r1", OUTSIDE),
        (carrier, "c0", CARRIER),
    ):
        space.run("ip", "address", "add", f"{address}/24", "dev", link)
        space.run("ip", "link", "set", "lo", "up")
        space.run("ip", "link", "set", link, "up")
    _run("ip", "address", "add", f"{INSIDE}/24", "dev", "s0")
    _run("ip", "link", "set", "s0", "up")
    _run("ip", "route", "add", "default", "via", GATE)
    router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    for rule in (
        "add table ip nat",
        "add chain ip nat in { type nat hook prerouting priority -100; }",
        "add chain ip nat out { type nat hook postrouting priority 100; }",
        f"add rule ip nat in iifname r1 udp dport {{ {SIP}, {BASE + 2000}-{BASE + 2999} }}"
        f" dnat to {INSIDE}",
        "add rule ip nat out oifname r1 masquerade",
    ):
        router.run("nft", rule)


def trunk(password_file: Path) -> str:
    """As the documentation has it for a station behind address translation."""
    return (
        f'[{{"name": "carrier", "address": "{CARRIER}", "username": "{USERNAME}",'
        f' "password_file": "{password_file}", "register": true, "identity": "pai",'
        f' "machine_number": "+{USERNAME}", "external_address": "{OUTSIDE}",'
        ' "local_networks": ["10.91.0.0/24", "127.0.0.0/8"]}]'
    )


async def calls_go_both_ways(folder: Path, beyond: Space) -> None:
    secret = folder / "password"
    secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
    secret.chmod(0o600)
    environment = {
        **PATIENCE,
        "CALLFLOW_SIP_BIND": INSIDE,
        "CALLFLOW_SIP_ALLOW": "10.91.0.0/24",
        "CALLFLOW_TRUNKS": trunk(secret),
    }
    # A phone and a site ask of it what every product has.
    station = cast(Station, Product(folder / "station", environment, base=BASE))
    async with (
        Kamailio(
            folder=folder,
            gateway=GATEWAY_PORT,
            host=CARRIER,
            gateway_host=CARRIER,
            port=5060,
            through=beyond.enter,
        ) as carrier,
        station,
    ):

        async def is_registered() -> bool:
            (row,) = (await station.api.get("/health")).json()["trunks"]
            return (row["registered"], row["state"]) == (True, "up")

        await station.until(is_registered, within=60)
        assert f"at <sip:{USERNAME}@{OUTSIDE}:{SIP}> from {OUTSIDE}" in carrier.log, carrier.log
        phone = FarGateway(
            station,
            "33639981234",
            folder,
            registrar=f"{CARRIER}:5060",
            port=GATEWAY_PORT,
            host=CARRIER,
            space=beyond,
        )
        await phone.start()
        await _we_call(station, phone)
        await _they_call(phone)
        await phone.stop()


async def _we_call(station: Station, phone: FarGateway) -> None:
    account = "T1"
    await station.put(f"/plans/{ONE_CALL['id']}", ONE_CALL)
    premises = sites.premises(account, sites.number(790))
    body = sites.site(account, premises, plans={"*": ONE_CALL["id"]})
    await sites.put(station, account, body)
    await station.alarm(account)
    await phone.picks_up()
    assert f"c=IN IP4 {OUTSIDE}" in phone.call.invite, phone.call.invite
    assert INSIDE not in phone.call.invite, phone.call.invite
    await phone.expect_prompt("greeting", station="Callflow")
    await phone.types("2580#")
    await phone.expect_prompt("code_ok")
    await phone.types("1")
    await phone.is_hung_up()


async def _they_call(phone: FarGateway) -> None:
    await phone.calls_the_station()
    await phone.expect_prompt("welcome", first_s=2.0, station="Callflow")
    phone.hangs_up()
    await phone.is_hung_up()


def main() -> None:
    router, beyond = Space(), Space()
    try:
        lay_cables(router, beyond)
        asyncio.run(calls_go_both_ways(Path(sys.argv[1]), beyond))
    finally:
        packet_sender.end()
        router.close()
        beyond.close()


if __name__ == "__main__":
    main()
