"""``ingest``: signals acknowledged after their commit, from 500 connections, and correlated.

Beside the real receiver process stand the same server without a disk, with a commit for each
signal, and pysiaalarm, on the same frames; the order changes from round to round. What each does
for a frame is in ``NOTES``. Figures per second are of this machine at this moment; CPU
microseconds for a signal, of server and of panels, say who is at the limit, and change less.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import text

from callflow.receiver.pace import LEAST, RATE
from callflow.storage.engine.connections import make_engine
from callflow.storage.engine.upgrade import upgrade
from callflow.vault import Vault
from tests.bench.kit import cpu, panels
from tests.bench.kit.figures import Report, Row, percentile, say, spread
from tests.bench.kit.servers import account
from tests.bench.kit.stores import database
from tests.support.stations.product import free_base

NAME = "ingest"
ROUNDS = 3
CONNECTIONS = 500
VARIANTS = ("Callflow", "no-disk", "commit-each", "pysiaalarm", "on PostgreSQL")
#: Callflow's own receiver process; the others are in ``servers.py``.
RECEIVERS = ("Callflow", "on PostgreSQL")
SECONDS = 4.0
#: Frames of one connection: more than the fastest server can take in that time.
EACH = 600
#: The running engine: a steady load, then a flood; seconds, and the steady load's signals/s.
RUNNING_S, STEADY = 15.0, 1500
#: Backlog from which acknowledgements slow down in these (a station's: 50,000).
LONG_BACKLOG = 5000
#: Where nobody correlates, the backlog says nothing, and must slow nobody down.
ENDLESS = {"CALLFLOW_LONG_BACKLOG": str(10**9)}
NOTES = (
    "All servers get the same bytes from the same 500 connections, each of which sends its next"
    " frame when the last is acknowledged; the panels are one other process (panels us: its CPU).",
    "Callflow and no-disk check length and CRC, read head, time stamp and event, look for a key and"
    " a repeat, and write the answer; Callflow also commits the signal to disk before it answers.",
    "pysiaalarm checks the CRC, the account, the event's code and the time stamp, answers, and"
    " calls a function that forgets the signal. It stores nothing and knows no repeats.",
)
#: Vital alarms sent meanwhile, each of a site of its own.
PROBES = 14


async def run_process(*arguments: str, environment: dict[str, str]) -> asyncio.subprocess.Process:
    """A Python process of ours, what it says dropped (a server says much when panels go)."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        env={**os.environ, "CALLFLOW_LOG_LEVEL": "WARNING", **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


class Served(NamedTuple):
    """Running servers."""

    port: int  # of DC-09
    data_dir: Path
    pids: list[int]

    def cpu(self) -> float:
        """CPU seconds so far."""
        return sum(cpu.of_process(pid) for pid in self.pids)


