"""What may go into an AMI action, and how long to wait after a failure."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.ami import actions
from ivr.ami.backoff import Backoff
from ivr.ami.events import BadValue
from ivr.ami.values import checked_action, checked_trunk, dial_digits, is_channel_id

CALL = str(uuid.UUID(int=7))


@given(st.text(max_size=40))
def test_whatever_passes_is_one_line_and_digits(number: str) -> None:
    try:
        sent = actions.originate(CALL, number, "+33388000000", 30, trunk="trunk", context="c")
    except BadValue:
        return
    channel = checked_action(sent)["Channel"]
    digits = channel.removeprefix("PJSIP/").removesuffix("@trunk")
    assert digits.isascii()
    assert digits.isdigit()


def test_our_own_asterisk_calls_by_endpoints_that_no_redirect_can_name() -> None:
    out = actions.originate(
        CALL, "+33639980012", "+33388000000", 30, trunk="beta", context="c", ours=True
    )
    assert out["Channel"] == "PJSIP/33639980012@beta@out/beta"
    at = "sip:op-ana@192.0.2.7:40123;transport=ws"
    ring = actions.ring(CALL, "op-ana", "+33388000000", 30, context="c", at=at)
    assert ring["Channel"] == f"PJSIP/@op-ana@out/{at}"


@pytest.mark.parametrize(
    "at",
    [
        "sip:+33899000000@192.0.2.7:5060",
        "sip:op-ben@192.0.2.7:5060",
        "sip:op-ana@carrier.example:5060",
        "sip:op-ana@192.0.2.7:5060;maddr=192.0.2.9",
        "sip:op-ana@192.0.2.7:5060?Route=%3Csip:192.0.2.9%3E",
        "sip:op-ana@192.0.2.7:5060,sip:op-ana@192.0.2.9:5060",
        "sip:op-ana@192.0.2.7:5060&PJSIP/112@trunk",
        "sip:op-ana@192.0.2.7",
    ],
)
def test_a_phone_is_called_by_its_name_at_an_address(at: str) -> None:
    with pytest.raises(BadValue):
        actions.ring(CALL, "op-ana", "+33388000000", 30, context="c", at=at)


@given(st.text(), st.sampled_from("\r\n\0\x1b\x7f\u0085\u2028\t"))
def test_no_control_character_is_sent(text: str, control: str) -> None:
    with pytest.raises(BadValue):
        checked_action({"Action": "Originate", "CallerID": text + control})


def test_numbers_lose_their_plus_and_nothing_else() -> None:
    assert dial_digits("+33639980012") == "33639980012"


@pytest.mark.parametrize("name", ["trunk&PJSIP/x", "a,b", "", "a/b", "x\n"])
def test_a_trunks_name_is_a_word(name: str) -> None:
    with pytest.raises(BadValue):
        checked_trunk(name)


@pytest.mark.parametrize(
    ("channel", "right"),
    [
        (CALL, True),
        ("1764000000.12", True),
        ("node0-1764000000.12", True),
        (CALL + ";2", False),
        ("/.*/", False),
        ("all", False),
        ("PJSIP/trunk-00000001", False),
        ("", False),
    ],
)
def test_channels_are_named_by_id_only(channel: str, right: bool) -> None:
    assert is_channel_id(channel) is right


def test_waits_double_up_to_the_cap_with_jitter_and_begin_again() -> None:
    dice = iter([0.5, 0.5, 0.5, 0.5, 0.0, 1.0, 0.5])
    backoff = Backoff(1, 5, lambda: next(dice))
    assert [backoff.wait() for _ in range(4)] == [1, 2, 4, 5]
    assert backoff.wait() == 3.75
    assert backoff.wait() == 6.25
    backoff.reset()
    assert backoff.wait() == 1
