"""Whether anything may leave: a restored station is held until it is released, whatever else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callflow.core.messages.withholding import REFUSALS, Restored, Withheld, withheld
from callflow.texts.law import DIAL_REFUSALS

MADE, THEN, LATER = (datetime(2026, 11, day, 3, tzinfo=UTC) for day in (25, 26, 27))
HELD = Restored(made_at=MADE, at=THEN)
RELEASED = replace(HELD, released_at=LATER)


@pytest.mark.parametrize(
    ("restored", "shadow", "why"),
    [
        (None, False, None),
        (None, True, Withheld.SHADOW),
        (HELD, False, Withheld.HELD),
        (HELD, True, Withheld.HELD),
        (RELEASED, False, None),
        (RELEASED, True, Withheld.SHADOW),
    ],
)
def test_what_is_held_stays_so_until_it_is_released(
    restored: Restored | None, shadow: bool, why: Withheld | None
) -> None:
    assert withheld(restored, shadow=shadow) == why


@pytest.mark.parametrize("restored", [HELD, RELEASED])
def test_it_is_kept_as_json(restored: Restored) -> None:
    assert Restored.from_json(restored.to_json()) == restored


def test_people_are_told_why_in_both_languages() -> None:
    assert set(REFUSALS) == set(Withheld)
    assert all(len(set(DIAL_REFUSALS[why])) == 2 for why in REFUSALS.values())
