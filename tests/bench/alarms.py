"""``alarm-to-ring``: from a panel's last byte to the phone's INVITE at the far end.

Each round is a whole instance (``callflow demo``) with sites put in by ``callflow site import``.
Beside each load stands the floor: the same arrivals, as bare Originates on the same Asterisk.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callflow.core.signals.panel import event_data, message
from ivr.asterisk import control
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.network_log import SeenCall
from ivr.asterisk.simulator import Behaviour, Phone, Simulator
from tests.bench.kit import cpu, pace
from tests.bench.kit.figures import Report, Row, percentile, say, spread
from tests.bench.kit.floor import Floor
from tests.bench.kit.pace import Load
from tests.support.stations.station import Station

NAME = "alarm-to-ring"
ROUNDS = 3
LOADS = (
    Load("1/s", 30, 30.0),
    Load("25/s", 750, 30.0),
    Load("burst 300 in 5 s", 300, 5.0, crowd=True, vital_percent=10),
)
#: Trunk channels of the instance: the burst is all up at once.
CHANNELS = 400
#: Who answers types the code, then that it is a false alarm, and hangs up.
KEYS = "2580#w1h"
_RINGS_S = 0.2
#: Seconds for what was sent to be dialled, and for the last call to end.
_PATIENCE = 240.0


def number(place: int, *, floor: bool) -> str:
    """A number of the range kept for fiction: sites have 2000 up, the floor 6000 up."""
    return f"+3363998{(6000 if floor else 2000) + place:04d}"


def account(place: int) -> str:
    """The account, and the id, of a site."""
    return f"{20000 + place}"


def site(place: int) -> dict[str, Any]:
    """A site with its premises' phone, as ``site import`` takes it."""
    name = account(place)
    premises = {
        "id": f"{name}-premises",
        "name": "Accueil du site",
        "role": "premises",
        "phone": number(place, floor=False),
        "code": "2580",
        "authorities": {"*": ["cancel", "inform"]},
    }
    return {
        "id": name,
        "name": f"Magasin numéro {place}",
        "client": "Les Magasins",
        "address": f"{place} rue de la Paix, 35000 Rennes",
        "recognition_word": "tournesol",
        "accounts": [{"account": name}],
        "zones": [{"account": name, "zone": "3", "name": "Hall"}],
        "contacts": [premises],
    }


