"""``probing``: what sixty probes of an administrator cost, of one core.

One ``callflow serve`` for a round: a minute at rest, then a minute in which each of them is asked
once. What is counted is the engine's CPU, with that of the programs that it runs; the pages and
ports that are asked are this process's.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.bench.kit import cpu
from tests.bench.kit.figures import Report, Row, say
from tests.support.stations.product import Product

NAME = "probing"
#: Probes, and seconds between two looks of each; seconds that are measured, and until all were
#: asked for the first time.
PROBES, EVERY, FOR_S, SETTLED_S = 60, 60, 60.0, 25.0
#: *Must hold*: per cents of one core.
MOST = 1.0
_PROGRAM, _SAID = "load", b"all is well"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(_SAID)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said."""


@contextlib.contextmanager
def _far_end() -> Iterator[int]:
    """Pages that are there, at this port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            serving.join()


def _probe(number: int, port: int) -> dict[str, object]:
    """Some of each kind."""
    means: list[dict[str, object]] = [
        {"means": "http", "target": f"http://127.0.0.1:{port}/", "asked": _SAID.decode()},
        {"means": "tcp", "target": f"127.0.0.1:{port}"},
        {"means": "ping", "target": "127.0.0.1"},
        {"means": "command", "target": _PROGRAM, "fail": 100},
        {"means": "http", "target": f"http://127.0.0.1:{port}/", "fail": 5},
        {"means": "tcp", "target": f"127.0.0.1:{port}", "fail": 5},
    ]
    return {
        "name": f"probe {number}",
        "part": "probe",
        "every": EVERY,
        **means[number % len(means)],
    }


async def _round(folder: Path) -> list[Row]:
    program = folder / "probes" / _PROGRAM
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'OK | load=0.42'\n")
    program.chmod(0o755)
    settings = {"CALLFLOW_CLOCK": "none", "CALLFLOW_CANARY_EVERY": "0"}
    settings |= {"CALLFLOW_PROBE_FOLDER": str(program.parent), "CALLFLOW_LOG_LEVEL": "WARNING"}
    with _far_end() as port:
        async with Product(folder / "data", settings) as product:
            await asyncio.sleep(SETTLED_S)
            rest = await _measured(product, 0)
            for number in range(PROBES):
                await product.put(f"/probes/bench-{number}", _probe(number, port))
            await asyncio.sleep(SETTLED_S)
            return [rest, await _measured(product, PROBES)]


async def _measured(product: Product, probes: int) -> Row:
    say(f"{probes} probes, for {FOR_S:.0f} s")
    (engine,) = product.pids("engine")
    before = cpu.with_children(engine)
    await asyncio.sleep(FOR_S)
    used = cpu.with_children(engine) - before
    return {"probes": probes, "core_percent": round(100 * used / FOR_S, 2), "busy": 1.0}


def run(rounds: int = 3, only: str = "") -> Report:
    """Without and with them, ``rounds`` times."""
    report = Report(NAME, ("probes",))
    for place in range(rounds):
        say(f"round {place + 1} of {rounds}")
        with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
            report.rounds += asyncio.run(_round(Path(folder)))
    rest, probing = (float(row["core_percent"]) for row in report.medians())
    cost = round(probing - rest, 2)
    report.notes.append(
        f"{PROBES} probes, each every {EVERY} s, cost {cost} % of a core; {rest} % at rest."
    )
    if cost > MOST:
        report.broken.append(f"all probes together: {cost} % of a core, more than {MOST}")
    return report
