"""DC-03 blocks as panels send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals import sia
from callflow.core.signals.event import Event


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ("Nri1/BA03", Event("BA", "03", "1")),
        ("Nri1BA03", Event("BA", "03", "1")),
        ("NBA03", Event("BA", "03")),
        ("OBA03", Event("BA", "03")),
        ("BA", Event("BA")),
        ("Nti12:34/id007/ri2/pi9/CL501", Event("CL", "501", "2", "007")),
        ("Nri1/OP12", Event("OP", "12", "1", "12")),
        ("Nri0/RP0000", Event("RP", "0000", "0")),
        ("NRP000*'KIOSK'NM", Event("RP", "000", text="KIOSK")),
        ("NBA001*'back / door'NM", Event("BA", "001", text="back / door")),
        ("Nri1/BA01^Porte d’entrée^", Event("BA", "01", "1", text="Porte d’entrée")),
        ("Nri1/BA01^a/BA^b", Event("BA", "01", "1", text="a/BA^b")),
        ("Nri1/BA01|AFront door", Event("BA", "01", "1", text="Front door")),
        ("NXYzz", Event("XY", "zz")),
        ("NR01", Event("NR", "01")),
        ("Nri01^TOTAL^/LX901^JA-106K(R)^", Event("LX", "901", "01", text="JA-106K(R)")),
        ("Nri0000pi0006da10-25-18ti14:37:53UT0000^x^", Event("UT", "0000", "0000", text="x")),
        ("Nri2/id15/OP", Event("OP", "", "2", "15")),
        ("0|NRP", Event("RP")),
        ("12345A|NFA129", Event("FA", "129")),
    ],
)
def test_one_event(payload: str, event: Event) -> None:
    assert sia.decode(payload) == (event,)


@pytest.mark.parametrize(
    ("payload", "codes"),
    [
        ("Nri1/BA03/BA04", ["BA03", "BA04"]),
        ("Nri1/BA03BR04", ["BA03", "BR04"]),
        ("Nri1/BA03^x^/BA04^y^/CL7", ["BA03", "BA04", "CL7"]),
        ("Nri1/BA03|Nri2/FA09", ["BA03", "FA09"]),
        ("Nri1/BA03|Aone|Nri2/FA09|Atwo", ["BA03", "FA09"]),
    ],
)
def test_several_events(payload: str, codes: list[str]) -> None:
    assert [event.code + event.zone for event in sia.decode(payload)] == codes


def test_a_modifier_holds_until_it_is_given_again() -> None:
    areas = [event.partition for event in sia.decode("Nri1/BA03/BA04/ri2/BA05")]
    assert areas == ["1", "1", "2"]


@pytest.mark.parametrize("payload", ["", "?", "hello", "12345", "Nri1/"])
def test_what_holds_no_event_is_kept_as_text(payload: str) -> None:
    assert sia.decode(payload) == (Event("", text=payload),)


@given(st.text(max_size=80) | st.text(alphabet="NOBAri1^|*/'d\r0", max_size=60))
def test_any_payload_gives_at_least_one_event(payload: str) -> None:
    assert sia.decode(payload)


@given(
    st.from_regex(r"[A-Z]{2}", fullmatch=True),
    st.from_regex(r"[0-9]{0,4}", fullmatch=True),
    st.from_regex(r"[0-9]{0,2}", fullmatch=True),
    st.text(alphabet=st.characters(blacklist_characters="^", codec="utf-8"), max_size=40),
)
def test_what_is_encoded_decodes_to_itself(code: str, zone: str, area: str, text: str) -> None:
    (event,) = sia.decode(sia.encode(code, zone, area, text))
    assert event[:3] == (code, zone, area)
    assert event.text == text


def test_a_code_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="two capital letters"):
        sia.encode("1130", "1")
