"""IPP as it is written and read: what a printer's bytes mean, and that none of them do harm."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.messages import ipp
from callflow.core.messages.ipp import NoIpp

ANSWER = (
    b"\x01\x01\x00\x00\x00\x00\x00\x01"
    b"\x01\x47\x00\x12attributes-charset\x00\x05utf-8"
    b"\x02\x21\x00\x06job-id\x00\x04\x00\x00\x00\x0c"
    b"\x23\x00\x09job-state\x00\x04\x00\x00\x00\x06"
    b"\x44\x00\x11job-state-reasons\x00\x0bmedia-empty\x44\x00\x00\x00\x05other"
    b"\x03"
)


def test_an_answer_is_read_with_several_values_of_one_name() -> None:
    found = ipp.read(ANSWER)
    assert found.well
    assert found.groups == (
        {"job-id": 12, "job-state": 6, "job-state-reasons": ("media-empty", "other")},
    )


@pytest.mark.parametrize(("status", "busy"), [(0x0503, False), (0x0506, True), (0x0507, True)])
def test_what_may_pass_is_told_from_what_does_not(status: int, busy: bool) -> None:
    assert ipp.read(ANSWER[:2] + status.to_bytes(2, "big") + ANSWER[4:]).busy is busy


@given(st.binary(max_size=200) | st.integers(0, len(ANSWER)).map(lambda at: ANSWER[:at]))
def test_whatever_comes_is_read_or_is_no_answer(answer: bytes) -> None:
    with contextlib.suppress(NoIpp):
        ipp.read(answer)


def test_a_name_has_no_more_bytes_than_it_may_and_no_half_character() -> None:
    asked = ipp.print_job("ipp://h/p", "é" * 300, b"%PDF")
    assert "é".encode() * 127 in asked
    assert "é".encode() * 128 not in asked
    assert asked.endswith(b"\x03%PDF")


@pytest.mark.parametrize(
    ("printer", "address"),
    [
        ("ipp://h/printers/a", "http://h:631/printers/a"),
        ("ipps://h:443/p", "https://h:443/p"),
        ("ipp://[::1]/p", "http://[::1]:631/p"),
    ],
)
def test_a_printer_is_asked_at_its_port(printer: str, address: str) -> None:
    assert ipp.http_address(printer) == address
