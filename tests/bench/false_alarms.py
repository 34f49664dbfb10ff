"""``./run soak station [minutes]``: 25 alarms a second, and nothing of the station is called ill.

A whole instance (``callflow demo``) with probes and canaries beside the load. Every alarm that it
raises about itself meanwhile is false: nothing was pulled. What only changed its state, and rang
nobody, is shown beside it.

Each alarm is a whole call: who is called types the code and that it is a false alarm. These people
are behind a carrier that costs little (tests/support/sip/crowd.py): simulated by an Asterisk, they
took half of a processor from the station.
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
from callflow.settings.config import Settings
from tests.bench import alarms
from tests.bench.kit import pace
from tests.bench.kit.figures import say
from tests.support.sip.crowd import Crowd
from tests.support.stations.station import Station
from tests.support.suite import marked

MINUTES, RATE = 60.0, 25
#: Sites that take turns: one is in alarm again after two minutes, in another zone.
SITES = 3000
#: Probes of an administrator's beside it, each asked so often (seconds).
PROBES, EVERY = 20, 60
#: Calls at once: those of 25 alarms a second, and half as many again; over the second trunk what
#: has no room, and its canary. With more, a moment in which the machine is slow ends in calls that
#: last longer, of which more are up, which last longer still.
CHANNELS, SPARE = 160, 20
#: Alarms of the station about itself, and what is none: the way back, and what people do.
_ABOUT_ITSELF = ("ORGAN_", "TRUNK_", "RECEIVER_", "RELAY_")
#: The phones of so many sites (``alarms.number``).
_NUMBERS = "^[+]?3363998[2-5][0-9]{3}$"


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


def became(database: Path, since: float) -> Counter[str]:
    """{outcome and trunk: calls} of what was called about alarms from then on."""
    asked = (
        "SELECT outcome, trunk, count(*) FROM call WHERE step = 'counter_call'"
        " AND placed_at >= datetime(?, 'unixepoch') GROUP BY outcome, trunk"
    )
    rows = sqlite3.connect(database).execute(asked, (since,))
    return Counter({f"{outcome} over {trunk}": count for outcome, trunk, count in rows})


def _crowd(station: Station) -> Crowd:
    """Everybody who is called about an alarm; the station's first way to them."""
    ports = Settings(data_dir=station.data_dir, port_base=station.base).ports
    crowd = Crowd(
        folder=station.data_dir,
        station_port=ports.sip,
        station_number=station.number,
        numbers=_NUMBERS,
        keys=alarms.KEYS,
    )
    trunks = [
        {"name": "carrier", "address": crowd.address, "channels": CHANNELS},
        {"name": "network", "channels": SPARE},
    ]
    station.environment["CALLFLOW_TRUNKS"] = json.dumps(trunks)
    return crowd


async def _hour(minutes: float, rate: int, sites: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="cf-hour-") as folder:
        settings = {
            "CALLFLOW_LOG_LEVEL": "WARNING",
            "CALLFLOW_CLOCK": "none",
            "CALLFLOW_CANARY_EVERY": "300",
        }
        station = Station(Path(folder), settings)
        async with _crowd(station) as crowd, station:
            begun = time.time()
            hour = Hour(station, minutes * 60, rate, sites)
            await hour.run()
            database = station.data_dir / "callflow.db"
            raised, changed = said(database, begun)
            ended = became(database, begun)
        called = crowd.called()
    say(f"{hour.acknowledged} alarms acknowledged, {called.total()} calls at the far end")
    for what, counts in (
        ("what its calls ended with", ended),
        ("alarms about the station", raised),
        ("changes of organs", changed),
    ):
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
