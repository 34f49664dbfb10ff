"""What the keeper of a site says of the other is an organ of the station."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callflow.core.watch.organs import Part, Reason, State
from callflow.probes import mirror

SAID: dict[str, Any] = {
    "at": "2026-12-05T03:00:00Z",
    "in_step": True,
    "behind": 0,
    "files_missing": 0,
    "problem": "",
    "other": {"name": "south"},
}


def test_a_mirror_in_step_is_well() -> None:
    found = mirror.reading(SAID)
    assert (found.part, found.name, found.state) == (Part.MIRROR, "south", State.OK)


@pytest.mark.parametrize(
    ("wrong", "state", "reason"),
    [
        ({"in_step": False, "behind": None}, State.FAILED, Reason.NOT_IN_STEP),
        ({"files_missing": 3}, State.DEGRADED, Reason.FILES_MISSING),
    ],
)
def test_what_it_lacks_is_said(wrong: dict[str, Any], state: State, reason: Reason) -> None:
    found = mirror.reading({**SAID, **wrong})
    assert (found.state, found.reason) == (state, reason)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"at": 1}', json.dumps({"at": "soon"})])
def test_what_somebody_else_wrote_there_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / mirror.STATUS).write_text(text)
    assert mirror.look(tmp_path) is None
    assert mirror.look(tmp_path / "away") is None
