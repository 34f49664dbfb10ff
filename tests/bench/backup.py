"""``backup``: what an alarm waits until its phone rings while the station is backed up.

One instance (``callflow demo``) for a round, with 480 MB of recordings and 200,000 signals in its
database: alarms at 25/s with nothing else, then beside 200 other signals a second, then beside
these and one full backup after the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from callflow.core.signals.panel import event_data, message
from tests.bench.alarms import CHANNELS, Bench, account
from tests.bench.kit import cpu
from tests.bench.kit.figures import Report, Row, percentile, say, spread
from tests.bench.kit.pace import Load
from tests.support.stations.station import Station

NAME = "backup"
LOAD = Load("25/s", 750, 30.0)
#: Other signals a second, over so many connections.
STEADY, CONNECTIONS = 200, 20
#: Recordings, each of so many bytes (half a minute), and signals of the past.
RECORDINGS, EACH, PAST = 1000, 480_000, 200_000


class Tests:
    """Panels of the bench's sites that report a test, at a steady pace."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.waits: list[float] = []

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as senders:
            for place in range(CONNECTIONS):
                senders.create_task(self._connection(place))

    async def _connection(self, place: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        step, name = CONNECTIONS / STEADY, account(place)
        due = time.monotonic() + step * place / CONNECTIONS
        try:
            for number in itertools.count(1):
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                begun = time.monotonic()
                writer.write(_test(name, number))
                assert b'"ACK"' in await reader.readuntil(b"\r")
                self.waits.append(time.monotonic() - begun)
                due += step
        finally:
            writer.close()


def _test(name: str, number: int) -> bytes:
    data, blocks = event_data("SIA-DCS", name, "RP", text=str(number))
    return message("SIA-DCS", name, data, sequence=number % 9999 + 1, blocks=blocks)


def lay_down(data_dir: Path) -> None:
    """What a station has after a while: the newest signal many times, and recordings."""
    with contextlib.closing(sqlite3.connect(data_dir / "callflow.db", timeout=60)) as rows:
        names = [name for _, name, *_ in rows.execute("PRAGMA table_info(signal)")]
        kept = [f'"{name}"' for name in names if name not in ("number", "id", "deduplication")]
        rows.execute(
            "WITH RECURSIVE past(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM past WHERE i < ?)"
            f" INSERT INTO signal (id, deduplication, {', '.join(kept)})"
            f" SELECT 'past-' || i, 'past-' || i, {', '.join(kept)} FROM past,"
            " (SELECT * FROM signal ORDER BY number DESC LIMIT 1)",
            [PAST],
        )
        rows.commit()
    folder = data_dir / "recordings" / "past"
    folder.mkdir(parents=True)
    for place in range(RECORDINGS):
        (folder / f"{place}.wav").write_bytes(os.urandom(EACH))


@contextlib.asynccontextmanager
async def backups(station: Station, folder: Path) -> AsyncIterator[list[float]]:
    """Full ones, one after the other, until the context ends; seconds of each that was made."""
    secret = folder / "passphrase"
    secret.touch(0o600)
    secret.write_text("la plage sous les pavés\n", encoding="utf-8")
    took, enough = list[float](), asyncio.Event()

    async def again() -> None:
        while not enough.is_set():
            begun = time.monotonic()
            words = ("--full", "--keep", "1", "--passphrase-file", str(secret))
            await station.cli("backup", str(folder / "backups"), *words)
            took.append(time.monotonic() - begun)

    backing = asyncio.create_task(again())
    try:
        yield took
    finally:
        enough.set()
        await backing


async def _round(seed: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as name:
        folder = Path(name)
        settings = {"CALLFLOW_TRUNK_CHANNELS": str(CHANNELS), "CALLFLOW_LOG_LEVEL": "WARNING"}
        async with Station(folder / "station", settings) as station:
            bench = Bench(station, [LOAD] * 3, seed)
            await bench.put_in(3 * LOAD.count + 3)
            await bench.learn()
            await asyncio.to_thread(lay_down, station.data_dir)
            rows = [{**await bench.product(LOAD, bench.take(LOAD.count)), "beside": "nothing"}]
            tests = Tests(station.base + 9)
            sending = asyncio.create_task(tests.run())
            rows.append(await _beside(bench, tests, f"{STEADY} signals/s"))
            async with backups(station, folder) as took:
                row = await _beside(bench, tests, f"{STEADY} signals/s, backups")
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            rows.append(row | {"backups": len(took), "backup_s": round(percentile(took, 0.5), 1)})
            return rows


async def _beside(bench: Bench, tests: Tests, what: str) -> Row:
    tests.waits.clear()
    begun, before = time.monotonic(), cpu.seconds(bench.station)
    row = {**await bench.product(LOAD, bench.take(LOAD.count)), "beside": what}
    lasted = time.monotonic() - begun
    say(f"CPU seconds in {lasted:.0f} s: {cpu.used(before, cpu.seconds(bench.station))}")
    row["signals_per_s"] = round(len(tests.waits) / lasted)
    return row | spread("signal_ack_", tests.waits)


def run(rounds: int = 3, only: str = "") -> Report:
    """Alone, beside signals, and beside signals and backups, ``rounds`` times."""
    report = Report(NAME, ("beside", "load"))
    for place in range(rounds):
        say(f"round {place + 1} of {rounds}")
        report.rounds += asyncio.run(_round(place))
    size = (RECORDINGS * EACH) // 1_000_000
    report.notes.append(
        f"Each backup is a full one: {size} MB of recordings, {PAST:,} signals more."
    )
    return report
