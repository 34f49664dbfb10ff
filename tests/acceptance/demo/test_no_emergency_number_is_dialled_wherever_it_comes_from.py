"""No machine dials an emergency number, wherever it comes from: 0 INVITEs, and a human is told why.

The API takes no such number; here it stands in the rows all the same, as a fault of ours or an
attacker would leave it: in contacts, an instruction, the directory, the settings and a call's row.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.calls.dial_policy import BY_A_PERSON, EMERGENCY, NOT_FULL
from callflow.demo import sites as demo_sites
from tests.support.rows import sites
from tests.support.stations.station import DESKS, DUTY, Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Spelled in as many ways as one site has people.
SPELLINGS = (
    "112", "+3317", "+33 1 1 4", "１５", "+33000000196", "tel:18", "191;isub=1", "\u200f119",
    "0033 116117",
)  # fmt: skip
ORDINARY, LINE = sites.number(991), sites.number(917)
SETTING = "UPDATE setting SET value = ? WHERE name = ?"
REASON_FR = "un numéro d'urgence n'est composé que par une personne"


class Rows:
    """The station's database, written to past every rule of the product."""

    def __init__(self, station: Station) -> None:
        self._file = station.data_dir / "callflow.db"

    def force(self, statement: str, *values: Any) -> None:
        with contextlib.closing(sqlite3.connect(self._file, timeout=20)) as database, database:
            done = database.execute(statement, values)
            assert done.rowcount == 1, statement

    @contextlib.contextmanager
    def restored(self, *names: str) -> Iterator[None]:
        """These settings are afterwards as they were."""
        with contextlib.closing(sqlite3.connect(self._file, timeout=20)) as database:
            found = dict(database.execute("SELECT name, value FROM setting").fetchall())
        yield
        for name in names:
            self.force(SETTING, found[name], name)


async def an_alarm(station: Station, account: str, code: str = "BA") -> str:
    """The site is in alarm: the incident's path in the API."""
    await station.send(account, code, "3")
    incident = await station.incident(account)
    return f"/incidents/{incident['id']}"


async def shown(station: Station, path: str) -> dict[str, Any]:
    answer = await station.api.get(path)
    found: dict[str, Any] = answer.json()
    return found


async def refused(station: Station, path: str, why: str, times: int = 1) -> dict[str, Any]:
    """The incident once a human has it and its logbook says so often that a number was refused."""
    found: dict[str, Any] = {}

    async def told() -> bool:
        nonlocal found
        found = await shown(station, path)
        entries = [entry["text"] for entry in found["logbook"] if entry["kind"] == "dial_refused"]
        return found["with_human"] and sum(why in text for text in entries) >= times

    await station.until(told)
    return found


async def claimed(station: Station, path: str) -> None:
    """A human has taken it, as soon as that is possible."""

    async def takes() -> bool:
        return (await station.api.post(f"{path}/claim")).is_success

    await station.until(takes)


