"""``unshare --user --map-root-user --net python -m tests.support.sip.pbx_elsewhere FOLDER``: a
station whose calls an Asterisk of somebody else's makes, on another machine, set up as
docs/how-to/own-pbx.md has it.

Three network namespaces: the station's (this process's own), the PBX's, the carrier's. Ends with 0
where a person who was called spoke with the operator whose telephone is registered with the PBX,
and where somebody from outside was welcomed; else it says why.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import cast

from callflow.core.signals.signal import Kind
from ivr.asterisk import instance
from ivr.asterisk.instance import Instance
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.tree import AsteriskTree, find_or_fetch
from tests.support.checks import documented
from tests.support.phones import hearing, packet_sender
from tests.support.phones.packet_phone import PacketPhone
from tests.support.rows import sites
from tests.support.sip.translated import FarGateway, Space
from tests.support.stations.product import Product
from tests.support.stations.station import PATIENCE, Station

DOCUMENT = "docs/how-to/own-pbx.md"
#: As in the document.
STATION, PBX, CARRIER, TELEPHONE, NUMBER = (
    "10.20.0.6",
    "10.20.0.5",
    "203.0.113.20",
    "201",
    "33972000001",
)
GATE, BASE, SIP = "203.0.113.1", 8000, 5060
PERSON_HZ, DESK_HZ = 620.0, 1130.0


def given() -> dict[str, str]:
    """{name: text} of the files that the document gives."""
    return {block.file: block.text for block in documented.blocks(DOCUMENT) if block.file}


class Pbx:
    """An Asterisk that somebody set up by the document."""

    def __init__(self, folder: Path, tree: AsteriskTree) -> None:
        self.instance = Instance(kind=instance.Kind.STATION, data_dir=folder)
        self._process, self._tree = AsteriskProcess(self.instance, tree), tree
        self.instance.make_folders()

    def set_up(self) -> None:
        """Its own files, beside ours."""
        own = {
            "asterisk.conf": self._places(),
            "modules.conf": "[modules]\nautoload = yes\n",
            "logger.conf": "[logfiles]\nmessages = notice,warning,error,verbose\n",
        }
        for name, text in {**given(), **own}.items():
            (self.instance.etc / name).write_text(text, encoding="utf-8")

    def _places(self) -> str:
        place, tree, own = self.instance, self._tree, self.instance.folder
        places = {"etc": place.etc, "mod": tree.modules, "data": tree.data, "run": place.run}
        places |= {"varlib": own / "db", "db": own / "db", "key": own / "db", "agi": own / "db"}
        places |= {"spool": own / "spool", "log": place.log}
        return "".join(["[directories]\n", *(f"ast{n}dir => {p}\n" for n, p in places.items())])

    def start(self, machine: Space) -> None:
        with machine.inside():
            self._process.start()
        self._process.wait_ready(60)

    def stop(self) -> None:
        self._process.stop()

    @property
    def log(self) -> str:
        return (self.instance.log / "messages").read_text(errors="replace")[-6000:]


def lay_cables(pbx: Space, carrier: Space) -> None:
    """The station and the PBX on one, the PBX and the carrier on another."""

    def here(*words: str) -> None:
        subprocess.run(words, check=True)

    here("ip", "link", "add", "s0", "type", "veth", "peer", "name", "p0")
    here("ip", "link", "add", "p1", "type", "veth", "peer", "name", "c0")
    here("ip", "link", "set", "p0", "netns", pbx.pid)
    here("ip", "link", "set", "p1", "netns", pbx.pid)
    here("ip", "link", "set", "c0", "netns", carrier.pid)
    for run, link, address in (
        (here, "s0", STATION),
        (pbx.run, "p0", PBX),
        (pbx.run, "p1", GATE),
        (carrier.run, "c0", CARRIER),
    ):
        run("ip", "address", "add", f"{address}/24", "dev", link)
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "set", link, "up")
    carrier.run("ip", "route", "add", "default", "via", GATE)


async def work(folder: Path, machine: Space, beyond: Space) -> None:
    """The station begins, then its PBX: a call each way."""
    config = folder / "callflow.toml"
    config.write_text(given()["callflow.toml"], encoding="utf-8")
    environment = {**PATIENCE, "CALLFLOW_CONFIG": str(config)}
    product = Product(folder / "station", environment, base=BASE)
    pbx = Pbx(folder / "pbx", find_or_fetch())
    await product.cli("asterisk", "render", str(pbx.instance.etc))
    pbx.set_up()
    pbx.start(machine)
    try:
        async with product:

            async def is_up() -> bool:
                return bool((await product.api.get("/health")).json()["asterisk"] == "up")

            await product.until(is_up, within=60)
            # A phone and a site ask of it what every product has.
            await _calls(cast(Station, product), folder, beyond)
    except BaseException:
        print(pbx.log)
        raise
    finally:
        pbx.stop()


async def _calls(station: Station, folder: Path, beyond: Space) -> None:
    (folder / "desk").mkdir()
    desk = PacketPhone(
        station,
        TELEPHONE,
        folder / "desk",
        registrar=f"{PBX}:{SIP}",
        host=STATION,
        password="another long one",
    )
    person = FarGateway(
        station,
        "33639981177",
        folder,
        registrar=f"{PBX}:{SIP}",
        port=SIP,
        host=CARRIER,
        space=beyond,
    )
    await desk.start()
    await person.start()
    await _we_call(station, person, desk)
    await _they_call(person)
    await person.stop()
    await desk.stop()


async def _we_call(station: Station, person: FarGateway, desk: PacketPhone) -> None:
    account = "T1"
    contact = sites.contact(account, "Camille", sites.number(790))
    await sites.put(station, account, sites.site(account, contact))
    await station.alarm(account)
    await person.picks_up()
    await person.expect_prompt("ask_code", first_s=1)
    await person.types("2")
    await person.expect_prompt("hold_the_line")
    await desk.picks_up()
    await desk.expect_prompt(
        "desk_person", kind=Kind.INTRUSION, site="Fromagerie du Vallon", written="fr", count=1
    )
    await desk.types("1")
    await desk.expect_prompt("connecting")
    person.plays(hearing.tone(PERSON_HZ, seconds=2), "tone")
    desk.plays(hearing.tone(DESK_HZ, seconds=2), "tone")
    await asyncio.gather(desk.hears_tone(PERSON_HZ), person.hears_tone(DESK_HZ))
    person.hangs_up()
    await desk.is_hung_up()


async def _they_call(person: FarGateway) -> None:
    await person.calls_the_station(NUMBER)
    await person.expect_prompt("welcome", first_s=2.0, station="Callflow")
    person.hangs_up()
    await person.is_hung_up()


def main() -> None:
    machine, beyond = Space(), Space()
    try:
        lay_cables(machine, beyond)
        asyncio.run(work(Path(sys.argv[1]), machine, beyond))
    finally:
        packet_sender.end()
        machine.close()
        beyond.close()


if __name__ == "__main__":
    main()