class Bench:
    """One round on one running instance."""

    def __init__(self, station: Station, loads: Iterable[Load], seed: int) -> None:
        self.station, self.loads = station, list(loads)
        self.dice = random.Random(seed)
        self.network = Simulator(self._instance(Kind.SIMULATOR))
        self.talk_s = 8.0
        self._next = 0

    def _instance(self, kind: Kind) -> Instance:
        return Instance(kind=kind, data_dir=self.station.data_dir)

    async def run(self) -> Iterator[Row]:
        """Product and floor in turn, for each load."""
        await self.put_in(sum(load.count for load in self.loads) + 3)
        await self.learn()
        rows = []
        for load in self.loads:
            first = self.take(load.count)
            product = await self.product(load, first)
            bare = await self._floor(load, first)
            ratio = float(product["p50_ms"]) / float(bare["p50_ms"])
            rows += [{**product, "of_floor_p50": round(ratio, 1)}, bare]
        return iter(rows)

    def take(self, count: int) -> int:
        """The first of so many sites that nobody used yet."""
        self._next += count
        return self._next - count

    async def put_in(self, count: int) -> None:
        """So many sites with their phones, once their names are spoken."""
        file = self.station.data_dir / "bench-sites.json"
        file.write_text(json.dumps([site(place) for place in range(count)]))
        begun = time.monotonic()
        importing = await self.station._spawn("site", "import", str(file))
        assert await importing.wait() == 0
        say(f"{count} sites imported in {time.monotonic() - begun:.1f} s")
        await self._named(count)
        for place in range(count):
            for floor in (False, True):
                self.network.set_phone(self._phone(place, floor=floor))

    async def _named(self, count: int) -> None:
        """Until the sites' names and addresses are spoken, as in a station that runs."""
        folder = self.station.data_dir / "prompts" / "sentences"
        spoken, more_at = 0, time.monotonic()
        while spoken < 2 * count:
            await asyncio.sleep(1)
            before, spoken = spoken, sum(1 for _ in folder.glob("*/*.alaw"))
            if spoken > before:
                more_at = time.monotonic()
            elif time.monotonic() - more_at > _PATIENCE:
                raise TimeoutError(f"of {2 * count} names and addresses {spoken} are spoken")

    @staticmethod
    def _phone(place: int, *, floor: bool) -> Phone:
        called = number(place, floor=floor)
        return Phone(number=called, behaviour=Behaviour.ANSWER, after_s=_RINGS_S, keys=KEYS)

    async def learn(self) -> None:
        """Some calls to warm up; how long a dialogue lasts, so that the floor's calls do too."""
        self._next = 3
        await self._send(Load("warm-up", 3, 3.0), 0)
        await self._quiet({number(place, floor=False) for place in range(3)})
        talks = [
            (call.ended_at - call.answered_at).total_seconds()
            for call in self.network.calls()
            if call.answered_at and call.ended_at
        ]
        self.talk_s = percentile(talks, 0.5)
        say(f"a dialogue lasts {self.talk_s:.1f} s")

    # --- one load ---

    async def product(self, load: Load, first: int) -> Row:
        """What alarms wait until their phones ring, from site ``first`` on."""
        say(f"product, {load.name}")
        numbers = [number(first + place, floor=False) for place in range(load.count)]
        before = cpu.seconds(self.station)
        sent, acked, vital = await self._send(load, first)
        calls = await self._quiet(set(numbers))
        used = cpu.used(before, cpu.seconds(self.station))
        row = self._row("Callflow", load, numbers, sent, calls)
        row |= spread("ack_", (a - s for a, s in zip(acked, sent, strict=True)))
        if load.vital_percent:
            row |= _vital(numbers, sent, acked, vital, calls)
        say(f"CPU seconds: {used}")
        say(f"hops: {self._hops(first, load.count, sent, calls)}")
        return row

    async def _floor(self, load: Load, first: int) -> Row:
        say(f"floor, {load.name}")
        numbers = [number(first + place, floor=True) for place in range(load.count)]
        before = cpu.seconds(self.station)
        async with Floor(
            self._instance(Kind.STATION), self.station.base + 38, self._sound(), self.talk_s
        ) as floor:
            sent = await floor.run(load, numbers, self.dice)
            calls = await self._quiet(set(numbers))
        say(f"CPU seconds: {cpu.used(before, cpu.seconds(self.station))}")
        return self._row("bare Originate", load, numbers, sent, calls)

    def _sound(self) -> Path:
        """The longest prompt of a dialogue, without its extension."""
        files = (self.station.data_dir / "prompts" / "turns").glob("*.alaw")
        return max(files, key=lambda file: file.stat().st_size).with_suffix("")

    async def _send(self, load: Load, first: int) -> tuple[list[float], list[float], list[bool]]:
        """Panels send their alarms: when the last byte left, when the ACK came, which are vital."""
        sent, acked = [math.nan] * load.count, [math.nan] * load.count
        vital = [self.dice.randrange(100) < load.vital_percent for _ in range(load.count)]

        async def send(place: int) -> None:
            frame = _frame(account(first + place), "FA" if vital[place] else "BA")
            reader, writer = await asyncio.open_connection("127.0.0.1", self.station.base + 9)
            writer.write(frame)
            sent[place] = time.time()
            answer = await reader.readuntil(b"\r")
            acked[place] = time.time()
            assert b'"ACK"' in answer, answer
            writer.close()

        await pace.run(load.offsets(self.dice), send)
        return sent, acked, vital

    async def _quiet(self, numbers: set[str]) -> dict[str, SeenCall]:
        """Once all were called and no channel is left: the first call of each number."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                await asyncio.sleep(0.5)
                if self._channels():
                    continue
                first: dict[str, SeenCall] = {}
                for call in self.network.calls():
                    first.setdefault(call.to, call)
                if numbers <= first.keys():
                    return {called: first[called] for called in numbers}

    def _channels(self) -> int:
        socket = self._instance(Kind.STATION).control_socket
        return int(control.command(socket, "core show channels count").split()[0])

    def _row(
        self,
        who: str,
        load: Load,
        numbers: list[str],
        sent: list[float],
        calls: dict[str, SeenCall],
    ) -> Row:
        waits = [calls[n].at.timestamp() - at for n, at in zip(numbers, sent, strict=True)]
        return {
            "load": load.name,
            "who": who,
            "sent": load.count,
            "dialled": len(calls),
            "most_up": _most_up(calls.values()),
            **spread("", waits),
        }

    def _hops(
        self, first: int, count: int, sent: list[float], calls: dict[str, SeenCall]
    ) -> dict[str, float]:
        """Medians, in ms, of the time until each hop began."""
        file = self.station.data_dir / "callflow.db"
        if not file.exists():  # on PostgreSQL
            return {}
        rows = sqlite3.connect(file).execute(
            'SELECT s.account, s.received_at, s.correlated_at, c.placed_at, c."to" FROM signal s'
            " JOIN call c ON c.incident_id = s.incident_id AND c.attempt = 1"
            " WHERE c.step = 'counter_call'"
        )
        found: dict[str, list[float]] = {"received": [], "correlating": [], "claiming": []}
        found["invite"] = []
        for name, received, correlated, placed, to in rows:
            place = int(name) - int(account(0)) - first
            if 0 <= place < count and placed is not None:
                at = [_unix(received), _unix(correlated), _unix(placed), calls[to].at.timestamp()]
                before = [sent[place], *at]
                for hop, since, until in zip(found, before, at, strict=False):
                    found[hop].append((until - since) * 1000)
        return {hop: round(percentile(values, 0.5), 1) for hop, values in found.items()}


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _frame(name: str, code: str) -> bytes:
    data, blocks = event_data("SIA-DCS", name, code, "3")
    return message("SIA-DCS", name, data, sequence=1, blocks=blocks)


def _most_up(calls: Iterable[SeenCall]) -> int:
    """How many of these calls were up at once at most."""
    changes = []
    for call in calls:
        changes.append((call.at, 1))
        if call.ended_at is not None:
            changes.append((call.ended_at, -1))
    up = most = 0
    for _, change in sorted(changes):
        up += change
        most = max(most, up)
    return most


def _vital(
    numbers: list[str],
    sent: list[float],
    acked: list[float],
    vital: list[bool],
    calls: dict[str, SeenCall],
) -> Row:
    """How long vital alarms and the others waited, and how many vital ones were overtaken.

    Overtaken: another alarm, sent when the vital one was acknowledged already, rang before it.
    """
    rang = [calls[called].at.timestamp() for called in numbers]
    waits: dict[bool, list[float]] = {True: [], False: []}
    for is_vital, since, until in zip(vital, sent, rang, strict=True):
        waits[is_vital].append((until - since) * 1000)
    others = [(since, until) for v, since, until in zip(vital, sent, rang, strict=True) if not v]
    overtaken = sum(
        any(since > known and until < my_ring for since, until in others)
        for is_vital, known, my_ring in zip(vital, acked, rang, strict=True)
        if is_vital
    )
    return {
        "vital_p50_ms": round(percentile(waits[True], 0.5), 1),
        "vital_max_ms": round(max(waits[True]), 1),
        "other_p50_ms": round(percentile(waits[False], 0.5), 1),
        "vital_overtaken": overtaken,
    }


async def _round(seed: int, loads: Iterable[Load]) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
        settings = {"CALLFLOW_TRUNK_CHANNELS": str(CHANNELS), "CALLFLOW_LOG_LEVEL": "WARNING"}
        async with Station(Path(folder), settings) as station:
            return list(await Bench(station, loads, seed).run())


def run(rounds: int = ROUNDS, only: str = "") -> Report:
    """All loads, ``rounds`` times."""
    report = Report(NAME, ("load", "who"))
    loads = [load for load in LOADS if load.name.startswith(only)]
    for place in range(rounds):
        say(f"round {place + 1} of {rounds}, seed {place}")
        report.rounds += asyncio.run(_round(place, loads))
    report.notes.append(
        "From the panel's last byte (floor: the Originate's) to the INVITE at the simulated "
        "network; aim: p50 within 3 floors or 30 ms, p99 within 300 ms at 25/s."
    )
    return report
