"""The instruction sheets that come with the product are sound plans, each about what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import callflow.sheets
from callflow import call_plan
from callflow.call_plan import MUTE, StepKind

SHEETS = sorted(Path(callflow.sheets.__file__).parent.glob("*.yaml"))


def plan_of(path: Path) -> call_plan.Plan:
    return call_plan.read(yaml.safe_load(path.read_text("utf-8")))


def test_there_are_six() -> None:
    names = [path.stem for path in SHEETS]
    assert names == ["bank", "factory", "house", "lift", "lone_worker", "shop"]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_a_sheet_is_sound_and_survives_being_stored(path: Path) -> None:
    plan = plan_of(path)
    assert call_plan.read(call_plan.to_json(plan)) == plan


def test_a_hold_up_rings_nowhere() -> None:
    bank = next(path for path in SHEETS if path.stem == "bank")
    assert {step.kind for step in plan_of(bank).steps} <= MUTE


@pytest.mark.parametrize("name", ["lift", "lone_worker"])
def test_who_is_in_danger_is_spoken_to_first(name: str) -> None:
    path = next(path for path in SHEETS if path.stem == name)
    assert plan_of(path).first.kind is StepKind.VOICE_FIRST
