"""GDPR, art. 17: after somebody is erased nothing in the data folder names them or has their voice,
and the logbook is whole; looked for in the bytes of every file.

By itself: an erasure takes the sounds of sentences away, which others would look for meanwhile.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callflow.core.signals.signal import Kind
from tests.support.attacks import chaos
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

NAME = "Zébulon Quercy"
MAY = {"*": ["cancel", "instruct"]}


def traces(folder: Path, *needles: str) -> list[str]:
    """Files that have one of these in them, however it is kept."""
    wanted = {
        needle.encode(kind) for needle in needles for kind in ("utf-8", "latin-1", "utf-16-le")
    }
    wanted |= {json.dumps(needle).strip('"').encode() for needle in needles}
    network = folder / "asterisk" / "simulator"  # the telephone network's own, no part of a station
    files = [f for f in folder.rglob("*") if f.is_file() and not f.is_relative_to(network)]
    return [str(file) for file in files if _has(file, wanted)]


def _has(file: Path, wanted: set[bytes]) -> bool:
    try:
        data = file.read_bytes()
    except FileNotFoundError:  # a recording that was just wrapped, a turn that was heard
        return False
    return any(one in data for one in wanted)


async def test_an_erased_person_leaves_no_trace(station: Station, phones: Phones) -> None:
    account = sites.fresh("Z")
    client, other = await phones.at(sites.number(670)), await phones.at(sites.number(671))
    them = sites.contact(account, NAME, client.number, authorities=MAY) | {"id": f"{account}-zq"}
    people = [them, sites.contact(account, "Anne", other.number, rank=2)]
    await sites.put(station, account, sites.site(account, *people))
    local = f"0{client.number.removeprefix('+33')}"
    needles = (NAME, "ZEBULON", client.number[1:], local, them["id"])

    # they answer an alarm, speak, and are written of
    await station.send(account, "BA", "3")
    await client.picks_up()
    await client.expect_prompt("recognition", word="coquelicot")
    await client.expect_prompt("ask_code", first_s=1)
    await client.types("2580#")
    await client.expect_prompt("situation", kind=Kind.INTRUSION)
    await client.types("1")
    await client.expect_prompt("key_false_alarm", first_s=1)
    client.hangs_up()
    await client.is_hung_up()
    await station.until(lambda: station.incidents(account=account, state="awaiting_normal"))
    incident = await station.incident(account)
    note = {"text": "M. ZEBULON rappellera"}
    (await station.api.post(f"/incidents/{incident['id']}/note", json=note)).raise_for_status()
    call = incident["calls"][0]["id"]
    recordings = station.data_dir / "recordings"
    await station.until(lambda: list(recordings.glob(f"*/{call}.wav")))
    assert traces(station.data_dir, *needles)

    erased = await station.cli("person", "erase", them["id"], "--reason", "asked for by letter")
    assert erased.strip().startswith("erased-")
    waiting = "SELECT 1 FROM erasure WHERE done_at IS NULL"
    await station.until(lambda: not chaos.query(station, waiting), 90)
    assert traces(station.data_dir, *needles) == []
    assert list(recordings.rglob(f"{call}*")) == []
    assert "the logbook is whole" in await station.cli("logbook", "verify")
