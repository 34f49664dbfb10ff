"""From MixMonitor's raw bytes to a file that plays."""

from __future__ import annotations

import hashlib
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.recording import (
    RecordingProblem,
    discard_raw,
    finish,
    raw_call_ids,
    raw_file,
    wrong_recordings,
)

CALL = "7d4a2f0c-1b2e-4c3d-8e5f-000000000001"
ANSWERED = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def _second(left: int, right: int) -> bytes:
    frame = left.to_bytes(2, "little", signed=True) + right.to_bytes(2, "little", signed=True)
    return frame * 8000


def test_both_sides_are_in_a_wav_that_plays(tmp_path: Path) -> None:
    raw_file(tmp_path, CALL).write_bytes(_second(1000, -7) * 3)
    done = finish(
        tmp_path,
        CALL,
        on=ANSWERED.date(),
        answered_at=ANSWERED,
        ended_at=ANSWERED + timedelta(seconds=3.4),
    )
    assert done.path == f"2026-03-01/{CALL}.wav"
    assert done.duration == 3.0
    assert done.problem is RecordingProblem.NONE
    file = tmp_path / done.path
    assert done.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (2, 8000, 2)
        assert sound.readframes(1) == _second(1000, -7)[:4]
        assert sound.getnframes() == 24000


def test_finishing_again_after_a_crash_gives_the_same(tmp_path: Path) -> None:
    raw_file(tmp_path, CALL).write_bytes(_second(1, 2))
    again = [
        finish(tmp_path, CALL, on=ANSWERED.date(), answered_at=None, ended_at=None)
        for _ in range(2)
    ]
    discard_raw(tmp_path, CALL)
    again.append(finish(tmp_path, CALL, on=ANSWERED.date(), answered_at=None, ended_at=None))
    assert again[0] == again[1] == again[2]
    assert raw_call_ids(tmp_path) == []


def test_no_file_is_missing_and_an_empty_one_is_silent(tmp_path: Path) -> None:
    missing = finish(tmp_path, CALL, on=ANSWERED.date(), answered_at=ANSWERED, ended_at=ANSWERED)
    assert missing.problem is RecordingProblem.MISSING
    assert missing.sha256 is None
    raw_file(tmp_path, CALL).touch()
    silent = finish(tmp_path, CALL, on=ANSWERED.date(), answered_at=ANSWERED, ended_at=ANSWERED)
    assert silent.problem is RecordingProblem.SILENT
    assert silent.sha256 is not None


@pytest.mark.parametrize(("said", "problem"), [(2.9, ""), (4.1, "length"), (1.9, "length")])
def test_its_length_is_compared_with_answer_to_end(
    tmp_path: Path, said: float, problem: str
) -> None:
    raw_file(tmp_path, CALL).write_bytes(_second(1, 2) * 3)
    ended = ANSWERED + timedelta(seconds=said)
    done = finish(tmp_path, CALL, on=ANSWERED.date(), answered_at=ANSWERED, ended_at=ended)
    assert done.problem == problem


def test_after_asterisk_was_killed_the_bytes_are_kept_and_marked(tmp_path: Path) -> None:
    raw_file(tmp_path, CALL).write_bytes(_second(1, 2) + b"\x01\x02\x03")
    done = finish(tmp_path, CALL, on=ANSWERED.date(), answered_at=ANSWERED, ended_at=None, cut=True)
    assert (done.problem, done.duration) == ("cut", 1.0)
    with wave.open(str(tmp_path / done.path)) as sound:
        assert sound.getnframes() == 8000


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", "a/b", ".hidden", "x" * 200, "a\0b"])
def test_an_id_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a call id"):
        raw_file(tmp_path, name)


def test_another_node_s_recording_is_verified_where_it_lies(tmp_path: Path) -> None:
    here, there = "a" * 8, "b" * 8
    rows = [{"call_id": call, "path": f"{call}.wav", "sha256": "0"} for call in (here, there)]
    told = {here: "0", there: "0"}
    missing = f"recording of call {here}: the file is missing"
    assert wrong_recordings(tmp_path, rows, told, {there}) == [missing]
    (tmp_path / f"{there}.wav").write_bytes(b"copied here, and changed")
    assert len(wrong_recordings(tmp_path, rows, told, {there})) == 2
    assert "not the one" in wrong_recordings(tmp_path, rows[1:], {there: "1"}, {there})[0]
