"""What a machine finds out about itself: real certificates, a real chronyd, programs that fail."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callflow import clock
from callflow.clock import from_iso
from callflow.core.watch.facts import Clock
from callflow.probes import time_source
from callflow.probes.machine import Probe
from callflow.settings.config import Settings
from tests.support.outside.certificates import certificate
from tests.support.suite.ports import free_port


@pytest.fixture
def chronyc(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """How a chronyd is asked that follows its own clock, and sets nobody's."""
    port, ready = free_port(), tmp_path / "chrony.conf"
    folder = f"pidfile {tmp_path}/chronyd.pid\nbindcmdaddress {tmp_path}/chronyd.sock\n"
    ready.write_text(f"local stratum 5\nport 0\ncmdport {port}\nbindcmdaddress 127.0.0.1\n{folder}")
    asked = ("chronyc", "-h", "127.0.0.1", "-p", str(port), *time_source.CHRONYC[1:])
    command = ("/usr/sbin/chronyd", "-x", "-d", "-u", "root", "-f", str(ready))
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as daemon:
        yield asked
        daemon.terminate()


@pytest.mark.timeout(60)
def test_a_chronyd_says_how_far_off_the_clock_is(chronyc: tuple[str, ...]) -> None:
    while not (found := time_source.chrony(chronyc)).synchronised:
        pass  # it has just begun
    assert (found.source, found.stratum) == ("chrony", 5)
    assert found.offset is not None
    assert abs(found.offset) < 0.001


def said(text: str) -> tuple[str, ...]:
    """A program that says so."""
    return (sys.executable, "-S", "-c", f"print({text!r}, end='')")


#: As chronyc 4.6 says it: 1.25 s slow; and of a daemon that reaches no server.
SLOW = (
    "C0A80001,192.0.2.1,3,1764230400.12,1.250000000,0.000000012,0.000000034,-1.5,0.0,0.1,"
    "0.01,0.0005,64.2,Normal\n"
)
LOST = "00000000,,0,0.0,0.000000000,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n"


def test_chronys_offset_is_how_slow_the_clock_is() -> None:
    assert time_source.chrony(said(SLOW)) == Clock(
        source="chrony", synchronised=True, offset=-1.25, stratum=3
    )


def test_a_chronyd_without_servers_sets_nothing() -> None:
    assert time_source.chrony(said(LOST)) == Clock(source="chrony", synchronised=False)


#: As ``timedatectl timesync-status`` of systemd 257 says it.
STATUS = """       Server: 192.0.2.1 (ntp.example.org)
Poll interval: 34min 8s (min: 32s; max 34min 8s)
         Leap: normal
      Version: 4
      Stratum: 2
    Precision: 1us (-24)
Root distance: 14.006ms (max: 5s)
       Offset: {offset}
        Delay: 12.4ms
 Packet count: 7
"""


@pytest.mark.parametrize(
    ("offset", "seconds"),
    [("+1.204ms", 0.001204), ("-312us", -0.000312), ("-1min 2.5s", -62.5), ("+2s", 2.0)],
)
def test_timesyncd_says_its_offset_in_words(offset: str, seconds: float) -> None:
    found = time_source.timesyncd(said(STATUS.format(offset=offset)))
    assert (found.source, found.stratum) == ("timesyncd", 2)
    assert found.offset == pytest.approx(seconds)


def test_a_timesyncd_that_heard_of_no_server_sets_nothing() -> None:
    found = time_source.timesyncd(said("       Server: n/a\n Packet count: 0\n"))
    assert (found.source, found.synchronised, found.offset) == ("timesyncd", False, None)


@pytest.mark.parametrize(
    "program",
    [
        ("callflow-has-no-such-program",),
        said("506 Cannot talk to daemon\n"),
        said("a,b,c,d,e,f,g,h,i,j,k,l,m,n\n"),
        (sys.executable, "-S", "-c", "raise SystemExit(1)"),
    ],
)
def test_a_program_that_is_no_help_is_nobodys_word(program: tuple[str, ...]) -> None:
    assert time_source.chrony(program) == time_source.NOBODY
    assert time_source.timesyncd(program) == time_source.NOBODY


