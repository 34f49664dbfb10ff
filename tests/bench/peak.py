"""``opening-peak``: 2,000 sites open in a minute, a tenth off schedule, and what vital alarms wait.

The trade's peak is 15 minutes (D11); here it is 15 times as dense. Beside it stands the same
minute's vital alarms with nothing else going on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callflow.core.signals.panel import message
from callflow.core.time.hours import DAYS
from tests.bench.ingest import drained, probe_times, run_process, serving
from tests.bench.kit import panels
from tests.bench.kit.figures import Report, Row, percentile, say

NAME = "opening-peak"
OPENINGS, OFF, SECONDS, PROBES = 2000, 200, 60.0, 24


def account(place: int) -> str:
    """A site, and its account."""
    return f"{100_000 + place}"


def _site(place: int) -> dict[str, Any]:
    """Open all day; the tenth that breaks the rule is closed all day."""
    name = account(place)
    body: dict[str, Any] = {"id": name, "name": f"Site {name}", "accounts": [{"account": name}]}
    if place >= OPENINGS:
        return body  # a probe
    week = dict.fromkeys(DAYS, [] if place < OFF else ["00:00-24:00"])
    return {**body, "timezone": "UTC", "schedule": {"week": week}}


async def _import(data_dir: Path, environment: dict[str, str]) -> None:
    file = data_dir / "sites.json"
    file.write_text(json.dumps([_site(place) for place in range(OPENINGS + 2 * PROBES)]))
    importing = await run_process("callflow", "site", "import", str(file), environment=environment)
    assert await importing.wait() == 0


async def _open_all(port: int) -> None:
    """Each site's panel opens at its turn."""
    sender = (await panels.connect(port, [[_opening(place) for place in range(OPENINGS)]]))[0]
    begun = time.monotonic()
    for place in range(OPENINGS):
        await asyncio.sleep(max(0.0, begun + place * SECONDS / OPENINGS - time.monotonic()))
        sender.send_alone()
    await _until(lambda: sender.acknowledged == OPENINGS)
    sender.close()


async def _until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        for _ in iter(fact, True):
            await asyncio.sleep(0.05)


def _opening(place: int) -> bytes:
    # Rule breakers lie among the others.
    place = place * 997 % OPENINGS
    name, stamp = account(place), datetime.now(UTC) + timedelta(seconds=place % 3)
    return message("SIA-DCS", name, f"#{name}|Nri1/OP01", sequence=1, stamp=stamp)


async def _vital(port: int, names: list[str]) -> None:
    """A fire at each of these sites, one after the other."""
    for name in names:
        await asyncio.sleep(SECONDS / (len(names) + 1))
        (probe,) = await panels.connect(port, [panels.frames(name, 1, "FA")])
        probe.send()
        await _until(lambda probe=probe: probe.acknowledged == 1)  # type: ignore[misc]
        probe.close()


async def _round() -> list[Row]:
    async with serving("receiver", "engine", sites=_import) as (port, data_dir, _):
        probes = [account(OPENINGS + place) for place in range(2 * PROBES)]
        with contextlib.closing(sqlite3.connect(data_dir / "callflow.db")) as rows:
            await _vital(port, probes[:PROBES])
            await drained(rows)  # what is acknowledged is correlated later on a busy machine
            alone = _row("nothing", probe_times(rows, probes[:PROBES]))
            await asyncio.gather(_vital(port, probes[PROBES:]), _open_all(port))
            await drained(rows)
            peak = _row(f"{OPENINGS:,} openings", probe_times(rows, probes[PROBES:]))
            peak["incidents"] = _incidents(rows)
    return [alone, peak]


def _incidents(rows: sqlite3.Connection) -> int:
    """How many the openings opened: the rule breakers', and no other."""
    found = rows.execute("SELECT kind, site_id FROM incident WHERE kind <> 'fire'").fetchall()
    assert {kind for kind, _ in found} == {"off_hours"}, {kind for kind, _ in found}
    assert sorted(site for _, site in found) == [account(place) for place in range(OFF)]
    return len(found)


def _row(beside: str, took: list[float]) -> Row:
    return {
        "beside": beside,
        "vital": len(took),
        "opened_p50_ms": round(percentile(took, 0.5), 1),
        "opened_max_ms": round(max(took), 1),
    }


def run(rounds: int = 3, only: str = "") -> Report:
    """Alone and in the peak, ``rounds`` times."""
    report = Report(NAME, ("beside",))
    for place in range(rounds):
        say(f"round {place + 1} of {rounds}")
        report.rounds += asyncio.run(_round())
    alone, peak = (float(row["opened_p50_ms"]) for row in report.medians())
    report.notes.append(
        f"Vital alarms, from receipt to an open incident: {peak / alone:.2f} x alone (p50);"
        f" {OFF} of {OPENINGS:,} openings broke a rule, and only they opened incidents."
    )
    return report
