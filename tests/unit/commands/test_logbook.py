"""Rows of files against what the logbook tells of them."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.commands.records.logbook import otherwise

RECORDING: dict[str, Any] = {
    "call_id": "c",
    "path": "day/c.wav",
    "sha256": "ab",
    "duration": 4.04,
    "problem": "",
}
VOICE: dict[str, Any] = {"name": "v", "call_id": "v", "path": "spoken/v.wav", "duration": 2.0}
IMAGE: dict[str, Any] = {"id": "i", "path": "a/i.jpg", "incident_id": "a"}
TOLD: dict[str, dict[str, Any]] = {
    "c": {"call": "c", "path": "day/c.wav", "duration": 4.0, "problem": "", "incident_id": "a"},
    "v": {"call": "c", "voice": "v", "path": "spoken/v.wav", "duration": 2.0},
    "i": {"image": "i", "camera": "door", "incident_id": "a"},
}


def test_rows_that_say_what_was_told_are_well() -> None:
    assert otherwise([RECORDING, VOICE, IMAGE], TOLD) == []


@pytest.mark.parametrize(
    ("row", "changed", "fault"),
    [
        (RECORDING, {"duration": 9.0}, "c: duration"),
        (RECORDING, {"problem": "silent"}, "c: problem"),
        (RECORDING, {"path": "day/other.wav"}, "c: path"),
        (VOICE, {"path": "spoken/other.wav"}, "v: path"),
        (IMAGE, {"incident_id": "b"}, "i: incident_id"),
    ],
)
def test_a_row_that_says_something_else_is_found(
    row: dict[str, Any], changed: dict[str, Any], fault: str
) -> None:
    assert otherwise([{**row, **changed}], TOLD) == [f"{fault} is not what the logbook tells"]
