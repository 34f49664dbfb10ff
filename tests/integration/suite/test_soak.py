"""``./run soak``: parts with seeds until the time is over, and what failed is kept."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from callflow.clock import monotonic
from tests.support.suite import marked, soak
from tests.support.suite.soak import Run, run, table, turns


def _python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_seed_gives_the_same_turns_again_and_no_part_waits_for_long() -> None:
    first = list(itertools.islice(turns(["a", "b", "c"], 7), 30))
    assert list(itertools.islice(turns(["a", "b", "c"], 7), 30)) == first
    assert list(itertools.islice(turns(["a", "b", "c"], 8), 30)) != first
    assert len({seed for _, seed in first}) == 30
    for place in range(0, 30, 3):
        assert {part for part, _ in first[place : place + 3]} == {"a", "b", "c"}


def test_what_fails_is_kept_and_the_rest_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    parts = {
        "well": _python("import os; print(os.environ['CALLFLOW_TEST_SEED'])"),
        "ill": _python("print('it broke'); raise SystemExit(1)"),
    }
    runs = run(parts, 2.0, 1, kept=tmp_path / "soak", tree=tmp_path)
    assert {(found.part, found.word) for found in runs[:-1]} == {
        ("well", "passed"),
        ("ill", "failed"),
    }
    ill = [found for found in runs if found.word == "failed"]
    kept = sorted((tmp_path / "soak").iterdir())
    assert len(kept) == len(ill)
    assert "it broke" in (kept[0] / "said.txt").read_text()
    assert f"failed  ill, seed {ill[0].seed}" in capsys.readouterr().out
    assert not list((tmp_path / "t").iterdir())


def test_what_still_runs_at_the_end_is_cut_with_all_that_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no failure, and nothing of it stays: a daemon in a session of its own neither."""
    mark = f"CALLFLOW_TEST_SOAKED={tmp_path}"
    daemon = "import subprocess, time; subprocess.Popen(['sleep', '99'], start_new_session=True)"
    begun = monotonic()
    monkeypatch.setenv(*mark.split("=", 1))
    (cut,) = run(
        {"long": _python(f"{daemon}; time.sleep(99)")},
        1.0,
        1,
        kept=tmp_path / "soak",
        tree=tmp_path,
    )
    assert (cut.word, cut.bad) == ("cut", False)
    assert monotonic() - begun < soak.ENDING
    assert list(marked.processes(mark)) == []
    assert not (tmp_path / "soak").exists()


def test_the_table_has_a_line_a_part_and_the_seeds_that_failed() -> None:
    runs = [
        Run(part="kills", seed=5, word="passed", seconds=90.0),
        Run(part="kills", seed=6, word="failed", seconds=60.0),
        Run(part="siege", seed=7, word="cut", seconds=6.0),
        Run(part="kills", seed=8, word="hung", seconds=30.0),
    ]
    assert [line.split() for line in table(runs)[1:]] == [
        ["kills", "1", "2", "0", "3.0", "6,", "8"],
        ["siege", "0", "0", "1", "0.1"],
    ]


def test_every_part_is_there() -> None:
    for command in soak.PARTS.values():
        for path in (word for word in command if word.startswith("tests/")):
            assert (soak.ROOT / path).exists(), path


_SOAKS = """
import sys
from pathlib import Path
from tests.support.suite import marked, soak
folder, daemon = Path(sys.argv[1]), sys.argv[2]
marked.exit_when_told()
soak.run({"long": (sys.executable, "-c", daemon)}, 99.0, 1, kept=folder / "soak", tree=folder)
"""


@pytest.mark.parametrize("told", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGKILL,)])
def test_ended_from_outside_it_leaves_nothing(
    tmp_path: Path, told: tuple[signal.Signals, ...]
) -> None:
    """``timeout`` sends SIGTERM to a process and to its group: twice."""
    mark = f"CALLFLOW_TEST_SOAKED={tmp_path}"
    daemon = (
        "import subprocess, time; subprocess.Popen(['sleep', '99'], start_new_session=True);"
        f" open({str(tmp_path / 'begun')!r}, 'w').close(); time.sleep(99)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", _SOAKS, str(tmp_path), daemon],
        cwd=soak.ROOT,
        env={**os.environ, **dict([mark.split("=", 1)])},
    ) as run:
        nap = threading.Event()
        while not (tmp_path / "begun").exists():
            nap.wait(0.05)
        for number in told:
            run.send_signal(number)
        assert run.wait(60) in (128 + signal.SIGTERM, -signal.SIGKILL)
        while list(marked.processes(mark)):
            nap.wait(0.05)