async def log_in(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/login", data={"name": "demo", "password": "callflow-demo"})
    assert answer.status_code == 303, answer.text


async def a_site(station: Station, people: int, **fields: Any) -> str:
    """A site with so many keyholders, all with an ordinary number; its account."""
    account = sites.fresh("E")
    contacts = [
        sites.contact(account, f"Person {place}", ORDINARY, rank=place + 1)
        for place in range(people)
    ]
    await sites.put(station, account, sites.site(account, *contacts, **fields))
    return account


async def test_no_emergency_number_is_dialled_wherever_it_comes_from(station: Station) -> None:
    rows, before = Rows(station), len(await station.seen())
    for number in (*DESKS, DUTY, ORDINARY, LINE):
        await station.phone(number, "answer", after_s=0, keys="ww1")
    await declare_services(station)
    sources = (from_contacts, by_hand, from_an_instruction, from_the_directory, from_a_call)
    await asyncio.gather(*(source(station, rows) for source in sources))
    with rows.restored("desk_phones", "duty_numbers", "other_target"):
        path = await from_the_settings(station, rows)
    await station.put("/services", {"lines": list(demo_sites.SERVICES)})

    async with httpx.AsyncClient(base_url=station.url, trust_env=False, timeout=20) as browser:
        await log_in(browser)
        page = (await browser.get(path)).text
        console = (await browser.get("/")).text
        for text in (page, console):
            assert REASON_FR in text.replace("&#39;", "'")

    dialled = {call["to"] for call in (await station.seen())[before:]}
    assert dialled <= {*DESKS, DUTY, ORDINARY}
    assert LINE not in dialled


async def declare_services(station: Station) -> None:
    lines = [
        {"id": service, "service": service, "name": service, "number": LINE, "place": "99"}
        for service in ("fire", "police")
    ]
    await station.put("/services", {"lines": lines})


async def from_contacts(station: Station, rows: Rows) -> None:
    account = await a_site(station, len(SPELLINGS))
    for place, spelled in enumerate(SPELLINGS):
        contact = f"{account}-person-{place}"
        rows.force("UPDATE contact SET phone = ? WHERE id = ?", spelled, contact)
    path = await an_alarm(station, account)
    found = await refused(station, path, "numéro", times=len(SPELLINGS))
    told = [e["text"] for e in found["logbook"] if e["kind"] == "dial_refused"]
    assert sum(REASON_FR in text for text in told) >= len(SPELLINGS)
    assert {call["outcome"] for call in found["calls"] if call["step"] != "queue"} == {"no_number"}


async def by_hand(station: Station, rows: Rows) -> None:
    """A number that turns into an emergency number between the asking and the trunk."""
    account = await a_site(station, 1)
    rows.force("UPDATE contact SET phone = '+33112' WHERE id = ?", f"{account}-person-0")
    path = await an_alarm(station, account)
    await refused(station, path, REASON_FR)
    await claimed(station, path)
    asked = await station.api.post(f"{path}/call", json={"contact": f"{account}-person-0"})
    assert asked.is_success, asked.text
    found = await refused(station, path, REASON_FR, times=2)
    assert [c["outcome"] for c in found["calls"] if c["step"] == "by_hand"] == ["no_number"]


async def from_an_instruction(station: Station, rows: Rows) -> None:
    account = await a_site(station, 1)
    now = clock.now().replace(tzinfo=None)
    agreed = {
        "id": uuid.uuid4().hex,
        "site_id": account,
        "kind": "number",
        "contact_id": f"{account}-person-0",
        "phone": "+33000015",
        "begins_at": now - timedelta(hours=1),
        "ends_at": now + timedelta(hours=1),
        "author": "test",
        "made_at": now,
    }
    names = ", ".join(agreed)
    marks = ", ".join("?" * len(agreed))
    values = [v.isoformat(" ") if isinstance(v, datetime) else v for v in agreed.values()]
    rows.force(f"INSERT INTO instruction ({names}) VALUES ({marks})", *values)
    path = await an_alarm(station, account)
    await refused(station, path, REASON_FR)


async def from_the_directory(station: Station, rows: Rows) -> None:
    rows.force("UPDATE service_line SET number = '+3318' WHERE id = 'fire'")
    account = await a_site(station, 1, postcode="99100")
    path = await an_alarm(station, account)
    await claimed(station, path)
    assert (await station.api.post(f"{path}/services/fire/call")).is_success
    await refused(station, path, REASON_FR)


async def from_a_call(station: Station, rows: Rows) -> None:
    """Rows as an attacker writes them: emergency numbers, the directory's, and anybody's."""
    account = await a_site(station, 1)
    path = await an_alarm(station, account)
    incident = path.rpartition("/")[2]
    wanted = [("117112", NOT_FULL), ("112", EMERGENCY), (LINE, BY_A_PERSON)]
    for to, _why in wanted:
        call = {
            "id": str(uuid.uuid4()),
            "incident_id": incident,
            "direction": "outgoing",
            "dialogue": "verification",
            "step": "by_hand",
            "to": to,
            "attempt": 1,
            "priority": 0,
            "trunk": "trunk",
            "node": "node0",
            "ring_time": 5.0,
            "state": "requested",
            "detail": "",
            "requester": "mallory",
            "requested_at": clock.now().replace(tzinfo=None).isoformat(" "),
        }
        names = ", ".join(f'"{name}"' for name in call)
        marks = ", ".join("?" * len(call))
        rows.force(f"INSERT INTO call ({names}) VALUES ({marks})", *call.values())
    found = await refused(station, path, "refusé", times=len(wanted))
    assert {c["outcome"] for c in found["calls"] if c["step"] == "by_hand"} == {"no_number"}


async def from_the_settings(station: Station, rows: Rows) -> str:
    """A desk phone that is an emergency number: unclaimed work rings it, and doesn't."""
    for name in ("desk_phones", "duty_numbers"):
        rows.force(SETTING, json.dumps(["+33112", "+3317"]), name)
    rows.force(SETTING, "3.0", "other_target")
    account = await a_site(station, 0)  # nobody to call: a human has it at once
    path = await an_alarm(station, account, "TA")
    found = await refused(station, path, REASON_FR)
    queued = [call for call in found["calls"] if call["step"] == "queue"]
    assert {call["outcome"] for call in queued} == {"no_number"}
    return path
