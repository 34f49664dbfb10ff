"""SIA DC-07: the frames of DC-09, from a receiver to the computer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals import dc07
from callflow.core.signals.dc07 import receive
from callflow.core.signals.framing import Fault, Splitter, frame
from callflow.core.signals.protocol import Received, Station
from callflow.core.signals.repeats import Repeats

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

accounts = st.from_regex(r"[0-9A-Za-z]{1,16}", fullmatch=True)
codes = st.from_regex(r"[A-Z]{2}", fullmatch=True)
digits = st.from_regex(r"[0-9]{1,4}", fullmatch=True)
texts = st.text(st.characters(categories=("L", "N", "Zs")), max_size=40)


def station() -> Station:
    return Station(key_of=lambda account: None, line="dc07", repeats=Repeats())


def told(body: str | bytes, at: datetime = NOW, where: Station | None = None) -> Received:
    data = body.encode() if isinstance(body, str) else body
    return receive(data, at, where or station())


def bodies(data: bytes) -> list[bytes]:
    splitter = Splitter()
    splitter.push(data)
    return [item for item in splitter.finish() if isinstance(item, bytes)]


class TestAnswers:
    @pytest.mark.parametrize(
        ("sent", "answer"),
        [
            ('"SIA-DCS"0007R1L3[#1234|Nri1BA01]', '"ACK"0007R1L3[]'),
            ('"SIA-DCS"0007L3#1234[#1234|Nri1BA01]', '"ACK"0007L3#1234[]'),
            ('"ADM-CID"0008R1L3[#1234|1130 01 004]', '"ACK"0008R1L3[]'),
            ('"SIA-PUL"0009R1L3[#1234|1 2]', '"ACK"0009R1L3[]'),
            ('"NULL"0010R1L0[]', '"ACK"0010R1L0[]'),
        ],
    )
    def test_the_answer_repeats_number_receiver_and_line(self, sent: str, answer: str) -> None:
        assert told(sent).reply == frame(answer.encode())

    def test_where_it_came_from_is_kept(self) -> None:
        (signal,) = told('"SIA-DCS"0007R1L3[#1234|Nri1BA01]').signals
        assert (signal.line, signal.account, signal.code) == ("dc07/1-3", "1234", "BA")
        assert (signal.zone, signal.partition, signal.format) == ("01", "1", "SIA-DCS")

    @pytest.mark.parametrize("sent", ['"NULL"0010R2L0[]', '"SIA-DCS"0010R2L0[]'])
    def test_a_link_test_proves_that_the_receiver_lives(self, sent: str) -> None:
        received = told(sent)
        assert (received.beat, received.receiver, received.signals) == (True, "2", ())

    def test_a_token_that_nobody_knows_is_kept_for_a_human(self) -> None:
        (signal,) = told('"SIA-PUL"0009R1L3[#1234|1 2]').signals
        assert (signal.account, signal.format, signal.code) == ("1234", "SIA-PUL", "")
        assert signal.text == "1 2"

    @pytest.mark.parametrize("sent", ['"ACK"0001L0[]', '"DUH"0001L0[]', '"NAK"0001L0[]'])
    def test_an_answer_gets_no_answer(self, sent: str) -> None:
        assert told(sent) == Received(None)

    def test_what_has_no_head_is_counted(self) -> None:
        assert told("nothing") == Received(None, fault=Fault.MALFORMED)

    def test_the_receivers_clock_is_not_the_panels(self) -> None:
        received = told('"SIA-DCS"0007R1L3[#1234|Nri1BA01]_11:00:00,03-01-2026')
        assert (received.stamp, received.signals[0].panel_time) == (None, None)
        assert "_11:00:00" in received.signals[0].raw


def test_the_same_message_again_is_the_same_event() -> None:
    where = station()
    first = told('"SIA-DCS"0007R1L3[#1234|Nri1BA01]', NOW, where)
    again = told('"SIA-DCS"0007R1L3[#1234|Nri1BA01]', NOW + timedelta(minutes=1), where)
    other = told('"SIA-DCS"0008R1L3[#1234|Nri1BA01]', NOW + timedelta(minutes=1), where)
    assert first.signals[0].deduplication == again.signals[0].deduplication
    assert first.signals[0].deduplication != other.signals[0].deduplication


class TestAnything:
    @given(st.binary(max_size=300))
    def test_any_bytes_are_answered_or_refused(self, data: bytes) -> None:
        received = told(data)
        assert (received.fault is not None) <= (received.reply is None)

    @given(st.text(st.sampled_from('"NULSIA-DC0123RL#[]|_:,xé\0'), max_size=60))
    def test_nearly_right_frames_are_answered_or_refused(self, text: str) -> None:
        told(text)
        told(f'"SIA-DCS"{text}')

    @given(accounts, codes, digits, st.sampled_from(["", "1", "02"]), texts)
    def test_sia_comes_out_as_it_went_in(
        self, account: str, code: str, zone: str, area: str, text: str
    ) -> None:
        (body,) = bodies(dc07.encode(account, code, zone, area, text, sequence=12))
        (signal,) = told(body).signals
        found = (signal.account, signal.code, signal.zone, signal.partition, signal.text)
        assert found == (account, code, zone, area, text)

    @given(accounts, st.from_regex(r"[136][0-9]{3}", fullmatch=True), digits)
    def test_contact_id_comes_out_as_it_went_in(self, account: str, code: str, zone: str) -> None:
        (body,) = bodies(dc07.encode(account, code, zone, "01", sequence=1))
        (signal,) = told(body).signals
        assert (signal.account, signal.format, signal.code) == (account, "ADM-CID", code)
        assert int(signal.zone) == int(zone)

    @given(st.integers(1, 9999))
    def test_heartbeats_name_their_receiver(self, number: int) -> None:
        (body,) = bodies(dc07.heartbeat(number, "3"))
        assert (told(body).beat, told(body).receiver) == (True, "3")
