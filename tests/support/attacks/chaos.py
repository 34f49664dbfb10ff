"""Processes killed while alarms run: who is killed, what the far end saw, what must hold after."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import re
import signal
import sqlite3
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from callflow import clock
from callflow.core.calls.call import Direction
from callflow.core.calls.purpose import Purpose
from callflow.dispatch.wake import open_store
from callflow.settings.config import Settings
from callflow.storage import Store, schema
from callflow.vault import Vault
from ivr.asterisk import control, network_log
from ivr.asterisk.instance import Instance, Kind
from tests.support.stations.station import Station
from tests.support.suite.hold_ups import HoldUps, Parts

#: The people of these sites know it; its digits mean nothing elsewhere in a dialogue.
CODE = "7788"
#: A person who types again when the line asks again: what was typed to a dead server is lost.
SAYS_FALSE_ALARM = f"ww{CODE}#www1wwwww{CODE}#www1wwwww{CODE}#www1"

PLAN: dict[str, Any] = {
    "id": "crash",
    "name": "Crash",
    "steps": [
        {
            "id": "counter_call",
            "kind": "counter_call",
            "attempts": 2,
            "delay_s": 1,
            "ring_s": 5,
            "outcomes": {"verified_ok": "false_alarm", "exhausted": "keyholders"},
        },
        {
            "id": "keyholders",
            "kind": "call_list",
            "attempts": 1,
            "delay_s": 1,
            "ring_s": 5,
            "outcomes": {"verified_ok": "false_alarm", "exhausted": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
        {"id": "false_alarm", "kind": "close", "code": "false_alarm"},
    ],
}

#: What the phones of a site do: its premises, its first and its second keyholder.
Phones = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
ANSWERS = {"behaviour": "answer", "after_s": 1, "keys": SAYS_FALSE_ALARM}
RINGS = {"behaviour": "ring"}
BUSY = {"behaviour": "busy", "after_s": 0}
VOICEMAIL = {"behaviour": "voicemail", "after_s": 1}
HANGS_UP = {"behaviour": "hang_up", "after_s": 1}
STORIES: dict[str, Phones] = {
    "right code": (ANSWERS, RINGS, RINGS),
    "busy": (BUSY, BUSY, ANSWERS),
    "nobody there": (RINGS, ANSWERS, RINGS),
    "voicemail": (BUSY, VOICEMAIL, ANSWERS),
    "hung up": (HANGS_UP, ANSWERS, RINGS),
    "nobody at all": (BUSY, RINGS, BUSY),
}


def dice(name: str) -> random.Random:
    """Chance that can be had again: the seed is printed, CALLFLOW_TEST_SEED sets it."""
    seed = int(os.environ.get("CALLFLOW_TEST_SEED", random.randrange(1 << 32)))
    print(f"{name}: CALLFLOW_TEST_SEED={seed}")
    return random.Random(seed)


# --- processes ------------------------------------------------------------------------------------


def listener(port: int) -> int | None:
    """The process that listens on a TCP port of loopback."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and int(words[1].split(":")[1], 16) == port:
            inodes.add(f"socket:[{words[9]}]")
    return next(_holders(inodes), None) if inodes else None


