"""The reply rules of DC-09 (docs/explanation/signals.md#dc-09), frame by frame."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siadc09 import account as oracle_account
from siadc09 import message as oracle
from siadc09.siadcs import parse_siadcs

from callflow.core.signals.dc09 import receive, stamp_of
from callflow.core.signals.framing import Body2007, Fault, Splitter
from callflow.core.signals.panel import message, read_reply
from callflow.core.signals.protocol import Received
from tests.unit.core.signals.told import KEY, KEYS, NOW, answer, encrypted, padded, station, told

WRONG_CLOCK = "_00:00:00,01-01-2000"


class TestInClear:
    def test_an_event_is_acknowledged_with_its_own_fields(self) -> None:
        received = told('"SIA-DCS"0042R1ALFFF#00A1[#00A1|Nri1/BA03]')
        assert answer(received) == '"ACK"0042R1ALFFF#00A1[]'
        (signal,) = received.signals
        assert (signal.account, signal.format, signal.code) == ("00A1", "SIA-DCS", "BA")
        assert (signal.zone, signal.partition) == ("03", "1")
        assert received.heard == "00A1"

    @pytest.mark.parametrize(
        ("sent", "repeated"),
        [
            ('"SIA-DCS"0001L#1001[#1001|NBA03]', '"ACK"0001L#1001[]'),
            ('"SIA-DCS"0001L0#1001[#1001|NBA03]', '"ACK"0001L0#1001[]'),
            ('"SIA-DCS"0001R1L0#1001[NBA03]', '"ACK"0001R1L0#1001[]'),
            ('"SIA-DCS"0001 R1 L0 #1001 [#1001|NBA03]', '"ACK"0001R1L0#1001[]'),
            ('"NULL"0000R0L0#1001[]', '"ACK"0000R0L0#1001[]'),
            ('"NULL"0000L0#1001[]' + WRONG_CLOCK, '"ACK"0000L0#1001[]'),
            ('"ADM-CID"0001L0#1001[#1001|1130 01 003]' + WRONG_CLOCK, '"ACK"0001L0#1001[]'),
            ('"SIA-DCS"0001L0#1001[#1001|NBA03]_99:99:99,99-99-9999', '"ACK"0001L0#1001[]'),
            ('"SIA-DCS"0001L0#1001[#1001|NBA03', '"ACK"0001L0#1001[]'),
            ('"SIA-DCS"0001L0#1001[#1001|?!]', '"ACK"0001L0#1001[]'),
        ],
    )
    def test_what_real_panels_send_is_acknowledged_whatever_their_clock(
        self, sent: str, repeated: str
    ) -> None:
        received = told(sent)
        assert answer(received) == repeated
        assert len(received.signals) == (0 if "NULL" in sent else 1)
        assert received.heard == "1001"

    def test_contact_id(self) -> None:
        (signal,) = told('"ADM-CID"0001L0#1001[#1001|3130 01 003]').signals
        assert (signal.format, signal.code, signal.zone) == ("ADM-CID", "3130", "003")

    def test_each_event_of_a_frame_is_a_signal_with_its_own_key(self) -> None:
        signals = told('"SIA-DCS"0001L0#1001[#1001|Nri1/BA03/BA04/FA9]').signals
        assert [s.code + s.zone for s in signals] == ["BA03", "BA04", "FA9"]
        assert len({s.deduplication for s in signals}) == 3

    def test_the_panels_time_and_text_are_kept_as_sent(self) -> None:
        body = '"SIA-DCS"0001L0#1001[#1001|NBA03^Fenêtre [2] ]^][X002E20][VRL]_11:59:01,02-28-2026'
        (signal,) = told(body).signals
        assert signal.text == "Fenêtre [2] ]"
        assert signal.panel_time == datetime(2026, 2, 28, 11, 59, 1, tzinfo=UTC)
        assert signal.raw == body

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "'; DROP TABLE signal; --",
            "a\r\nAction: Originate\r\n\r\n",
            "${EXEN(x)}",
            "../../etc/passwd",
            "\x1b[31mred",
            "a|b/c*d'e",
            "№ 7 – café ☎",
            "_11:59:01,02-28-2026",
            "][Vhttp",
            '"SIA-DCS"',
        ],
    )
    def test_hostile_text_is_text(self, text: str) -> None:
        received = told(f'"SIA-DCS"0001L0#1001[#1001|Nri1/BA03^{text}^]')
        assert [s.text for s in received.signals] == [text]
        assert received.signals[0].raw.isprintable()

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("café".encode(), "café"),
            ("café ☎".encode(), "café ☎"),
            (b"caf\xe9", "café"),  # Windows-1252 (§5.5.1.8)
            (b"\x80 5", "€ 5"),
            (b"\x81\0", "\ufffd\ufffd"),
        ],
    )
    def test_text_is_utf_8_or_windows_1252_and_rubbish_is_replaced(
        self, sent: bytes, shown: str
    ) -> None:
        body = b'"SIA-DCS"0001L0#1001[#1001|NBA03^' + sent + b"^]"
        (signal,) = told(body).signals
        assert signal.text == shown
        clear = b"#1009|NBA03^" + sent + b"^]" + stamp_of(NOW).encode()
        padding = b"p" * (16 + -(len(clear) + 1) % 16) + b"|"
        (signal,) = told(encrypted(padding + clear)).signals
        assert signal.text == shown

    @pytest.mark.parametrize(
        ("sent", "line"),
        [
            ("", "dc09-tcp"),
            ("L", "dc09-tcp"),
            ("L0", "dc09-tcp"),
            ("R0L0", "dc09-tcp"),
            ("L000000", "dc09-tcp"),
            ("R1L0", "dc09-tcp/R1L0"),
            ("L77", "dc09-tcp/L77"),
            ("R10L", "dc09-tcp/R10L"),
            ("R579BDFL789ABC", "dc09-tcp/R579BDFL789ABC"),
        ],
    )
    def test_the_receiver_and_line_that_a_panel_names_are_kept(self, sent: str, line: str) -> None:
        (signal,) = told(f'"SIA-DCS"0001{sent}#1001[#1001|NBA03]').signals
        assert signal.line == line
        assert len(signal.line) <= 32

    def test_further_blocks_are_kept_as_sent(self) -> None:
        blocks = "[X006E07.77][Y49N06.66][Vhttps://a.b/1.jpg,https://a.b/2.jpg][M0026B9E4268B]"
        body = f'"SIA-DCS"0001L0#1001[#1001|NBA03]{blocks}_11:59:01,02-28-2026'
        assert [s.extra for s in told(body).signals] == [blocks]
        (signal,) = told(encrypted(padded(f"#1009|NBA1]{blocks}{stamp_of(NOW)}"))).signals
        assert signal.extra == blocks
        assert told('"SIA-DCS"0001L0#1001[#1001|NBA03][V\0]').signals[0].extra == "[V\ufffd]"

    @pytest.mark.parametrize(
        ("outer", "data", "account"),
        [
            ("12345A", "12345A|NFA129", "12345A"),  # as OPAX and Prosec send it
            ("1001", "1002|1130 01 003", "1002"),
            ("1001", "001001|18113001003", "1001"),
            ("AAAA", "#00AAAA|3407 01 001", "AAAA"),
            ("aaa", "#AAA|NBA1", "aaa"),
            ("1001", "NBA03|Nri2/FA09", "1001"),
            ("1001", "1130 01 003", "1001"),
            ("", "#1002|NBA1", "1002"),
        ],
    )
    def test_whose_message_it_is(self, outer: str, data: str, account: str) -> None:
        name = "ADM-CID" if "01 0" in data or "0100" in data else "SIA-DCS"
        received = told(f'"{name}"0001L0#{outer}[{data}]' if outer else f'"{name}"0001L0[{data}]')
        assert {s.account for s in received.signals} == {account}
        assert all(s.code for s in received.signals)
        assert received.heard == (outer or account)

    def test_a_poll_speaks_for_the_heads_account_whatever_fills_it(self) -> None:
        assert told('"NULL"0000R0L0#1002[#0000|0000 00 000]').heard == "1002"
        received = told('"NULL"0000R0L0#1009[#0000|0000 00 000]')
        assert [s.account for s in received.signals] == ["1009"]  # in clear, with a key
        assert told('"NULL"0000R0L0[#1001|]').heard == "1001"

    def test_a_frame_with_a_crc_of_two_bytes_gets_such_an_answer(self) -> None:
        body = Body2007(b'"SIA-DCS"0042R1L1#1001[#1001|NBA03]')
        reply = told(body).reply
        assert reply is not None
        assert reply[3:] == b'0014"ACK"0042R1L1#1001[]\r'
        splitter = Splitter()
        splitter.push(reply)
        assert splitter.take() == [b'"ACK"0042R1L1#1001[]']
        duh = told(Body2007(b'"XYZ"0042L1#1001[x]')).reply
        assert duh is not None
        assert duh[3:12] == b'0012"DUH"'
        assert told(Body2007(b'"ACK"0042L1#1001[]')).reply is None

    def test_the_text_of_an_information_block_is_shown(self) -> None:
        (signal,) = told('"ADM-CID"0001L0#1001[#1001|1130 01 003][IHall][M0011]').signals
        assert signal.text == "Hall"

    def test_a_transmitter_may_speak_for_another_account(self) -> None:
        received = told('"SIA-DCS"0001L0#1001[#1002|NBA03]')
        assert answer(received) == '"ACK"0001L0#1001[]'
        assert received.signals[0].account == "1002"
        assert received.heard == "1001"

    def test_an_account_that_none_can_be_becomes_nobody_elses(self) -> None:
        (signal,) = told(f'"SIA-DCS"0001L0#{"1" * 40}[NBA03]').signals
        assert signal.account == "1" * 15 + "~"
        (signal,) = told('"SIA-DCS"0001L0#10\x0001[NBA03]').signals
        assert signal.account == "10\\x0001"

    def test_a_field_that_is_too_long_is_moved_to_the_text(self) -> None:
        (signal,) = told(f'"SIA-DCS"0001L0#1001[#1001|NBA{"x" * 30}]').signals
        assert signal.zone == "x" * 16
        assert signal.text == "x" * 30


class TestAnswers:
    @pytest.mark.parametrize("body", ['"SIA-DCS"0001L0#1001[]', '"ADM-CID"0001L0#1001[#1001|]'])
    def test_an_event_without_content_is_not_understood(self, body: str) -> None:
        received = told(body)
        assert answer(received) == '"DUH"0001L0#1001[]'
        assert received.fault is Fault.UNSUPPORTED
        assert received.signals == ()

    @pytest.mark.parametrize("name", ["SIA-PUD", "ADM-41E", "*FBI", "XNM", "null", ""])
    def test_an_unknown_id_is_not_understood(self, name: str) -> None:
        assert answer(told(f'"{name}"0001R2L0#1001[x]')) == '"DUH"0001R2L0#1001[]'

    @pytest.mark.parametrize("name", ["ACK", "*ACK", "NAK", "DUH", "RSP"])
    def test_an_answer_gets_none(self, name: str) -> None:
        assert told(f'"{name}"0001L0#1001[]') == Received(None)

    @pytest.mark.parametrize("body", ["", '"', "SIA-DCS", '"SIA-DCS'])
    def test_nothing_that_can_be_answered_gets_none(self, body: str) -> None:
        assert told(body) == Received(None, fault=Fault.MALFORMED)


class TestRepeats:
    def test_the_same_frame_again_is_acknowledged_under_the_same_key(self) -> None:
        where = station()
        body = '"SIA-DCS"0001L0#1001[#1001|NBA03]'
        first = told(body, where=where)
        again = told(body, NOW + timedelta(minutes=9), where)
        assert first.reply == again.reply
        assert first.signals[0].deduplication == again.signals[0].deduplication

    def test_a_fresh_padding_changes_nothing(self) -> None:
        where = station()
        content = f"#1009|NBA1]{stamp_of(NOW)}"
        keys = {
            told(encrypted(padded(content, filler)), where=where).signals[0].deduplication
            for filler in (b"a", b"b")
        }
        assert len(keys) == 1

    @pytest.mark.parametrize(
        "other",
        [
            '"SIA-DCS"0002L0#1001[#1001|NBA03]',
            '"SIA-DCS"0001L0#1002[#1002|NBA03]',
            '"SIA-DCS"0001L0#1001[#1001|NBA04]',
            '"SIA-DCS"0001L0#1001[#1001|NBA03][X1]',
            '"ADM-CID"0001L0#1001[#1001|NBA03]',
        ],
    )
    def test_anything_else_is_another_event(self, other: str) -> None:
        where = station()
        first = told('"SIA-DCS"0001L0#1001[#1001|NBA03]', where=where).signals[0]
        assert told(other, where=where).signals[0].deduplication != first.deduplication


class TestAnyBytes:
    @given(st.binary(max_size=200))
    def test_never_raise(self, body: bytes) -> None:
        told(body)

    @given(st.text(alphabet='"*#[]|_^/\\NBAORL0123456789,:-\0é \r\n', max_size=80))
    def test_never_raise_on_what_looks_like_a_frame(self, tail: str) -> None:
        for name in ("SIA-DCS", "ADM-CID", "NULL", "*SIA-DCS", "*NULL"):
            told(f'"{name}"0001L0#1009[{tail}')
            told(f'"{name}"{tail}')

    @given(st.binary(max_size=96))
    def test_never_raise_on_whatever_a_key_decrypts(self, clear: bytes) -> None:
        told(encrypted(clear[: len(clear) // 16 * 16]))

    @given(
        st.sampled_from([None, *KEYS]),
        st.text(alphabet=st.characters(blacklist_characters="^\0", codec="utf-8"), max_size=40),
        st.integers(0, 9999),
    )
    def test_what_a_panel_encodes_is_received(
        self, keyed: str | None, text: str, number: int
    ) -> None:
        account = keyed or "0A01"
        key = KEYS.get(account)
        data = f"#{account}|Nri2/BA{number}" + (f"^{text}^" if text else "")
        sent = message("SIA-DCS", account, data, sequence=number, key=key, stamp=NOW)
        splitter = Splitter()
        splitter.push(sent)
        (body,) = splitter.take()
        assert isinstance(body, bytes)
        received = receive(body, NOW, station())
        (signal,) = received.signals
        assert (signal.account, signal.zone, signal.text) == (account, str(number), text)
        assert received.reply is not None
        reply = read_reply(received.reply[9:-1], key)
        assert reply is not None
        assert (reply.kind, reply.sequence) == ("ACK", f"{number:04}")


class TestAgainstAnotherImplementation:
    """siadc09 writes what we read, and reads what we write."""

    @pytest.mark.parametrize("key", [None, KEY])
    def test_both_ways(self, key: bytes | None) -> None:
        panel = oracle_account.Account(acct=0x1009, pref=2, rcvr=1, key=key)
        sent = oracle.EventMessage(
            panel,
            config={
                "idtoken": "SIA-DCS",
                "seqno": 7,
                "data": parse_siadcs(b"#1009|Nri1/BA03"),
                "timestamp": NOW,
            },
        ).encode()
        splitter = Splitter()
        splitter.push(sent)
        (body,) = splitter.take()
        assert isinstance(body, bytes)
        received = receive(body, NOW, station())
        signal = received.signals[0]
        assert (signal.account, signal.code, signal.panel_time) == ("1009", "BA", NOW)
        reply = oracle.parse_frame(received.reply, key)
        assert (type(reply).__name__, reply.seq) == ("AckMessage", 7)
        assert reply.encrypted is (key is not None)

    def test_a_nak_and_a_duh(self) -> None:
        nak = told('"*SIA-DCS"0007R1L2#1009[00')
        assert type(oracle.parse_frame(nak.reply)).__name__ == "NakMessage"
        duh = told('"SIA-DCS"0007R1L2#1009[]')
        assert type(oracle.parse_frame(duh.reply)).__name__ == "DuhMessage"
