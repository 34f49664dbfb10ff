"""A town's processes without a telephone network, somebody at their browser, panels that report."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx

from callflow import clock
from callflow.core.signals.panel import event_data, message
from tests.bench.kit.town import SITES
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation, ended

#: Signals a second that arrive while something else is measured.
_EACH_SECOND = 5.0


class Line:
    """One connection to the receiver, by DC-09."""

    def __init__(self, station: WebStation) -> None:
        self._address = ("127.0.0.1", station.settings.ports.dc09)
        self._line = socket.create_connection(self._address, timeout=10)
        self._sequence = 0

    def send(self, account: str, code: str, zone: str, key: bytes | None = None) -> str:
        """One event; the answer's kind, once it came."""
        self._sequence = self._sequence % 9999 + 1
        data, blocks = event_data("SIA-DCS", account, code, zone, text=f"{clock.monotonic()}")
        stamp = datetime.now(UTC)
        more = {"sequence": self._sequence, "blocks": blocks, "stamp": stamp, "key": key}
        self._line.sendall(message("SIA-DCS", account, data, **more))  # type: ignore[arg-type]
        answer = b""
        while not answer.endswith(b"\r"):
            more_of_it = self._line.recv(4096)
            assert more_of_it, "the receiver hung up"
            answer += more_of_it
        return next(kind for kind in ("ACK", "NAK", "DUH") if kind.encode() in answer)

    def close(self) -> None:
        self._line.close()


@contextlib.contextmanager
def living(station: WebStation, where: dict[str, str]) -> Iterator[WebProcess]:
    """The web, the engine and the receiver, as ``serve`` has them."""
    web = WebProcess(station, where)
    settings = station.settings
    environment = {**os.environ, "CALLFLOW_DATA_DIR": str(settings.data_dir), **where}
    environment |= {"CALLFLOW_PORT_BASE": str(settings.port_base), "CALLFLOW_LOG_LEVEL": "ERROR"}
    others = [
        subprocess.Popen(
            [sys.executable, "-m", "callflow", "serve", "--only", role], env=environment
        )
        for role in ("engine", "receiver")
    ]
    try:
        web.start()
        _listens(settings.ports.dc09)
        yield web
    finally:
        for other in others:
            other.terminate()
        with contextlib.ExitStack() as ending:  # each of them, whatever another does
            for other in others:
                ending.callback(ended, other, within=30)
            web.stop()


def _listens(port: int) -> None:
    deadline = clock.monotonic() + 90  # on a machine that has other things to do
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert clock.monotonic() < deadline, "the receiver does not listen"
        else:
            return


@contextlib.contextmanager
def reporting(station: WebStation) -> Iterator[None]:
    """Panels all over the town open, close and test, as long as the context lasts."""
    over, line = threading.Event(), Line(station)

    def report() -> None:
        number = 0
        while not over.wait(1 / _EACH_SECOND):
            number += 1
            line.send(f"{number * 37 % SITES:05d}", ("OP", "CL", "RP")[number % 3], "1")

    sender = threading.Thread(target=report)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()
        line.close()


def browser(url: str) -> httpx.Client:
    """The administrator's, logged in; each of its forms carries what the pages' forms do."""
    client = httpx.Client(base_url=url, timeout=60, trust_env=False)
    assert client.post("/login", data={"name": NAME, "password": PASSWORD}).status_code == 303
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/account").text)
    assert found, "nobody is logged in"
    client.headers["X-CSRF-Token"] = found[1]
    return client


class Busy:
    """How much longer things take than their own work does."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def look(self) -> None:
        """Some milliseconds of computing."""
        wall, used = time.perf_counter(), time.thread_time()
        for _ in range(40):
            hashlib.sha256(b"-" * 40_000).digest()
        self.cpu += time.thread_time() - used
        self.wall += time.perf_counter() - wall

    @property
    def factor(self) -> float:
        return max(1.0, self.wall / self.cpu)
