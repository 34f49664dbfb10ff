"""``flood``: one panel that does not stop, beside 50 that behave, for a minute
(docs/explanation/signals.md).

The receiver and the engine are those of a running instance. What matters is the others: how long
they wait for their acknowledgement, how long a new fire alarm waits for its incident, and, with a
whole instance and the simulated network, for its phone's INVITE.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from pathlib import Path

from tests.bench import alarms, ingest
from tests.bench.kit import panels
from tests.bench.kit.figures import Report, Row, say, spread
from tests.bench.kit.pace import Load
from tests.bench.kit.servers import account
from tests.support.stations.station import Station

NAME = "flood"
#: The panel that floods, signals a second; the others, each a signal every so many seconds.
RUNAWAY, OTHERS, EVERY_S = 100, 50, 1.0
SECONDS = 60.0
#: New fire alarms meanwhile, each of a site of its own.
FIRES = 10
#: Seconds within which the others are acknowledged (p99), and a fire alarm has its incident, and is
#: dialled.
WITHIN_S, OPENED_WITHIN_S = 1.0, 5.0
#: The fires that are dialled.
BURNING = Load("fires", 20, SECONDS / 2, vital_percent=100)


def run(rounds: int, only: str) -> Report:
    """``only`` is of no use here."""
    report = Report(NAME, ("what",))
    for number in range(rounds):
        say(f"round {number + 1}: one panel at {RUNAWAY}/s beside {OTHERS}, {SECONDS:.0f} s")
        row = asyncio.run(flood(SECONDS))
        report.rounds.append(row)
        report.broken += _verdict(row)
        say("the same beside fires that are dialled")
        row = asyncio.run(dialled())
        report.rounds.append(row)
        if float(row["max_ms"]) > OPENED_WITHIN_S * 1000:
            report.broken.append(f"a fire alarm was dialled after {row['max_ms']} ms")
    return report


async def dialled() -> Row:
    """From a fire panel's last byte to the INVITE at the network, while another runs away."""
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
        settings = {"CALLFLOW_LOG_LEVEL": "WARNING"}
        async with Station(Path(folder), settings) as station:
            bench = alarms.Bench(station, [BURNING], 0)
            await bench.put_in(BURNING.count + 4)
            await bench.learn()
            name = alarms.account(bench.take(1))
            frames = panels.frames(name, int(RUNAWAY * SECONDS))
            senders = await panels.connect(station.base + 9, [frames])
            flooding = asyncio.create_task(_evenly(senders, RUNAWAY, SECONDS))
            row = await bench.product(BURNING, bench.take(BURNING.count))
            flooding.cancel()
            await asyncio.gather(flooding, return_exceptions=True)
            senders[0].close()
    return {"what": "fires dialled", "runaway_sent": senders[0].acknowledged, **row}


async def flood(seconds: float) -> Row:
    """One round."""
    async with ingest.serving("receiver", "engine") as (port, data_dir, _):
        names = [account(place) for place in range(1 + OTHERS + FIRES)]
        counts = [int(RUNAWAY * seconds), *[int(seconds / EVERY_S)] * OTHERS]
        pairs = zip(names[: 1 + OTHERS], counts, strict=True)
        runaway, *others = await panels.connect(port, [panels.frames(*pair) for pair in pairs])
        _, _, fires = await asyncio.gather(
            _evenly([runaway], RUNAWAY, seconds),
            _evenly(others, OTHERS / EVERY_S, seconds),
            _burn(port, names[1 + OTHERS :], seconds),
        )
        await _answered([*others, *fires], sum(counts[1:]) + FIRES)
        for sender in (runaway, *others, *fires):
            sender.close()
        with contextlib.closing(sqlite3.connect(data_dir / "callflow.db")) as rows:
            opened = await _opened(rows, names[1 + OTHERS :])
            stored = "SELECT count(*), count(DISTINCT incident_id) FROM signal WHERE account = ?"
            of_runaway, its_incidents = rows.execute(stored, (names[0],)).fetchone()
    return {
        "what": f"{RUNAWAY}/s beside {OTHERS}",
        "sent": sum(counts) + FIRES,
        "runaway_stored": of_runaway,
        "runaway_incidents": its_incidents,
        **spread("others_ack_", [wait for other in others for wait in other.waits]),
        "unanswered": sum(counts[1:]) + FIRES - sum(p.acknowledged for p in (*others, *fires)),
        **spread("fire_ack_", [wait for fire in fires for wait in fire.waits]),
        "fire_opened_max_ms": round(max(opened) * 1000, 1),
    }


async def _evenly(senders: list[panels.Panel], per_s: float, seconds: float) -> None:
    """Each sends at its turn, answered or not."""
    begun = time.monotonic()
    for place in range(round(per_s * seconds)):
        await asyncio.sleep(max(0.0, begun + place / per_s - time.monotonic()))
        senders[place % len(senders)].send_alone()


async def _burn(port: int, names: list[str], seconds: float) -> list[panels.Panel]:
    """A fire alarm each, evenly; a panel that says nothing is not kept on the line."""
    senders: list[panels.Panel] = []
    for name in names:
        await asyncio.sleep(seconds / (len(names) + 1))
        senders += await panels.connect(port, [panels.frames(name, 1, "FA")])
        senders[-1].send()
    return senders


async def _answered(senders: list[panels.Panel], count: int) -> None:
    """A moment for the last answers."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            while sum(s.acknowledged for s in senders) < count:  # noqa: ASYNC110 -- counts have no event
                await asyncio.sleep(0.1)


async def _opened(rows: sqlite3.Connection, names: list[str]) -> list[float]:
    """Seconds from receipt to the incident, of each fire."""
    marks = ",".join("?" * len(names))
    query = (
        "SELECT (julianday(i.opened_at) - julianday(s.received_at)) * 86400 FROM signal s"
        f" JOIN incident i ON i.id = s.incident_id WHERE s.code = 'FA' AND s.account IN ({marks})"
    )
    async with asyncio.timeout(30):
        while True:
            found = [float(took) for (took,) in rows.execute(query, names)]
            if len(found) == len(names):
                return found
            await asyncio.sleep(0.1)


def _verdict(row: Row) -> list[str]:
    broken = []
    if float(row["others_ack_p99_ms"]) > WITHIN_S * 1000:
        broken.append(f"others waited {row['others_ack_p99_ms']} ms (p99) for their ACK")
    if row["unanswered"]:
        broken.append(f"{row['unanswered']} of the others were not acknowledged")
    if float(row["fire_opened_max_ms"]) > OPENED_WITHIN_S * 1000:
        broken.append(f"a fire alarm waited {row['fire_opened_max_ms']} ms for its incident")
    return broken
