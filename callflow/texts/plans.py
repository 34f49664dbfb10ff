"""What the logbook says of plans and their steps: {entry kind: (French, English)}."""

from __future__ import annotations

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "task_asked": (
        "Étape {step}, demandé : {task} {note}",
        "Step {step}, asked for: {task} {note}",
    ),
    "test_refused": ("Mise en essai refusée : {note}", "On test refused: {note}"),
    "task_ended": (
        "Étape {step} : {task}, {outcome} {note}",
        "Step {step}: {task}, {outcome} {note}",
    ),
}
