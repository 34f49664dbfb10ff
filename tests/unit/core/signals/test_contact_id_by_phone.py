"""Contact ID as a panel sends it over the phone: 16 keys and their checksum."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals.contact_id import BadBlock, Fault, block_keys, read_block
from callflow.core.signals.event import Event

_DIGITS = "0123456789BCDEF"


@pytest.mark.parametrize(
    ("keys", "text", "event"),
    [
        # DC-05's own example: a perimeter burglary in zone 15 of partition 1 (10 is sent as 0).
        ("1234181131010158", "1234 18 1131 01 015 8", Event("1131", "015", "01")),
        # Sums counted by hand: 1+2+3+4 +1+8 +1+1+3+10 +10+1 +10+10+1 = 66, and 9 makes 75.
        ("1234181130010019", "1234 18 1130 01 001 9", Event("1130", "001", "01")),
        ("1234981130010011", "1234 98 1130 01 001 1", Event("1130", "001", "01")),
        # 66 + 2 for the restore = 68; 7 makes 75.
        ("1234183130010017", "1234 18 3130 01 001 7", Event("3130", "001", "01")),
        # 1+2+3+4 +1+8 +3+4+10+1 +10+1 +10+10+5 = 73; 2 makes 75. CCC is a user there.
        ("1234183401010052", "1234 18 3401 01 005 2", Event("3401", "005", "01", "005")),
        # B to F are the keys * # A B C: 11+12+13+14 + 56 = 106; E makes 120.
        ("*#AB18113001001B", "BCDE 18 1130 01 001 E", Event("1130", "001", "01")),
        # 15+10+10+10 + 56 = 101; 4 makes 105.
        ("C000181130010014", "F000 18 1130 01 001 4", Event("1130", "001", "01")),
    ],
)
def test_a_message(keys: str, text: str, event: Event) -> None:
    block = read_block(keys)
    assert (block.text, block.event, block.account) == (text, event, text[:4])
    assert block.message_type == text[5:7]


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ("", Fault.LENGTH),
        ("123418113101015", Fault.LENGTH),
        ("12341811310101588", Fault.LENGTH),
        ("1234181131010157", Fault.CHECKSUM),
        ("12341811310101D8", Fault.KEY),
        ("1234191131010157", Fault.MESSAGE_TYPE),
    ],
)
def test_what_is_no_message_says_why(keys: str, fault: Fault) -> None:
    with pytest.raises(BadBlock) as refused:
        read_block(keys)
    assert refused.value.fault is fault


def test_each_single_wrong_digit_is_noticed() -> None:
    keys = block_keys("1B3F", "1130", "012", "01")
    for place in range(16):
        for other in set("0123456789*#ABC") - {keys[place]}:
            with pytest.raises(BadBlock):
                read_block(keys[:place] + other + keys[place + 1 :])


@given(
    st.text(_DIGITS, min_size=4, max_size=4),
    st.sampled_from(["18", "98"]),
    st.sampled_from("136"),
    st.text(_DIGITS, min_size=3, max_size=3),
    st.text(_DIGITS, min_size=2, max_size=2),
    st.text(_DIGITS, min_size=3, max_size=3),
)
def test_what_is_sent_is_read(
    account: str, kind: str, qualifier: str, code: str, partition: str, zone: str
) -> None:
    block = read_block(block_keys(account, qualifier + code, zone, partition, message_type=kind))
    assert (block.account, block.message_type) == (account, kind)
    assert block.event[:3] == (qualifier + code, zone, partition)


@given(st.text("0123456789*#ABCDx\0é", max_size=20))
def test_any_keys_are_read_or_refused(keys: str) -> None:
    with contextlib.suppress(BadBlock):
        assert len(read_block(keys).text) == 21


@pytest.mark.parametrize("account", ["12345", "12A4", "x"])
def test_what_can_be_no_message_is_not_sent(account: str) -> None:
    with pytest.raises(ValueError, match="not a Contact ID message"):
        block_keys(account, "1130", "1")
