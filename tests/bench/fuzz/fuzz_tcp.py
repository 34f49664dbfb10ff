"""Mutated frames over TCP into the receiver of a running instance, an honest panel beside them."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from callflow.probes.panel import PanelClient
from tests.bench.fuzz import fuzz_judge
from tests.bench.fuzz.fuzz_judge import Kind
from tests.bench.fuzz.fuzz_mutants import KEYS, Mutants
from tests.bench.ingest import Served, run_process, serving
from tests.bench.kit import cpu
from tests.bench.kit.figures import Row, percentile, spread

#: Connections that send mutants, and the frames of one piece of writing.
LINES, PIECE = "abcdef", 40
#: The honest panel sends every so many seconds, and its answer is there within.
HONEST_EVERY, WITHIN_S = 0.02, 1.0
HONEST = "BEEF01"
_SENTINEL = b'"NULL"0000L0#FEED[]'


async def over_tcp(dice: random.Random, frames: int) -> tuple[Row, list[str]]:
    """Figures, and which invariants were broken."""
    async with serving("receiver", "engine") as served:
        await _import_keys(served)
        lines = [Line(Mutants(random.Random(dice.random()), name)) for name in LINES]
        for line in lines:
            line.prepare(frames // len(LINES))
        waits: list[float] = []
        honest = asyncio.create_task(_be_honest(served.port, waits))
        resident_before = resident(served.pids[0])
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(*(line.send(served.port) for line in lines))
        lasted = asyncio.get_running_loop().time() - begun
        broken = [f"the honest panel failed: {honest.exception()!r}"] if honest.done() else []
        honest.cancel()
        await asyncio.gather(honest, return_exceptions=True)
        for line in lines:
            line.judge()
        with closing(sqlite3.connect(served.data_dir / "callflow.db")) as rows:
            broken += _verdict(rows, lines, waits)
        row: Row = {"what": "tcp", "frames": sum(line.mutants.made for line in lines)}
        row |= {"per_s": round(sum(line.mutants.made for line in lines) / lasted)}
        row |= {"right": sum(len(line.right) for line in lines)}
        row |= {"events": sum(len(line.events()) for line in lines)}
        row |= spread("honest_ack_", waits)
        row |= {"rss_before_mb": round(resident_before / 1e6, 1)}
        row |= {"rss_end_mb": round(resident(served.pids[0]) / 1e6, 1)}
        row |= {"receiver_cpu_s": round(cpu.of_process(served.pids[0]), 1)}
    return row, broken


class Line:
    """One connection: what was sent, what of it is right, and what came back."""

    def __init__(self, mutants: Mutants) -> None:
        self.mutants = mutants
        self.right: list[bytes] = []
        self.answers: Counter[str] = Counter()
        self._pieces: list[bytes] = []
        self._received = bytearray()

    def prepare(self, frames: int) -> None:
        """Make the frames: while they are sent, this process only watches the clock."""
        while self.mutants.made < frames:
            piece = b"".join(self.mutants.marked(datetime.now(UTC)) for _ in range(PIECE))
            # A right frame ends whatever the last mutant began.
            self._pieces.append(piece + _framed(_SENTINEL) * 2)

    async def send(self, port: int) -> None:
        """Send them; returns when the last answer is there."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        reading = asyncio.create_task(self._read(reader))
        for piece in self._pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        await asyncio.wait_for(reading, 120)
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(1 << 16):
            self._received += data

    def judge(self) -> None:
        """Find what was right in what was sent, and what came back."""
        self.right = fuzz_judge.right_bodies(b"".join(self._pieces))
        for body in fuzz_judge.right_bodies(bytes(self._received)):
            self.answers[body.split(b'"')[1].decode()] += 1

    def events(self) -> set[str]:
        """The events in clear among what is right, as people are shown them."""
        kinds = (Kind.EVENT,)
        return {fuzz_judge.shown(b) for b in self.right if fuzz_judge.kind_of(b) in kinds}

    def acknowledged(self) -> int:
        """How many answers must be a plain ACK: events and polls in clear."""
        kinds = (Kind.EVENT, Kind.POLL)
        return sum(1 for body in self.right if fuzz_judge.kind_of(body) in kinds)


def _verdict(rows: sqlite3.Connection, lines: list[Line], waits: list[float]) -> list[str]:
    """What is stored is what is right: no event from a bad CRC, none that is right missing."""
    query = "SELECT DISTINCT raw FROM signal WHERE NOT encrypted AND format != 'station'"
    stored = {raw for (raw,) in rows.execute(query + " AND account != ?", (HONEST,))}
    right: set[str] = set().union(*(line.events() for line in lines))
    blank = {
        fuzz_judge.shown(b)
        for line in lines
        for b in line.right
        if fuzz_judge.kind_of(b) is Kind.BLANK
    }
    broken = [f"right and not stored: {raw[:300]!r}" for raw in sorted(right - stored)[:5]]
    wrong = sorted(stored - right - blank)
    broken += [f"stored and not right: {raw[:300]!r}" for raw in wrong[:5]]
    for line in lines:
        least, blanks = line.acknowledged(), _count(line, Kind.BLANK)
        if not least <= line.answers["ACK"] <= least + blanks:
            broken.append(f"{line.answers['ACK']} acknowledged, {least} to {least + blanks} right")
    if percentile(waits, 0.99) > WITHIN_S:
        broken.append(f"an honest panel waited {percentile(waits, 0.99):.2f} s (p99)")
    honest = "SELECT count(*) FROM signal WHERE account = ?"
    (count,) = rows.execute(honest, (HONEST,)).fetchone()
    if count < len(waits):
        broken.append(f"{len(waits)} honest alarms were acknowledged, {count} are stored")
    return broken


def _count(line: Line, kind: Kind) -> int:
    return sum(1 for body in line.right if fuzz_judge.kind_of(body) is kind)


async def _be_honest(port: int, waits: list[float]) -> None:
    """Alarms one after the other, each acknowledged."""
    loop = asyncio.get_running_loop()
    async with PanelClient("127.0.0.1", port, HONEST, attempts=1, answer_within=30) as panel:
        while True:
            begun = loop.time()
            reply = await panel.send("BA", f"{len(waits) % 500 + 1:03}", f"honest {len(waits)}")
            assert reply.kind == "ACK", reply
            waits.append(loop.time() - begun)
            await asyncio.sleep(HONEST_EVERY)


async def _import_keys(served: Served) -> None:
    """Accounts with keys of every length; returns when the receiver knows them."""
    accounts = [{"account": name, "dc09_key": key.hex()} for name, key in KEYS.items()]
    file = served.data_dir / "keys.json"
    file.write_text(json.dumps([{"id": "fuzz", "name": "Fuzz", "accounts": accounts}]))
    environment = {"CALLFLOW_DATA_DIR": str(served.data_dir)}
    process = await run_process("callflow", "site", "import", str(file), environment=environment)
    assert await process.wait() == 0
    async with asyncio.timeout(20):
        for account, key in KEYS.items():
            while not await _knows(served.port, account, key):  # noqa: ASYNC110 -- another process
                await asyncio.sleep(0.1)


async def _knows(port: int, account: str, key: bytes) -> bool:
    try:
        async with PanelClient("127.0.0.1", port, account, key, attempts=1) as panel:
            return (await panel.poll()).kind == "ACK"
    except OSError:
        return False


def _framed(body: bytes) -> bytes:
    return b"\n%04X%04X%b\r" % (fuzz_judge.crc(body), len(body), body)


def resident(pid: int) -> int:
    """Bytes of memory of a process (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
