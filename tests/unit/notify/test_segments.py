"""An SMS is cut to its segments (3GPP TS 23.038)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.notify.segments import cut, segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # an escape and a letter each
        ("€" * 81, 2),
        ("a" * 152 + "€" * 77, 3),  # an escape is not torn from its letter: 152 + 76·2 + 2
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        ("🔥" * 35, 1),
        ("🔥" * 36, 2),
        ("🔥" * 67, 3),  # 33 pairs in each of 67 units
    ],
)
def test_as_many_segments_as_the_standard_says(text: str, count: int) -> None:
    assert segments(text) == count


def test_what_fits_is_left_alone_but_for_signs_that_would_halve_the_room() -> None:
    assert cut("Alarme – « Hall d’entrée »…", 3) == "Alarme - « Hall d'entrée »..."
    assert cut("Alarme au 12 quai Nord", 1) == "Alarme au 12 quai Nord"


@given(st.text(max_size=700), st.integers(1, 4))
def test_what_is_cut_fits_and_begins_as_it_did(text: str, most: int) -> None:
    short = cut(text, most)
    assert segments(short) <= most
    whole = cut(text, 100)
    if short != whole:
        assert short.endswith("...")
        assert whole.startswith(short.removesuffix("..."))
