"""The instruction sheets that come with the product are sound plans, each about what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import MUTE, StepKind
from tests.support.rows.sheets import FOLDER, SHEETS, reported, sheet

NAMES = sorted(path.stem for path in SHEETS.glob("*.yaml"))


def test_there_are_these() -> None:
    wanted = ["bank", "factory", "house", "lift", "lone_worker", "shop", "technical"]
    assert wanted == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_is_sound_and_survives_being_stored(name: str) -> None:
    plan = sheet(name)
    assert call_plan.read(call_plan.to_json(plan)) == plan


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_a_sheet_simulated_goes_as_written(path: Path) -> None:
    text = path.read_text("utf-8")
    assert reported(text) == text


def test_a_hold_up_rings_nowhere() -> None:
    assert {step.kind for step in sheet("bank").steps} <= MUTE


@pytest.mark.parametrize("name", ["lift", "lone_worker"])
def test_who_is_in_danger_is_spoken_to_first(name: str) -> None:
    assert sheet(name).first.kind is StepKind.VOICE_FIRST