#: Puts sites into a data folder, with the environment of its processes.
Sites = Callable[[Path, dict[str, str]], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(
    *roles: str, sites: Sites | None = None, settings: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Served]:
    """Processes (``callflow ROLE``, or a variant's name) on a fresh data folder.

    ``sites`` puts them in, where an engine runs.
    """
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
        data_dir, base = Path(folder), free_base()
        environment = {"CALLFLOW_DATA_DIR": folder, "CALLFLOW_PORT_BASE": str(base), **settings}
        upgrade(settings.get("CALLFLOW_DATABASE_URL", f"sqlite:///{data_dir / 'callflow.db'}"))
        Vault(data_dir / "keys")
        if "engine" in roles:
            await (sites or _import_sites)(data_dir, environment)
        started = []
        for role in roles:
            words: tuple[str, ...] = ("callflow", "serve", "--only", role)
            if role in VARIANTS:
                words = ("tests.bench.kit.servers", role, str(base + 9), folder)
                words += (str(CONNECTIONS),)
            started.append(await run_process(*words, environment=environment))
        try:
            yield Served(base + 9, data_dir, [process.pid for process in started])
        finally:
            for process in started:
                process.terminate()
            for process in started:
                await process.wait()


async def _import_sites(data_dir: Path, environment: dict[str, str]) -> None:
    """Sites without a phone: their alarms end with a human."""
    names = [account(place) for place in range(CONNECTIONS + 2 * PROBES)]
    bodies = [{"id": n, "name": f"Site {n}", "accounts": [{"account": n}]} for n in names]
    file = data_dir / "sites.json"
    file.write_text(json.dumps(bodies))
    process = await run_process("callflow", "site", "import", str(file), environment=environment)
    assert await process.wait() == 0


# --- acknowledged ---


async def acknowledged(variant: str, streams: list[list[bytes]]) -> Row:
    """How many signals a second one server acknowledges."""
    role = "receiver" if variant in RECEIVERS else variant
    with database(postgresql=variant == "on PostgreSQL") as where:
        async with serving(role, settings=ENDLESS | where) as served:
            return await _flooded(variant, served, where, streams)


async def _flooded(
    variant: str, served: Served, where: dict[str, str], streams: list[list[bytes]]
) -> Row:
    senders = await panels.connect(served.port, streams)
    server_before, panels_before = served.cpu(), time.process_time()
    done, lasted, waits = await panels.flood(senders, SECONDS)
    total = sum(sender.acknowledged for sender in senders)
    server_s, panels_s = served.cpu() - server_before, time.process_time() - panels_before
    for sender in senders:
        sender.close()
    refused = next((sender.refused for sender in senders if sender.refused), b"")
    assert not refused, refused
    row: Row = {"what": "acknowledged", "who": variant, "per_s": round(done / lasted)}
    row |= {"server_us": round(server_s / total * 1e6, 1)}
    row |= {"panels_us": round(panels_s / total * 1e6, 1)}
    row |= spread("ack_", waits)
    if variant in RECEIVERS:
        url = where.get("CALLFLOW_DATABASE_URL", f"sqlite:///{served.data_dir}/callflow.db")
        stored = _stored(url)
        assert stored >= total, f"{total} acknowledged, {stored} stored"
    return row


def _stored(url: str) -> int:
    engine = make_engine(url, writer=False)
    with engine.connect() as connection:
        count = int(connection.execute(text("SELECT count(*) FROM signal")).scalar_one())
    engine.dispose()
    return count


def _open(data_dir: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{data_dir / 'callflow.db'}?mode=ro", uri=True)


# --- correlated by the running engine ---


@dataclass
class Watch:
    """What the database says while signals come in."""

    rows: sqlite3.Connection
    backlog: list[int] = field(default_factory=list)
    correlated: list[tuple[float, int]] = field(default_factory=list)

    def look(self) -> None:
        """Count once."""
        waiting = self.rows.execute("SELECT count(*) FROM signal WHERE correlated_at IS NULL")
        self.backlog.append(int(waiting.fetchone()[0]))
        stored = int(self.rows.execute("SELECT count(*) FROM signal").fetchone()[0])
        self.correlated.append((time.monotonic(), stored - self.backlog[-1]))

    async def every(self, seconds: float) -> None:
        """Until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(seconds)

    def per_second(self) -> float:
        """Correlated signals a second, over everything seen."""
        (since, first), (until, last) = self.correlated[0], self.correlated[-1]
        return (last - first) / (until - since)


async def correlated(name: str) -> Row:
    """A steady 1,500/s, or a flood, into receiver and engine; vital alarms come meanwhile."""
    # Short, so that a flood of seconds meets it.
    bound = {"CALLFLOW_LONG_BACKLOG": str(LONG_BACKLOG)}
    async with serving("receiver", "engine", settings=bound) as (port, data_dir, _):
        streams = panels.streams(CONNECTIONS, EACH)
        senders = await panels.connect(port, streams)
        probes = [account(CONNECTIONS + place) for place in range(PROBES)]
        vital = await panels.connect(port, [panels.frames(p, 1, "FA") for p in probes])
        with contextlib.closing(_open(data_dir)) as rows:
            watch = Watch(rows)
            watching = asyncio.create_task(watch.every(0.25))
            probing = asyncio.create_task(_probe(vital))
            begun = time.monotonic()
            await (_steady(senders) if name == "steady" else panels.flood(senders, RUNNING_S))
            lasted = time.monotonic() - begun
            done = sum(sender.acknowledged for sender in senders)
            waits = [wait for sender in senders for wait in sender.waits]
            await probing
            watching.cancel()
            for sender in senders:
                sender.close()
            await drained(rows)
            took = probe_times(rows, probes)
    return {
        "what": name,
        "who": "Callflow",
        "per_s": round(done / lasted),
        **spread("ack_", waits),
        "correlated_per_s": round(watch.per_second()),
        "backlog_p50": percentile(watch.backlog, 0.5),
        "backlog_max": max(watch.backlog),
        "backlog_end": watch.backlog[-1],
        "vital_ack_max_ms": round(max(w for p in vital for w in p.waits) * 1000, 1),
        "vital_opened_p50_ms": round(percentile(took, 0.5), 1),
        "vital_opened_max_ms": round(max(took), 1),
    }


async def _steady(senders: list[panels.Panel]) -> None:
    """Each panel sends at its turn, whether or not the others are acknowledged."""
    begun, count = time.monotonic(), int(RUNNING_S * STEADY)
    for place in range(count):
        due = begun + place / STEADY
        if due > time.monotonic():
            await asyncio.sleep(due - time.monotonic())
        senders[place % len(senders)].send_alone()


async def _probe(vital: list[panels.Panel]) -> None:
    for panel in vital:
        await asyncio.sleep(RUNNING_S / (len(vital) + 1))
        panel.send()


async def drained(rows: sqlite3.Connection) -> None:
    """Until every stored signal is correlated."""
    query = "SELECT count(*) FROM signal WHERE correlated_at IS NULL"
    async with asyncio.timeout(120):
        while True:
            if not rows.execute(query).fetchone()[0]:
                return
            await asyncio.sleep(0.1)


def probe_times(rows: sqlite3.Connection, probes: list[str]) -> list[float]:
    """Milliseconds from receipt to an open incident."""
    marks = ",".join("?" * len(probes))
    found = rows.execute(
        "SELECT s.received_at, i.opened_at FROM signal s JOIN incident i ON i.id = s.incident_id"
        f" WHERE s.account IN ({marks})",  # marks only
        probes,
    ).fetchall()
    assert len(found) == len(probes), "a vital alarm was lost"
    return [
        (datetime.fromisoformat(opened) - datetime.fromisoformat(received)).total_seconds() * 1000
        for received, opened in found
    ]


def run(rounds: int = ROUNDS, only: str = "") -> Report:
    """Every variant and both loads, ``rounds`` times."""
    report = Report(NAME, ("what", "who"))
    streams = panels.streams(CONNECTIONS, EACH)
    for place in range(rounds):
        first = place % len(VARIANTS)
        order = VARIANTS[first:] + VARIANTS[:first]
        for variant in order:
            if "acknowledged".startswith(only):
                say(f"round {place + 1}: {variant}")
                report.rounds.append(asyncio.run(acknowledged(variant, streams)))
        for name in ("steady", "flood"):
            if name.startswith(only):
                say(f"round {place + 1}: {name}, with the engine")
                report.rounds.append(asyncio.run(correlated(name)))
    report.rounds.sort(key=lambda row: VARIANTS.index(str(row["who"])))
    report.notes += [*NOTES, *_ratios(report.medians()), *_bounds(report.medians())]
    return report


def _ratios(rows: list[Row]) -> list[str]:
    rates = {str(r["who"]): float(r["per_s"]) for r in rows if r["what"] == "acknowledged"}
    if len(rates) < len(VARIANTS) or not all(rates.values()):
        return []  # not all were asked for, or the shortest of runs ended before an answer
    mine = rates["Callflow"]
    parts = ", ".join(f"{mine / rates[name]:.2f} x {name}" for name in VARIANTS[1:])
    used = {str(r["who"]): float(r["server_us"]) for r in rows if r["what"] == "acknowledged"}
    return [
        f"Callflow acknowledges {parts}; aim: 0.5 x no-disk and 2 x pysiaalarm. Of CPU a signal,"
        f" pysiaalarm takes {used['pysiaalarm'] / used['Callflow']:.2f} x Callflow's, whose writer"
        " also has a second core where one is free."
    ]


def _bounds(rows: list[Row]) -> list[str]:
    """What receiver/pace.py promises of the backlog, beside what was seen."""
    return [
        f"{row['what']}: at most {row['backlog_max']:,} waited to be correlated and"
        f" {row['backlog_end']:,} at the end. Above {LONG_BACKLOG:,} (a station: 50,000)"
        f" acknowledgements slow down; at {row['correlated_per_s']:,}/s correlated it stands still"
        f" at {_stands_still(float(row['correlated_per_s'])):,.0f}, beside what comes between two"
        " counts of it."
        for row in rows
        if "correlated_per_s" in row
    ]


def _stands_still(correlated_per_s: float) -> float:
    """The backlog with which a flood is taken as fast as it is correlated."""
    return LONG_BACKLOG * math.sqrt(max(1.0, RATE / max(LEAST, correlated_per_s)))
