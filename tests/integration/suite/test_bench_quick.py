"""``./run bench quick`` says which benchmark crashed, did not end, or left something running."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench import quick
from tests.bench.__main__ import BENCHES
from tests.bench.kit import leftovers

_SLEEPER = "import time; time.sleep(600)"
#: What stands in for a benchmark, by its name.
_PROGRAMS = {
    "well": "print('12 ms')",
    "crashes": "print('a figure'); raise SystemExit(3)",
    "hangs": _SLEEPER,
    "leaves": f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_SLEEPER!r}])",
}


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "command", lambda name: [sys.executable, "-c", _PROGRAMS[name]])
    monkeypatch.setattr(leftovers, "MOMENT", 0.2)


def test_each_that_ends_well_is_well(capfd: pytest.CaptureFixture[str]) -> None:
    assert quick.run_all(["well", "well"], within=60)
    shown = capfd.readouterr().err
    assert shown.count("12 ms") == 2
    assert "every benchmark has figures" in shown


def test_one_that_crashes_is_named_and_what_it_said_is_shown(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert not quick.run_all(["well", "crashes"], within=60)
    shown = capfd.readouterr().err
    assert "a figure" in shown
    assert "CRASHED: crashes: status 3" in shown
    assert "quick: crashed: crashes\n" in shown


def test_one_that_does_not_end_is_ended_and_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert not quick.run_all(["hangs"], within=0.5)
    assert "CRASHED: hangs: did not end" in capfd.readouterr().err


def test_what_is_left_running_is_ended_and_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert not quick.run_all(["leaves"], within=60)
    (told,) = [line for line in capfd.readouterr().err.splitlines() if "CRASHED" in line]
    assert "leaves: left running: " in told
    pid = int(told.rpartition("(")[2].rstrip(")"))
    stat = Path(f"/proc/{pid}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_every_benchmark_has_a_small_form() -> None:
    assert quick.SMALL.keys() == BENCHES.keys()