def _holders(links: set[str]) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for handle in (folder / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if str(handle.readlink()) in links:
                        yield int(folder.name)


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One kill -9, and when another process did its work again."""

    at: datetime
    back_at: datetime
    pid: int
    new_pid: int

    @property
    def away(self) -> float:
        """Seconds."""
        return (self.back_at - self.at).total_seconds()


async def kill_listener(station: Station, port: int, within: float = 30.0) -> Kill:
    """kill -9 of who listens on a port; returns when somebody else does."""
    pid = listener(port)
    assert pid is not None, f"nobody listens on {port}"
    at = clock.now()
    os.kill(pid, signal.SIGKILL)
    await station.until(lambda: listener(port) not in (None, pid), within)
    found = listener(port)
    assert found is not None
    return Kill(at=at, back_at=clock.now(), pid=pid, new_pid=found)


def resynchronised(station: Station) -> list[datetime]:
    """When the telephony process had asked Asterisk what lives: ends are heard from there on."""
    lines = (station.data_dir / "logs" / "telephony.log").read_text().splitlines()
    told = [json.loads(line) for line in lines if '"calls.resynchronised"' in line]
    return [clock.from_iso(one["timestamp"]) for one in told]


async def kill_role(station: Station, role: str, within: float = 30.0) -> Kill:
    """kill -9 of a role without a port; returns when another process has begun to work."""
    (pid,) = station.pids(role)
    at = clock.now()
    os.kill(pid, signal.SIGKILL)

    def beats() -> bool:
        return bool(query(station, "SELECT 1 FROM process WHERE role=? AND pid<>?", role, pid))

    await station.until(beats, within)
    (found,) = station.pids(role)
    return Kill(at=at, back_at=clock.now(), pid=pid, new_pid=found)


@contextlib.asynccontextmanager
async def kept_dead(station: Station, role: str) -> AsyncIterator[None]:
    """A role that is killed again whenever the supervisor begins it: it never gets to work."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.1):
            station.kill(role)

    station.kill(role)
    # A thread of its own: what the test's loop does meanwhile lets nobody live longer.
    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield
    finally:
        over.set()
        await asyncio.to_thread(killer.join)


def query(station: Station, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows straight from the database: when no process of the product is there to be asked."""
    with contextlib.closing(sqlite3.connect(station.data_dir / "callflow.db", timeout=10)) as db:
        return db.execute(sql, values).fetchall()


def asterisk(station: Station, kind: Kind) -> Instance:
    """The paths of one of the instance's Asterisks."""
    return Instance(kind=kind, data_dir=station.data_dir)


def asterisk_pid(station: Station, kind: Kind = Kind.STATION) -> int:
    """The process of one of the instance's Asterisks."""
    return int(asterisk(station, kind).pid_file.read_text())


def alive(pid: int) -> bool:
    """Whether a process lives; a dead one that nobody collected doesn't."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def channels(station: Station, kind: Kind = Kind.STATION) -> list[str]:
    """The channels that live in one of the instance's Asterisks."""
    socket = asterisk(station, kind).control_socket
    return control.command(socket, "core show channels concise").splitlines()


async def no_channel_left(station: Station, within: float) -> None:
    """Every call ends by itself, on both sides."""

    def none() -> bool:
        return not any(channels(station, kind) for kind in Kind)

    await station.until(none, within)


async def verified(station: Station) -> None:
    """``callflow logbook verify`` finds nothing."""
    process = await station._spawn("logbook", "verify")
    assert await process.wait() == 0


# --- the sites ------------------------------------------------------------------------------------


@dataclass
class Town:
    """Sites and phones that are put in through the API alone; each site has one alarm."""

    station: Station
    letter: str = "K"
    stories: dict[str, str] = field(default_factory=dict)
    _serial: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    #: What was opened before is of others.
    _begun: str = field(default_factory=lambda: clock.now().isoformat())

    async def open(self, ring_s: int = 5) -> None:
        """The plan, in which the premises ring so long, and desk phones that pick up."""
        first, *others = PLAN["steps"]
        plan = {**PLAN, "steps": [{**first, "ring_s": ring_s}, *others]}
        await self.station.put("/plans/crash", plan)
        for number in ("+33639989901", "+33639989902", "+33639989910"):
            await self.station.phone(number, "answer", after_s=1, keys="ww1")

    async def site(self, story: str, phones: Phones | None = None, name: str = "") -> str:
        """A fresh site whose phones do what the story says; its account."""
        number = next(self._serial)
        account = f"{self.letter}{number:03d}"
        self.stories[account] = story
        for place, phone in enumerate(phones or STORIES[story]):
            await self.station.put(f"/simulator/phones/{self.number(account, place)}", phone)
        await self.station.put(f"/sites/{account}", self._body(account, name))
        return account

    def number(self, account: str, place: int) -> str:
        """0 the premises, 1 and 2 the keyholders."""
        return f"+336399{ord(self.letter) % 10}{int(account[1:]):03d}{place}"

    def _body(self, account: str, name: str) -> dict[str, Any]:
        contacts = [
            {
                "id": f"{account}-{place}",
                "name": f"Contact {place}",
                "role": "keyholder" if place else "premises",
                "rank": place + 1,
                "phone": self.number(account, place),
                "code": CODE,
                "authorities": {"*": ["cancel", "inform"]},
            }
            for place in range(3)
        ]
        return {
            "name": name or f"Site {account}",
            "recognition_word": "tournesol",
            "accounts": [{"account": account}],
            "contacts": contacts,
            "plans": {"*": "crash"},
        }

    async def alarm(self, account: str) -> None:
        """The site's panel sends its alarm, and is acknowledged."""
        reply = await self.station.send(account, text=account)
        assert reply.kind == "ACK"

    async def incidents(self, accounts: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Those of the town, oldest first."""
        wanted = set(self.stories if accounts is None else accounts)
        found = await self.station.incidents(since=self._begun)
        return [incident for incident in found if incident["account"] in wanted]

    async def all_over(self, accounts: Iterable[str] | None = None) -> bool:
        """Each alarm has one incident, which is closed by the plan or a human's, and silent."""
        wanted = set(self.stories if accounts is None else accounts)
        found = await self.incidents(wanted)
        return {i["account"] for i in found} == wanted and all(map(is_over, found))

    async def all_recorded(self) -> bool:
        """Each answered call has its recording, which was looked at."""
        calls = [call for incident in await self.incidents() for call in incident["calls"]]
        return all(call["recording"] for call in calls if call["answered_at"])


def is_over(incident: dict[str, Any]) -> bool:
    """Its plan does nothing more by itself, and it is closed with a code or a human's.

    The station's own phones ring for it now and again, for as long as nobody takes it.
    """
    mine = [call for call in incident["calls"] if call["step"] != Purpose.QUEUE]
    calls_over = all(call["ended_at"] is not None for call in mine)
    ended = incident["resolution_code"] is not None or (
        incident["with_human"] and incident["machine"] != "running"
    )
    return calls_over and ended


# --- what must hold -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One INVITE at the far end, with the call row that it belongs to."""

    to: str
    at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    row: dict[str, Any]

    def alive(self, at: datetime) -> bool:
        return self.at <= at and (self.ended_at is None or at < self.ended_at)

    def talking(self, at: datetime) -> bool:
        return self.alive(at) and self.answered_at is not None and self.answered_at <= at


def _instant(text: str | None) -> datetime | None:
    return clock.from_iso(text) if text else None


def far_end_now(station: Station, to: str) -> list[network_log.SeenCall]:
    """What the network saw of one number, without asking the web for it."""
    return [
        call for call in network_log.calls_seen(asterisk(station, Kind.SIMULATOR)) if call.to == to
    ]


def answered(station: Station, to: str) -> bool:
    """Whether a number has picked up."""
    return any(call.answered_at is not None for call in far_end_now(station, to))


async def far_end(station: Station, *, lingers: bool = False) -> list[Seen]:
    """Every INVITE, each matched with its row; what must hold whatever was killed, is checked.

    A number's INVITEs are at most its call rows, and two are never alive at once. With ``lingers``
    one of unknown fate may still be: its machine is gone, and told the network nothing.
    """
    seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for call in await station.seen():
        seen[call["to"]].append(call)
    # After what was seen: the row comes before the INVITE, and the desks ring meanwhile.
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for call in await _placed(station):
        rows[call["to"]].append(call)
    found: list[Seen] = []
    for number, invites in seen.items():
        mine = rows[number]
        assert len(invites) <= len(mine), f"{number} was called more often than asked for"
        found += _matched(number, invites, mine, lingers=lingers)
    return sorted(found, key=lambda call: call.at)


async def _placed(station: Station) -> list[dict[str, Any]]:
    """Every row of a call that went out, in their order, whoever asked for it: an incident, or a
    person who tries a trunk, whose call is no incident's."""
    c = schema.call.c
    query = select(schema.call).where(
        c.direction == Direction.OUTGOING.value, c.placed_at.is_not(None)
    )
    with store_of(station) as store:
        return await store.read(
            lambda tx: [dict(row._mapping) for row in tx.execute(query.order_by(c.placed_at))]
        )


@contextlib.contextmanager
def store_of(station: Station) -> Iterator[Store]:
    """The database of a station that runs, as one more process of its own."""
    url = station.environment.get("CALLFLOW_DATABASE_URL", "")
    settings = Settings(data_dir=station.data_dir, database_url=url)
    store = open_store(settings, Vault(settings.data_dir / "keys"))
    try:
        yield store
    finally:
        store.close()


def _matched(
    number: str, invites: list[dict[str, Any]], rows: list[dict[str, Any]], *, lingers: bool
) -> Iterator[Seen]:
    before: Seen | None = None
    left = list(rows)
    for invite in invites:
        at = clock.from_iso(invite["at"])
        # Of the rows that were placed before the INVITE, the newest: earlier ones had none.
        mine = [row for row in left if row["placed_at"] <= at]
        assert mine, f"{number}: an INVITE at {at} without a row"
        left = [row for row in left if row not in mine]
        call = Seen(
            to=number,
            at=at,
            answered_at=_instant(invite["answered_at"]),
            ended_at=_instant(invite["ended_at"]),
            row=mine[-1],
        )
        if before is not None and not (lingers and before.row["outcome"] == "unknown"):
            assert not before.alive(at), f"{number}: two calls alive at {at}"
        yield call
        before = call


def lags(incidents: list[dict[str, Any]], seen: list[Seen], away: Parts) -> list[float]:
    """Seconds from each step's falling due to its INVITE, while telephony was there.

    A request whose call came to nothing has the INVITE of the one that repeats it.
    """
    invites: dict[str, list[datetime]] = defaultdict(list)
    for call in seen:
        invites[call.to].append(call.at)
    found = []
    for incident in incidents:
        for entry in incident["logbook"]:
            if entry["kind"] != "call_requested":
                continue
            number = re.search(r"\+\d+", entry["text"])
            assert number is not None
            due = clock.from_iso(entry["at"])
            at = next((at for at in invites[number[0]] if at >= due), None)
            assert at is not None, f"{incident['account']}: {entry['text']}: no INVITE"
            found.append(wait(away, due, at))
    return found


def gaps(incidents: list[dict[str, Any]], seen: list[Seen], away: Parts) -> list[float]:
    """Seconds from the end of a call, at the far end, to the INVITE that the plan has follow.

    Less the plan's own pause, and less the time in which nobody was there. After a call of
    unknown fate *busy* is asked again later on purpose: left out.
    """
    steps = {step["id"]: step.get("delay_s", 0) for step in PLAN["steps"]}
    found = []
    for incident in incidents:
        unknown = any(call["outcome"] == "unknown" for call in incident["calls"])
        ids = {call["id"] for call in incident["calls"] if call["step"] in steps}
        mine = [call for call in seen if call.row["id"] in ids]
        for before, after in itertools.pairwise(mine):
            if before.ended_at is None or (unknown and before.row["outcome"] == "busy"):
                continue
            same = before.to == after.to
            pause = steps[after.row["step"]] if same else 0
            found.append(wait(away, before.ended_at, after.at) - pause)
    return found


def away_in(kills: list[Kill], hold_ups: HoldUps) -> Parts:
    """When nobody did the killed one's work, or the machine let nobody work."""
    return [*((kill.at, kill.back_at) for kill in kills), *hold_ups.parts()]


def wait(away: Parts, start: datetime | str, end: datetime) -> float:
    """Seconds between two instants, less those in which somebody was ``away``."""
    begin = clock.from_iso(start) if isinstance(start, str) else start
    return (end - begin).total_seconds() - _covered(away, begin, end)


def _covered(parts: Parts, start: datetime, end: datetime) -> float:
    """Seconds between two instants that lie in any of the parts, each counted once."""
    found = 0.0
    for since, until in sorted(parts):
        found += max(0.0, (min(end, until) - max(start, since)).total_seconds())
        start = max(start, until)
    return found


def figures(values: list[float]) -> str:
    """How they lie, for a person."""
    ordered = sorted(values)
    if not ordered:
        return "none"
    return f"n {len(ordered)}, p50 {ordered[len(ordered) // 2]:.2f} s, max {ordered[-1]:.2f} s"
