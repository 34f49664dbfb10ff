"""What somebody types to try it is read as the receiver would."""

from __future__ import annotations

import pytest

from callflow.core.signals.trial import read


@pytest.mark.parametrize(
    ("typed", "format_name", "account", "code", "zone"),
    [
        ("BA", "SIA-DCS", "", "BA", ""),
        ("fa", "SIA-DCS", "", "FA", ""),
        ("130", "ADM-CID", "", "1130", ""),
        ("E130", "ADM-CID", "", "1130", ""),
        ("R130", "ADM-CID", "", "3130", ""),
        ("3130", "ADM-CID", "", "3130", ""),
        ("Nri1/BA3", "SIA-DCS", "", "BA", "3"),
        ("[#1001|Nri1/BA3]", "SIA-DCS", "1001", "BA", "3"),
        ("#1001|1130 01 003", "ADM-CID", "1001", "1130", "003"),
        ("1130 01 003", "ADM-CID", "", "1130", "003"),
        ('C3A70027"SIA-DCS"0001L0#1001[#1001|Nri1/FA12]', "SIA-DCS", "1001", "FA", "12"),
        ('"ADM-CID"0042R1L1#AB12[#AB12|1110 00 015][X005E]', "ADM-CID", "AB12", "1110", "015"),
    ],
)
def test_frames_payloads_and_codes(
    typed: str, format_name: str, account: str, code: str, zone: str
) -> None:
    tried = read(typed)
    (event,) = tried.events
    assert (tried.format, tried.account, event.code, event.zone) == (
        format_name,
        account,
        code,
        zone,
    )


@pytest.mark.parametrize("typed", ["", "?", "[", "#|", "\0", "]]]", "é" * 300, "12", "éé"])
def test_what_is_none_has_no_event(typed: str) -> None:
    assert read(typed).events == ()
