"""No machine dials an emergency number, however it is spelled (invariant 5)."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.dial_policy import refusal

EMERGENCY = ["15", "17", "18", "112", "114", "115", "119", "191", "196", "911", "999", "000", "110"]
SPELLINGS = [
    "{}", "+{}", "+33{}", "+330{}", "+33 {}", "0033{}", "00330{}", "0{}", "00{}", " {} ", "{}#",
    "*31#{}", "tel:{}", "sip:{}@trunk", "+33000000{}", "+44{}", "+1{}", "+44000000{}", "33{}",
    "+33({})", "{}\n", "{},,1",
]  # fmt: skip


@pytest.mark.parametrize("number", EMERGENCY)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_emergency_number_is_refused(number: str, spelling: str) -> None:
    assert refusal(spelling.format(number))


@pytest.mark.parametrize("number", ["1 5", "1-7", "1.1.2", "+33 1 1 2", "+3 3 1 7"])
def test_with_anything_between_its_digits_too(number: str) -> None:
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


@given(st.integers(1_00_00_00_00, 7_99_99_99_99))
def test_every_french_subscriber_may_be_dialled(subscriber: int) -> None:
    assert refusal(f"+33{subscriber}") is None


@given(st.from_regex(r"\+?[0-9 ]{1,7}", fullmatch=True))
def test_no_short_number_passes(number: str) -> None:
    assert refusal(number)


@pytest.mark.parametrize("region", ["FR", "BE", "CH", "DE", "ES", "IT", "LU", "GB", "US"])
def test_no_emergency_number_of_a_neighbour_passes(region: str) -> None:
    known = [str(n) for n in range(1000) if phonenumbers.is_emergency_number(str(n), region)]
    code = phonenumbers.country_code_for_region(region)
    assert known
    assert all(refusal(n) and refusal(f"+{code}{n}") for n in known)
