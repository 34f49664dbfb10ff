"""DC-09 encrypted, and in clear from an account that has a key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals import dc09
from callflow.core.signals.dc09 import stamp_of
from callflow.core.signals.framing import Fault
from callflow.core.signals.protocol import Station
from callflow.core.signals.repeats import Repeats
from tests.unit.core.signals.told import KEY, KEYS, NOW, answer, encrypted, padded, station, told


class TestEncrypted:
    def test_an_event_gets_an_encrypted_answer_with_padding_and_time(self) -> None:
        received = told(encrypted(padded("#1009|Nri1/FA07]_12:00:10,03-01-2026")))
        assert answer(received, KEY) == '"*ACK"0007R1L2#1009[]_12:00:00,03-01-2026'
        (signal,) = received.signals
        assert (signal.code, signal.zone, signal.encrypted) == ("FA", "07", True)
        assert signal.raw == '"*SIA-DCS"0007R1L2#1009[#1009|Nri1/FA07]_12:00:10,03-01-2026'

    def test_a_poll_too(self) -> None:
        received = told(encrypted(padded("]_12:00:00,03-01-2026"), name="NULL"))
        assert answer(received, KEY) == '"*ACK"0007R1L2#1009[]_12:00:00,03-01-2026'
        assert (received.signals, received.heard) == ((), "1009")

    @pytest.mark.parametrize("account", KEYS)
    def test_keys_of_128_192_and_256_bits(self, account: str) -> None:
        data = f"#{account}|NBA1]"
        body = encrypted(padded(data + stamp_of(NOW)), account=account)
        assert answer(told(body), KEYS[account]).startswith('"*ACK"')

    @pytest.mark.parametrize("digits", ["upper", "lower"])
    def test_hex_in_either_case(self, digits: str) -> None:
        body = encrypted(padded(f"#1009|NBA1]{stamp_of(NOW)}"))
        head, _, cipher = body.partition(b"[")
        assert len(told(head + b"[" + getattr(cipher, digits)()).signals) == 1

    @pytest.mark.parametrize("filler", [b"|", b"]", b"[", b"]|[", b"\xff\0\r\n", b"a|b|"])
    @pytest.mark.parametrize("data", ["#1009|Nri1/BA03]", "Nri1/BA03]", "NBA03^x|y^]"])
    def test_padding_may_be_any_bytes_and_the_inner_account_absent(
        self, filler: bytes, data: str
    ) -> None:
        (signal,) = told(encrypted(padded(data + stamp_of(NOW), filler))).signals
        assert (signal.account, signal.code, signal.zone) == ("1009", "BA", "03")

    def test_padding_that_looks_like_another_account_misleads_nobody(self) -> None:
        (signal,) = told(encrypted(padded(f"#1009|NBA03]{stamp_of(NOW)}", b"|#a"))).signals
        assert signal.account == "1009"

    @given(st.binary(min_size=16, max_size=16))
    def test_any_padding_at_all(self, padding: bytes) -> None:
        content = f"#1009|Nri1/BA0003]{stamp_of(NOW)}".encode()
        clear = padding[: -(len(content) + 1) % 16] + b"|" + content
        (signal,) = told(encrypted(clear)).signals
        assert (signal.code, signal.zone) == ("BA", "0003")

    @pytest.mark.parametrize(("seconds", "taken"), [(-41, 0), (-40, 1), (0, 1), (20, 1), (21, 0)])
    def test_the_window(self, seconds: int, taken: int) -> None:
        stamp = stamp_of(NOW + timedelta(seconds=seconds))
        received = told(encrypted(padded(f"#1009|NBA1]{stamp}")))
        assert len(received.signals) == taken
        if not taken:
            assert answer(received) == '"NAK"0007R1L2#1009[]_12:00:00,03-01-2026'
            assert (received.fault, received.heard) == (Fault.OUTSIDE_WINDOW, None)

    def test_the_window_is_a_setting(self) -> None:
        wide = Station(key_of=KEYS.get, before=timedelta(hours=1), repeats=Repeats())
        body = encrypted(padded(f"#1009|NBA1]{stamp_of(NOW - timedelta(minutes=59))}"))
        assert len(told(body, where=wide).signals) == 1

    def test_without_a_time_stamp_it_might_be_a_replay(self) -> None:
        assert told(encrypted(padded("#1009|NBA1]"))).fault is Fault.OUTSIDE_WINDOW

    @pytest.mark.parametrize(
        "body",
        [
            '"*SIA-DCS"0007R1L2#1001[' + "00" * 32,  # an account without a key
            '"*SIA-DCS"0007R1L2#1009[' + "00" * 32,  # the wrong key
            '"*SIA-DCS"0007R1L2#1009[' + "00" * 31,  # not a multiple of 16
            '"*SIA-DCS"0007R1L2#1009[' + "0" * 33,
            '"*SIA-DCS"0007R1L2#1009[#1009|NBA1]_12:00:00,03-01-2026',  # not encrypted at all
            '"*NULL"0007R1L2#1009[]',
        ],
    )
    def test_what_cannot_be_decrypted(self, body: str) -> None:
        received = told(body)
        account = "1001" if "#1001" in body else "1009"
        assert answer(received) == f'"NAK"0007R1L2#{account}[]_12:00:00,03-01-2026'
        assert received.fault is Fault.UNDECRYPTABLE
        assert (received.signals, received.heard) == ((), None)

    def test_the_wrong_key_is_never_taken_for_a_message(self) -> None:
        for number in range(256):
            body = encrypted(bytes([number]) * 48)
            assert told(body).signals == ()

    def test_an_empty_event_is_not_understood(self) -> None:
        assert answer(told(encrypted(padded(f"]{stamp_of(NOW)}")))) == '"DUH"0007R1L2#1009[]'
        bare = b"x" * (32 - 21) + f"]{stamp_of(NOW)}".encode()  # without a bar
        assert answer(told(encrypted(bare))) == '"DUH"0007R1L2#1009[]'


class TestInClearWithAKey:
    def test_it_is_acknowledged_in_clear_stored_and_said(self) -> None:
        received = told('"SIA-DCS"0001L0#1009[#1009|NBA03]')
        assert answer(received) == '"ACK"0001L0#1009[]'
        assert [(s.format, s.code) for s in received.signals] == [
            ("SIA-DCS", "BA"),
            ("station", dc09.UNENCRYPTED_CODE),
        ]

    def test_a_repeat_says_it_once(self) -> None:
        where = station()
        body = '"SIA-DCS"0001L0#1009[#1009|NBA03]'
        first, again = told(body, where=where), told(body, NOW + timedelta(seconds=5), where)
        assert [s.deduplication for s in first.signals] == [s.deduplication for s in again.signals]

    def test_a_poll_says_it_once_an_hour(self) -> None:
        keys = [
            told('"NULL"0001L0#1009[]', NOW + timedelta(minutes=m)).signals[0].deduplication
            for m in (0, 59, 60)
        ]
        assert keys[0] == keys[1] != keys[2]

    def test_another_panels_key_is_not_its_own(self) -> None:
        data = f"#2424|NBA1]{stamp_of(NOW)}"
        codes = [s.code for s in told(encrypted(padded(data), account="1009")).signals]
        assert codes == ["BA", dc09.UNENCRYPTED_CODE]

    @pytest.mark.parametrize("payload", ['"NULL"0001L0#1009[]', '"SIA-DCS"0001L0#1009[#1009|NOP1]'])
    def test_it_is_no_sign_of_the_panels_life(self, payload: str) -> None:
        assert told(payload).heard is None

    def test_what_another_key_says_is_not_in_the_accounts_own(self) -> None:
        data = f"#2424|NBA1]{stamp_of(NOW)}"
        received = told(encrypted(padded(data), account="1009"))
        assert [s.encrypted for s in received.signals] == [False, False]
        assert received.heard == "1009", "whose key it is has spoken"

    def test_it_swallows_nothing_that_comes_in_the_key(self) -> None:
        where = station()
        forged = told('"SIA-DCS"0007R1L2#1009[#1009|Nri1/OP1]', where=where)
        own = told(encrypted(padded(f"#1009|Nri1/OP1]{stamp_of(NOW)}")), where=where)
        assert forged.signals[0].deduplication != own.signals[0].deduplication
