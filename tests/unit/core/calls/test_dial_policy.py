"""No machine dials an emergency number, however it is spelled (invariant 5)."""

from __future__ import annotations

from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.core.calls.dial_policy import (
    BY_A_PERSON,
    EMERGENCY,
    MUTE,
    PREMIUM,
    UNKNOWN,
    Destination,
    forbidden,
    refusal,
)

#: A promise: as many examples in a fast run.
WHOLE = settings(max_examples=100)

NUMBERS = [
    "15", "17", "18", "110", "112", "114", "115", "119", "191", "196", "197", "911", "999", "000",
    "116000", "116117", "116006",
]  # fmt: skip
SPELLINGS = [
    "{}", "+{}", "+33{}", "+330{}", "+33 {}", "0033{}", "00330{}", "0{}", "00{}", " {} ", "{}#",
    "*31#{}", "#31#{}", "tel:{}", "sip:{}@trunk", "sips:{}@10.0.0.1:5061", "+33000000{}",
    "+44{}", "+1{}", "+590{}", "+262{}", "+44000000{}", "33{}", "+33({})", "{}\n", "{},,1",
    "{};ext=4", "{};isub=1", "{};phone-context=+33", "{}p1", "{}w1", "{}&PJSIP/1", "a{}b",
    "Police : {}", "+33639980001,{}", "\u200f{}\u200e", "\u202e{}\u202c", "\u2066{}\u2069",
    "\ufeff{}", "{}\u200b", "\u00a0{}", "+33\u202f{}",
]  # fmt: skip
#: Other digits that people, and programs, may write: full-width, Arabic, Persian, Devanagari, bold.
SCRIPTS = ["０", "٠", "۰", "०", "𝟎"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_emergency_number_is_refused_as_one(number: str, spelling: str) -> None:
    assert refusal(spelling.format(number)) == EMERGENCY


@pytest.mark.parametrize("zero", SCRIPTS)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("spelling", ["{}", "+33{}", "0033 {}"])
def test_in_another_script_too(number: str, zero: str, spelling: str) -> None:
    written = "".join(chr(ord(zero) + int(digit)) for digit in number)
    assert refusal(spelling.format(written)) == EMERGENCY


@pytest.mark.parametrize(
    "number",
    ["1 5", "1-7", "1.1.2", "+33 1 1 2", "+3 3 1 7", "1\u200f7", "1\u200b1\u200b2", "(1)(1)(2)",
     "①⑦", "¹¹²", "+33 (0) 1 7", "1/8", "1‑1‑4"],
)  # fmt: skip
def test_with_anything_between_its_digits_too(number: str) -> None:
    assert refusal(number) == EMERGENCY


@pytest.mark.parametrize(
    "number",
    ["+33112000000000", "+3317000000000", "+331700000000", "+19115550100", "+1911555010",
     "+112025550100", "+33017000000"],
)  # fmt: skip
def test_a_short_number_with_more_digits_behind_it_is_no_number(number: str) -> None:
    assert refusal(number)


@pytest.mark.parametrize(
    "number",
    [
        "", "+", "anonymous", "3020", "+333020", "118008", "+33118008", "+33116000", "+33116006",
        "0639980001", "0033639980001", "33639980001", "+33 6 39 98 00 01", "+33639980001\n",
        "+33639980001,15", "+33639980001;phone-context=15", "+0639980001", "+3363998000",
        "+1234567890123456", "+33６39980001", "++33639980001", "+33639980001&Local/15",
    ],
)  # fmt: skip
def test_only_full_international_numbers_pass(number: str) -> None:
    assert refusal(number)


@pytest.mark.parametrize(
    "number",
    ["+33639980001", "+33112000001", "+33155000000", "+441632960001", "+12025550100", "+390612345"],
)
def test_an_ordinary_number_may_be_dialled(number: str) -> None:
    assert refusal(number) is None


@pytest.mark.parametrize(
    "number", ["+33899701234", "+33892123456", "+19005551234", "+449098790123"]
)
def test_who_earns_money_by_being_called_is_not_called(number: str) -> None:
    assert refusal(number) == PREMIUM


@WHOLE
@given(st.integers(1_00_00_00_00, 7_99_99_99_99))
def test_every_french_subscriber_may_be_dialled(subscriber: int) -> None:
    assert refusal(f"+33{subscriber}") is None


@WHOLE
@given(st.from_regex(r"\+?[0-9 ]{1,7}", fullmatch=True))
def test_no_short_number_passes(number: str) -> None:
    assert refusal(number)


@pytest.mark.parametrize("region", ["FR", "BE", "CH", "DE", "ES", "IT", "LU", "GB", "US"])
def test_no_emergency_number_of_a_neighbour_passes(region: str) -> None:
    known = [str(n) for n in range(1000) if phonenumbers.is_emergency_number(str(n), region)]
    code = phonenumbers.country_code_for_region(region)
    assert known
    assert all(refusal(n) and refusal(f"+{code}{n}") for n in known)


# --- what is called for whom ------------------------------------------------------------------


def call(number: str = "+33639980001", step: str = "keyholders", **known: Any) -> Destination:
    facts = {"requester": "", "contact": False, "ours": False, "service": False, "mute": False}
    return Destination(number=number, step=step, **{**facts, **known})


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"contact": True}, None),
        ({"ours": True, "step": "queue"}, None),
        ({"ours": True, "step": "bridge", "mute": True}, None),
        ({}, UNKNOWN),
        ({"requester": "Alice", "step": "by_hand"}, UNKNOWN),
        ({"contact": True, "mute": True}, MUTE),
        ({"contact": True, "mute": True, "step": "by_hand", "requester": "Alice"}, MUTE),
        ({"service": True}, BY_A_PERSON),
        ({"service": True, "contact": True}, BY_A_PERSON),  # a contact with the police's number
        ({"service": True, "ours": True, "step": "queue"}, BY_A_PERSON),
        ({"service": True, "step": "by_hand", "requester": "Alice"}, BY_A_PERSON),
        ({"service": True, "step": "service"}, BY_A_PERSON),
        ({"service": True, "step": "service", "requester": "  "}, BY_A_PERSON),
        ({"service": True, "step": "service", "requester": "Alice"}, None),
        ({"service": True, "step": "service", "requester": "Alice", "mute": True}, None),
        ({"contact": True, "step": "service", "requester": "Alice"}, UNKNOWN),
    ],
)
def test_a_call_goes_to_whom_its_step_is_for(known: dict[str, Any], why: str | None) -> None:
    assert forbidden(call(**known)) == why


@WHOLE
@given(
    st.sampled_from(["17", "+33112", "0033 15"]),
    st.sampled_from(["keyholders", "by_hand", "queue", "bridge", "service", "service_desk"]),
    st.fixed_dictionaries({name: st.booleans() for name in ("contact", "ours", "service", "mute")}),
    st.sampled_from(["", "Alice"]),
)
def test_nothing_that_is_known_of_an_emergency_number_opens_it(
    number: str, step: str, known: dict[str, bool], requester: str
) -> None:
    assert forbidden(call(number, step, requester=requester, **known)) == EMERGENCY
