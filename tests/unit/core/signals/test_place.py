"""The position that a panel sent: degrees, or nothing where it makes no sense."""

from __future__ import annotations

import pytest

from callflow.core.signals.blocks import place


def test_longitude_and_latitude_are_read() -> None:
    found = place("[X002E21.134][Y48N51.300][Z35M]")
    assert found == pytest.approx((48.855, 2.352233), abs=1e-5)
    assert place("[Y33S30.0][X070W40.5]") == pytest.approx((-33.5, -70.675))


@pytest.mark.parametrize(
    "extra", ["", "[X002E21.134]", "[X002N21.134][Y48N51.3]", "[X200E10][Y48N10]", "[X1E60][Y1N1]"]
)
def test_what_makes_no_sense_is_no_place(extra: str) -> None:
    assert place(extra) is None
