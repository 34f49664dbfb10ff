"""A station and a simulated network of their own, on free ports, for this folder's tests."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import pytest

from ivr.asterisk.configuration import (
    SimulatorSettings,
    StationSettings,
    TrunkEnd,
    render_simulator,
    render_station,
)
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.simulator import Simulator
from ivr.asterisk.tree import AsteriskTree, find_or_fetch
from tests.integration.asterisk.throwaway import AgiServer, Ami, until
from tests.support.outside.certificates import certificate
from tests.support.suite.ports import are_free, held_alone


def _take_base() -> tuple[int, TextIOWrapper]:
    """Ten ports in a row that nobody has, nor is about to, and room for RTP above; they are this
    process's until what is given with them is closed."""
    for base in range(28100, 32000, 420):
        lock = held_alone(f"pair-{base}")
        if lock is None:
            continue
        if are_free(*range(base, base + 10)):
            return base, lock
        lock.close()
    raise RuntimeError("no free ports")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two Asterisks that talk to each other."""

    station: AsteriskProcess
    network: AsteriskProcess
    simulator: Simulator
    ami_port: int
    agi_port: int
    sip_port: int
    tls_port: int
    http_port: int
    """Of the door before it, as are the next two; pages are at ``web_port``."""
    wss_port: int
    web_port: int
    inner_port: int
    """Asterisk's own, behind the door."""
    door: subprocess.Popen[bytes]
    recordings: Path
    prompt: str
    """A few seconds of speech."""
    ports: TextIOWrapper
    """Who has it has the ports."""
    settings: StationSettings

    def ami(self) -> Ami:
        return Ami(self.ami_port, self.station.instance.ami_secret())

    def agi(self) -> AgiServer:
        return AgiServer(self.agi_port)


def start_pair(data_dir: Path, tree: AsteriskTree) -> Pair:
    """Renders and starts both; returns when both are ready."""
    base, ports = _take_base()
    station = Instance(kind=Kind.STATION, data_dir=data_dir)
    network = Instance(kind=Kind.SIMULATOR, data_dir=data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    certificate(data_dir)
    settings = StationSettings(
        node="node1",
        recordings=data_dir / "recordings",
        ami_port=base,
        fastagi_port=base + 1,
        sip_port=base + 2,
        sip_tls_port=base + 6,
        http_port=base + 8,
        tls_certificate=data_dir / "cert.pem",
        tls_key=data_dir / "key.pem",
        trunks=(TrunkEnd(name="trunk", port=base + 3),),
        lost_server_s=3,
        rtp_first=base + 10,
        rtp_last=base + 209,
    )
    render_station(station, settings, tree)
    render_simulator(
        network,
        SimulatorSettings(
            sip_port=base + 3, station_port=base + 2, rtp_first=base + 210, rtp_last=base + 409
        ),
        tree,
    )
    pair = Pair(
        station=AsteriskProcess(station, tree),
        network=AsteriskProcess(network, tree),
        simulator=Simulator(network),
        ami_port=base,
        agi_port=base + 1,
        sip_port=base + 2,
        tls_port=base + 6,
        http_port=base + 4,
        wss_port=base + 5,
        web_port=base + 7,
        inner_port=base + 8,
        door=_open_door(station, base),
        recordings=settings.recordings,
        prompt=str(tree.sounds["fr"] / "vm-intro"),
        ports=ports,
        settings=settings,
    )
    for process in (pair.network, pair.station):
        process.start()
        process.wait_ready()
    return pair


def _open_door(station: Instance, base: int) -> subprocess.Popen[bytes]:
    told = {
        "listen": [("127.0.0.1", base + 4, False), ("127.0.0.1", base + 5, True)],
        "certificate": str(station.data_dir / "cert.pem"),
        "key": str(station.data_dir / "key.pem"),
        "upstream": base + 8,
        "prefix": station.http_prefix(),
        "web_port": base + 7,
        "public": [],
        "allowed": [],
        "proxies": [],
        "proxy_header": "x-forwarded-for",
    }
    door = subprocess.Popen(
        [sys.executable, "-m", "ivr.door"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert door.stdin is not None
    door.stdin.write(json.dumps(told).encode() + b"\n")
    door.stdin.flush()
    for port in (base + 4, base + 5):
        until(lambda: _listens(port))  # noqa: B023
    return door


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop_pair(pair: Pair) -> None:
    assert pair.door.stdin is not None
    pair.door.stdin.close()
    pair.station.stop()
    pair.network.stop()
    assert pair.door.wait(10) == 0
    pair.ports.close()


@pytest.fixture(scope="session")
def tree() -> AsteriskTree:
    return find_or_fetch(progress=print)


@pytest.fixture(scope="session")
def pair(tree: AsteriskTree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    started = start_pair(tmp_path_factory.mktemp("asterisk"), tree)
    yield started
    stop_pair(started)
    for process in (started.station, started.network):
        messages = (process.instance.log / "messages").read_text()
        assert "No application" not in messages
        # A browser that closes its page says no goodbye to TLS, nor a stranger to a WebSocket.
        errors = [line for line in messages.splitlines() if "ERROR" in line]
        rude = ("SSL_shutdown() failed", "Error reading from web socket")
        assert [line for line in errors if not any(said in line for said in rude)] == []


@pytest.fixture
def ami(pair: Pair) -> Iterator[Ami]:
    link = pair.ami()
    yield link
    link.close()


@pytest.fixture
def agi(pair: Pair) -> Iterator[AgiServer]:
    with pair.agi() as server:
        yield server
    assert server.errors == []
