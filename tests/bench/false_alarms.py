"""``./run soak station [minutes]``: 25 alarms a second, and nothing of the station is called ill.

A whole instance (``callflow demo``) with probes and canaries beside the load. Every alarm that it
raises about itself meanwhile is false: nothing was pulled. What only changed its state, and rang
nobody, is shown beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from callflow.core.signals.panel import event_data, message
from tests.bench import alarms
from tests.bench.kit import pace
from tests.bench.kit.figures import say
from tests.support.stations.station import Station
from tests.support.suite import marked

MINUTES, RATE = 60.0, 25
#: Sites that take turns: one is in alarm again after two minutes, in another zone.
SITES = 3000
#: Probes of an administrator's beside it, each asked so often (seconds).
PROBES, EVERY = 20, 60
#: Alarms of the station about itself, and what is none: the way back, and what people do.
_ABOUT_ITSELF = ("ORGAN_", "TRUNK_", "RECEIVER_", "RELAY_")


class Hour:
    """One instance under load, for so long."""

    def __init__(self, station: Station, seconds: float, rate: int, sites: int) -> None:
        self.station, self._seconds, self._rate, self._sites = station, seconds, rate, sites
        self._bench = alarms.Bench(station, [], 0)
        self.acknowledged = 0

    async def run(self) -> None:
        """Send it all; each alarm ends by itself: the zone is restored before the site's next."""
        await self._bench.put_in(self._sites)
        await self._probe()
        count = int(self._seconds * self._rate)
        load = pace.Load(f"{self._rate}/s", count, self._seconds)
        say(f"{count} alarms in {self._seconds:.0f} s")
        await pace.run(load.offsets(self._bench.dice), self._send)

    async def _probe(self) -> None:
        """Each asks the station's own page, which is there."""
        target = f"127.0.0.1:{self.station.base}"
        for number in range(PROBES):
            probe = {"name": f"probe {number}", "part": "network", "means": "tcp"}
            body = {**probe, "target": target, "every": EVERY}
            await self.station.put(f"/probes/bench-{number}", body)

    async def _send(self, place: int) -> None:
        turn, site = divmod(place, self._sites)
        name, zone = alarms.account(site), str(1 + turn % 90)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.station.base + 9)
        codes = [("BR", str(1 + (turn - 1) % 90))] if turn else []
        for number, (code, where) in enumerate([*codes, ("BA", zone)]):
            data, blocks = event_data("SIA-DCS", name, code, where)
            sequence = 1 + (2 * turn + number) % 9999
            writer.write(message("SIA-DCS", name, data, sequence=sequence, blocks=blocks))
            answer = await reader.readuntil(b"\r")
            assert b'"ACK"' in answer, answer
        writer.close()
        self.acknowledged += 1


def said(database: Path, since: float) -> tuple[Counter[str], Counter[str]]:
    """{alarm: times} that it raised about itself from then on; {organ and state: times}."""
    rows = sqlite3.connect(database)
    at = "received_at >= datetime(?, 'unixepoch')"
    raised = Counter[str]()
    asked = f"SELECT code, line FROM signal WHERE format = 'station' AND {at}"
    for code, line in rows.execute(asked, (since,)):
        if code.startswith(_ABOUT_ITSELF) and not code.endswith("_BACK"):
            raised[f"{code} {line}"] += 1
    changed = Counter[str]()
    entries = "SELECT data FROM logbook WHERE kind = 'organ' AND at >= datetime(?, 'unixepoch')"
    for (data,) in rows.execute(entries, (since,)):
        told = json.loads(data)
        changed[f"{told['organ']} {told['organ_name']} {told['organ_state']}"] += 1
    return raised, changed


async def _hour(minutes: float, rate: int, sites: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="cf-hour-") as folder:
        settings = {
            "CALLFLOW_TRUNK_CHANNELS": str(alarms.CHANNELS),
            "CALLFLOW_LOG_LEVEL": "WARNING",
            "CALLFLOW_CLOCK": "none",
            "CALLFLOW_CANARY_EVERY": "300",
        }
        async with Station(Path(folder), settings) as station:
            begun = time.time()
            hour = Hour(station, minutes * 60, rate, sites)
            await hour.run()
            raised, changed = said(station.data_dir / "callflow.db", begun)
    say(f"{hour.acknowledged} alarms acknowledged")
    for what, counts in (("alarms about the station", raised), ("changes of organs", changed)):
        say(f"{what}: {counts.total()}")
        for name, times in itertools.islice(counts.most_common(), 20):
            say(f"  {times} × {name}")
    return not raised


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where it raised an alarm about itself."""
    parser = argparse.ArgumentParser(prog="run soak station")
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES)
    parser.add_argument("--rate", type=int, default=RATE, help="alarms a second")
    parser.add_argument("--sites", type=int, default=SITES)
    asked = parser.parse_args(arguments)
    marked.exit_when_told()  # the station is ended on the way out
    return 0 if asyncio.run(_hour(asked.minutes, asked.rate, asked.sites)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
