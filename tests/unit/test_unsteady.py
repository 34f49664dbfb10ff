"""What may be run once more is what was not heard, and nothing else."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from pathlib import Path

import pytest

from tests.support.phones.hearing import NotHeardError
from tests.support.suite import pressure, unsteady


def test_only_what_was_not_heard_may_be_the_machines() -> None:
    assert unsteady.is_of_the_ear(NotHeardError("no prompt"))
    assert not unsteady.is_of_the_ear(AssertionError("2 rings, not 1"))
    assert not unsteady.is_of_the_ear(TimeoutError())
    assert not unsteady.is_of_the_ear(KeyError("x"))


def test_of_several_tasks_all_must_have_heard_nothing() -> None:
    deaf = ExceptionGroup("tasks", [NotHeardError("a"), ExceptionGroup("more", [NotHeardError()])])
    mixed = ExceptionGroup("tasks", [NotHeardError("a"), AssertionError("a second ring")])
    assert unsteady.is_of_the_ear(deaf)
    assert not unsteady.is_of_the_ear(mixed)


def test_sounds_and_logs_of_the_test_are_kept_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "session"
    (source / "phone1").mkdir(parents=True)
    for name in ("phone1/ear.wav", "phone1/station.log", "callflow.db", "old.log"):
        (source / name).write_text("x", encoding="utf-8")
    os.utime(source / "old.log", (1.0, 1.0))

    unsteady.keep([source], 2.0, tmp_path / "kept")

    kept = sorted(path.name for path in (tmp_path / "kept").rglob("*") if path.is_file())
    assert kept == ["ear.wav", "station.log"]


def test_what_runs_wrote_down_is_found_again(tmp_path: Path) -> None:
    assert list(unsteady.candidates(tmp_path / "nowhere")) == []
    folder = tmp_path / "20261129T120000-1-test_it"
    folder.mkdir()
    wrote = {"nodeid": "tests/x.py::test_it[fr]", "said": "did not hear 'goodbye'"}
    (folder / "candidate.json").write_text(json.dumps(wrote), encoding="utf-8")

    (found,) = unsteady.candidates(tmp_path)

    assert found == unsteady.Candidate(folder=folder, **wrote)


def _pressure(folder: Path, share: float, total: int = 5) -> Path:
    file = folder / "cpu"
    said = f"some avg10={share:.2f} avg60=1.00 avg300=2.00 total={total}\n"
    file.write_text(said, encoding="ascii")
    return file


def test_a_quiet_machine_is_waited_for_and_not_for_ever(tmp_path: Path) -> None:
    assert pressure.some(_pressure(tmp_path, 97.53)) == pytest.approx(97.53)
    assert pressure.wait_for_quiet(0.0, _pressure(tmp_path, 97.53)) < 1
    assert pressure.wait_for_quiet(60.0, _pressure(tmp_path, 9.99)) < 1


def test_a_machine_is_quiet_once_nobody_waits_any_more_whatever_its_average_still_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = iter((400_000, 200_000, 0))  # of 2.1 s: 19, 10 and 0 percent

    def naps(self: threading.Event, timeout: float) -> None:
        (total,) = map(int, re.findall("total=([0-9]+)", file.read_text("ascii")))
        _pressure(tmp_path, 95.0, total + next(waited))

    file = _pressure(tmp_path, 97.53)
    monkeypatch.setattr(threading.Event, "wait", naps)
    assert pressure.wait_for_quiet(60.0, file) < 1
    assert next(waited) == 0


def test_a_kernel_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    assert pressure.some(tmp_path / "nothing") is None
    assert pressure.wait_for_quiet(60.0, tmp_path / "nothing") < 1


def test_what_listens_waits_until_nothing_runs_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unsteady.is_silent()  # nobody says that something runs
    monkeypatch.setenv(unsteady.SILENCE, str(tmp_path / "silence"))
    assert not unsteady.is_silent()
    waiting = threading.Thread(target=unsteady.wait_for_silence)
    waiting.start()
    assert waiting.is_alive()
    (tmp_path / "silence").touch()
    waiting.join(timeout=10)
    assert not waiting.is_alive()


def test_the_wait_is_no_part_of_what_a_test_may_last(monkeypatch: pytest.MonkeyPatch) -> None:
    left = list[float]()

    def is_silent() -> bool:
        left.append(signal.getitimer(signal.ITIMER_REAL)[0])
        return len(left) > 1

    monkeypatch.setattr(unsteady, "is_silent", is_silent)
    unsteady.wait_for_silence()
    assert left == [0, 0]
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
