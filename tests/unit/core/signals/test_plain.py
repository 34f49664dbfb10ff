"""A plain message is read in one step, and means what the rules for every message say it means."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callflow.core.signals import dc09, plain
from callflow.core.signals.protocol import Received
from tests.support.outside.frames import SourcedFrame, sourced_frames
from tests.unit.core.signals.told import KEYS, NOW, station

PLAIN = b'"SIA-DCS"0042R1L1#1001[#1001|Nri1/BA03]_11:59:58,03-01-2026'


def both(body: bytes) -> tuple[Received | None, Received]:
    """In one step, and by the rules; each by a station that heard nothing yet."""
    return plain.receive(body, NOW, station()), dc09._receive(body, NOW, station())


def agrees(body: bytes) -> None:
    at_once, by_rules = both(body)
    assert at_once in (None, by_rules)


def test_what_nearly_every_panel_sends_is_read_in_one_step() -> None:
    bodies = (PLAIN, PLAIN.partition(b"_")[0], b'"ADM-CID"0001L0#12ab[#12ab|1130 01 003]')
    for body in bodies:
        at_once, by_rules = both(body)
        assert at_once == by_rules
        assert by_rules.signals


@pytest.mark.parametrize("frame", sourced_frames(), ids=lambda frame: frame.maker)
def test_frames_of_real_panels_mean_the_same(frame: SourcedFrame) -> None:
    agrees(frame.body)


@given(st.from_regex(plain._PLAIN, fullmatch=True))
@example('"SIA-DCS"0000R0L0#0[#0|NBA01_11:59:58,03-01-2026]')
@example('"SIA-DCS"0000R#0[#0|' + "N" * 40 + "BA" + "0" * 17 + "]")
@example('"SIA-DCS"0000#0[#0|Nri12345678901234567/BA1^Salle | ^/OP4]_00:00:00,13-32-0000')
@example('"ADM-CID"0000L#0[#0|18113001003]_23:59:59,12-31-9999')
def test_whatever_is_plain_means_the_same(text: str) -> None:
    agrees(text.encode())


@given(st.integers(0, len(PLAIN)), st.integers(0, 4), st.binary(max_size=4))
def test_whatever_is_nearly_plain_means_the_same(place: int, cut: int, put: bytes) -> None:
    agrees(PLAIN[:place] + put + PLAIN[place + cut :])


def test_an_account_with_a_key_is_left_to_the_rules() -> None:
    account = next(iter(KEYS)).encode()
    at_once, by_rules = both(PLAIN.replace(b"1001", account))
    assert at_once is None
    assert dc09.UNENCRYPTED_CODE in {signal.code for signal in by_rules.signals}