def test_a_program_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_source, "_WITHIN", 0.2)
    sleeper = (sys.executable, "-S", "-c", "import time; time.sleep(30)")
    assert time_source.chrony(sleeper) == time_source.NOBODY


def test_nobody_is_asked_where_nobody_is_to_be() -> None:
    assert time_source.look("none") == Clock(source="none")


def test_the_kernel_says_that_it_is_told_the_time_or_nothing() -> None:
    assert time_source.kernel() in (Clock(source="kernel", synchronised=True), time_source.NOBODY)


class Ticks:
    """Who sets the clock is asked once a minute."""

    def __init__(self) -> None:
        self.at, self.asked = 0.0, 0

    def monotonic(self) -> float:
        return self.at

    def source(self, mode: time_source.Mode) -> Clock:
        self.asked += 1
        return Clock(source="" if self.asked == 1 else "chrony", synchronised=True)


def test_the_clock_is_asked_once_a_minute_and_sooner_while_nobody_answers(tmp_path: Path) -> None:
    ticks = Ticks()
    settings = Settings(data_dir=tmp_path, clock="auto")
    probe = Probe(settings, monotonic=ticks.monotonic, source=ticks.source)
    asked = []
    for ticks.at in (0.0, 2.0, 10.0, 12.0, 60.0, 69.9, 70.0):
        probe.look()
        asked.append(ticks.asked)
    assert asked == [1, 1, 2, 2, 2, 2, 3]


@pytest.mark.parametrize("jump", [-3600.0, 2.0])
def test_a_jump_of_the_clock_is_told_for_ten_minutes(tmp_path: Path, jump: float) -> None:
    ticks, begun = Ticks(), datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
    ahead = [0.0]

    def now() -> datetime.datetime:
        return begun + datetime.timedelta(seconds=ticks.at + ahead[0])

    settings = Settings(data_dir=tmp_path, clock="none")
    probe = Probe(settings, monotonic=ticks.monotonic, now=now)
    told = []
    for ticks.at, ahead[0] in ((2, 0.3), (4, jump), (6, jump), (603, jump), (604, jump)):
        told.append(probe.look()["clock"]["jumped"])
    assert told == [0.0, pytest.approx(jump - 0.3), told[1], told[1], 0.0]


@pytest.mark.timeout(60)
def test_a_chronyd_that_is_stopped_is_nobodys_word_any_more(
    chronyc: tuple[str, ...], tmp_path: Path
) -> None:
    while not time_source.chrony(chronyc).synchronised:
        pass  # it has just begun
    stop = ("chronyc", "-h", str(tmp_path / "chronyd.sock"), "shutdown")
    subprocess.run(stop, check=True, capture_output=True)
    while time_source.chrony(chronyc) != time_source.NOBODY:
        pass  # it is ending


def test_a_certificate_is_read_anew_when_it_is_another(tmp_path: Path) -> None:
    now = clock.now()
    certificate(tmp_path, days=30)
    file = tmp_path / "cert.pem"
    settings = Settings(data_dir=tmp_path, tls_certificate=file, tls_key=tmp_path / "key.pem")
    probe = Probe(settings)

    def days() -> int:
        (told,) = probe.look()["certificates"]
        left: datetime.timedelta = from_iso(told["ends_at"]) - now
        return round(left / datetime.timedelta(days=1))

    assert days() == 30
    certificate(tmp_path, days=3)
    assert days() == 3
    file.write_text("-----BEGIN CERTIFICATE-----\nnone\n")
    (told,) = probe.look()["certificates"]
    assert told["ends_at"] is None
    assert told["problem"]


def test_a_folder_that_is_gone_has_no_room_that_is_known(tmp_path: Path) -> None:
    assert Probe(Settings(data_dir=tmp_path / "gone")).look()["free"] is None
    free = Probe(Settings(data_dir=tmp_path)).look()["free"]
    assert isinstance(free, int)
