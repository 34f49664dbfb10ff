"""Contact ID inside DC-09."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals import contact_id
from callflow.core.signals.event import Event


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ("1130 01 001", Event("1130", "001", "01")),
        ("3130 01 001", Event("3130", "001", "01")),
        ("6130 01 001", Event("6130", "001", "01")),
        ("1401 02 012", Event("1401", "012", "02", "012")),
        ("18 1130 01 001", Event("1130", "001", "01")),
        ("1130 1 001", Event("", text="1130 1 001")),
        ("113001001", Event("1130", "001", "01")),
        ("181130 01 001", Event("1130", "001", "01")),
        ("1813 01 001", Event("1813", "001", "01")),
        ("181601001", Event("1816", "001", "01")),
        ("1E13 0F 00b", Event("1E13", "00b", "0F")),
        ("1130 01 001^Hall^", Event("1130", "001", "01", text="Hall")),
    ],
)
def test_one_event(payload: str, event: Event) -> None:
    assert contact_id.decode(payload) == (event,)


@given(st.text(max_size=60))
def test_any_payload_gives_one_event(payload: str) -> None:
    assert len(contact_id.decode(payload)) == 1


@given(st.sampled_from("136"), st.integers(100, 999), st.integers(0, 99), st.integers(0, 999))
def test_what_is_encoded_decodes_to_itself(q: str, code: int, area: int, zone: int) -> None:
    (event,) = contact_id.decode(contact_id.encode(f"{q}{code}", str(zone), str(area)))
    assert event[:3] == (f"{q}{code}", f"{zone:03}", f"{area:02}")


def test_a_code_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Q and XYZ"):
        contact_id.encode("BA", "1")
