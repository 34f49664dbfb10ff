"""``supervised``: 100,000 panels that poll every 90 s, and what an alarm waits beside them.

One instance (``callflow demo``) for a round: alarms at 1/s first with nothing else, then beside the
polls. Ten panels fall silent: they, and nobody else, must be found missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from callflow.core.signals.panel import message
from tests.bench.alarms import CHANNELS, Bench
from tests.bench.kit import cpu
from tests.bench.kit.figures import Report, Row, percentile, say, spread
from tests.bench.kit.pace import Load
from tests.support.stations.station import Station

NAME = "supervised"
PANELS, EVERY, CONNECTIONS, MUTE = 100_000, 90.0, 100, 10
#: After so long without a poll a panel is missing (callflow/core/watch/supervision.py), and a
#: little more.
MISSING_AFTER = 1.5 * EVERY + 5.0 + 10.0
LOAD = Load("1/s", 40, 40.0)
#: Of another name than the alarms' sites.
_SITE = "supervised"


def account(place: int) -> str:
    """A supervised account."""
    return f"P{place:06d}"


def declare(data_dir: Path) -> None:
    """Accounts that poll, of one site, as rows: the API would take minutes."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    with contextlib.closing(sqlite3.connect(data_dir / "callflow.db", timeout=60)) as rows:
        rows.execute("PRAGMA foreign_keys=ON")
        rows.execute("INSERT INTO client (id, name) VALUES (?, 'Supervised')", [_SITE])
        rows.execute(
            "INSERT INTO site (id, client_id, name, address, timezone, language, state, plans,"
            " changed_at) VALUES (?, ?, 'Supervised', '', 'Europe/Paris', 'fr', 'active', '{}', ?)",
            [_SITE, _SITE, now],
        )
        rows.executemany(
            "INSERT INTO account (account, site_id, poll_every, poll_since) VALUES (?, ?, ?, ?)",
            [(account(place), _SITE, EVERY, now) for place in range(PANELS)],
        )
        rows.commit()


class Polls:
    """All panels, over some connections, each at its turn; some are mute."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.sent = self.answered = 0
        self.waits: list[float] = []
        self._frames = [
            message("NULL", account(place), "", sequence=1) for place in range(MUTE, PANELS)
        ]

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as senders:
            for place in range(CONNECTIONS):
                senders.create_task(self._connection(self._frames[place::CONNECTIONS], place))

    async def _connection(self, frames: list[bytes], place: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        step = EVERY / len(frames)
        due = time.monotonic() + step * place / CONNECTIONS
        try:
            while True:
                for frame in frames:
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    begun = time.monotonic()
                    writer.write(frame)
                    self.sent += 1
                    assert b'"ACK"' in await reader.readuntil(b"\r")
                    self.answered += 1
                    self.waits.append(time.monotonic() - begun)
                    due += step
        finally:
            writer.close()


def _missing(data_dir: Path) -> list[str]:
    """The accounts whose polls are said to be missing."""
    query = "SELECT account FROM signal WHERE code = 'MISSING_POLL' ORDER BY account"
    with contextlib.closing(sqlite3.connect(data_dir / "callflow.db")) as rows:
        return [name for (name,) in rows.execute(query)]


async def _round(seed: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
        settings = {"CALLFLOW_TRUNK_CHANNELS": str(CHANNELS), "CALLFLOW_LOG_LEVEL": "WARNING"}
        async with Station(Path(folder), settings) as station:
            bench = Bench(station, [LOAD, LOAD], seed)
            await bench.put_in(2 * LOAD.count + 3)
            await bench.learn()
            first = bench.take(LOAD.count)
            alone = {**await bench.product(LOAD, first), "beside": "nothing"}
            return [alone, await _beside(station, bench)]


async def _beside(station: Station, bench: Bench) -> Row:
    declare(station.data_dir)
    polls = Polls(station.base + 9)
    begun, before = time.monotonic(), cpu.seconds(station)
    polling = asyncio.create_task(polls.run())
    say(f"{PANELS:,} panels poll every {EVERY:.0f} s")
    row = {**await bench.product(LOAD, bench.take(LOAD.count)), "beside": f"{PANELS:,} panels"}
    await asyncio.sleep(max(0.0, begun + MISSING_AFTER - time.monotonic()))
    lasted = time.monotonic() - begun
    say(f"CPU seconds in {lasted:.0f} s: {cpu.used(before, cpu.seconds(station))}")
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    assert polls.answered >= polls.sent - CONNECTIONS, "polls without an answer"
    missing = _missing(station.data_dir)
    assert missing == [account(place) for place in range(MUTE)], f"missing: {missing[:20]}"
    row["polls_per_s"] = round(polls.answered / lasted)
    row["missing_found"] = len(missing)
    return row | spread("poll_ack_", polls.waits)


def run(rounds: int = 3, only: str = "") -> Report:
    """Alarms alone and beside the polls, ``rounds`` times."""
    report = Report(NAME, ("beside", "load"))
    for place in range(rounds):
        say(f"round {place + 1} of {rounds}")
        report.rounds += asyncio.run(_round(place))
    alone, beside = (
        percentile(
            [float(r["p50_ms"]) for r in report.rounds if (r["beside"] == "nothing") is is_], 0.5
        )
        for is_ in (True, False)
    )
    report.notes.append(
        f"Alarm to ring beside the polls: {beside / alone:.2f} x alone. Of {PANELS:,} panels"
        f" exactly the {MUTE} mute ones were found missing."
    )
    return report
