"""A number stands in a form as it is read again from there."""

from __future__ import annotations

import pytest

from web.kit import forms


@pytest.mark.parametrize("number", [None, 0.0, 99.5, -12.25, 0.000001, 1e-9, 2e9, 1_234_567_890.5])
def test_a_number_is_read_as_it_is_written(number: float | None) -> None:
    assert forms.number({"n": forms.written(number)}, "n") == number
