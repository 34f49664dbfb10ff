"""Sur-Gard's automation output: lines of manuals and receivers, and any bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals import surgard
from callflow.core.signals.framing import Fault
from callflow.core.signals.protocol import Received, Station
from callflow.core.signals.repeats import Repeats
from callflow.core.signals.resends import RESENT
from callflow.core.signals.surgard import ACK, DC4, LONGEST, NAK, Splitter, receive

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
FILE = Path(__file__).parents[3] / "data" / "frames" / "surgard.yaml"
LINES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))

accounts = st.from_regex(r"[0-9A-Za-z]{1,16}", fullmatch=True)
codes = st.from_regex(r"[A-Z]{2}", fullmatch=True)
digits = st.from_regex(r"[0-9]{1,4}", fullmatch=True)
texts = st.text(st.characters(categories=("L", "N", "Zs")), max_size=40)


def station() -> Station:
    return Station(key_of=lambda account: None, line="surgard", repeats=Repeats())


def told(line: str | bytes, at: datetime = NOW, where: Station | None = None) -> Received:
    body = line.encode() if isinstance(line, str) else line
    return receive(body, at, where or station())


def split(*segments: bytes) -> list[bytes | Fault]:
    splitter = Splitter()
    items: list[bytes | Fault] = []
    for segment in segments:
        splitter.push(segment)
        items += splitter.take()
    return items + splitter.finish()


@pytest.mark.parametrize("quoted", LINES, ids=lambda quoted: quoted["line"][:24])
def test_it_means_what_its_source_says(quoted: dict[str, Any]) -> None:
    assert quoted["source"]
    assert quoted["licence"]
    says = dict(quoted["says"])
    received = told(quoted["line"])
    assert received.reply == ACK
    if "beat" in says:
        assert (received.beat, received.receiver, received.signals) == (True, says["beat"], ())
        return
    (signal,) = received.signals
    assert signal.line == f"surgard/{says.pop('line')}"
    assert {name: getattr(signal, name) for name in says} == says
    assert received.heard == says["account"]
    assert signal.raw == quoted["line"]


class TestAnswers:
    @pytest.mark.parametrize("line", ["", "   ", "\r\n", "5011 18\x011234E13001001", "\x7f"])
    def test_what_noise_has_broken_is_asked_for_again(self, line: str) -> None:
        assert told(line) == Received(NAK, fault=Fault.MALFORMED)

    @pytest.mark.parametrize(
        "line", ["hello", "Z011 what is this", "S011[&0612345678]", "8011001234 5555 5555 5"]
    )
    def test_what_nobody_knows_is_kept_for_a_human(self, line: str) -> None:
        received = told(line)
        assert received.reply == ACK
        (signal,) = received.signals
        assert (signal.code, signal.format, signal.raw) == ("", "surgard", line)
        assert signal.text

    def test_the_receiver_tells_of_itself_in_sia(self) -> None:
        (signal,) = told("0010[#0000|NYT00]").signals
        assert (signal.account, signal.code, signal.format) == ("0000", "YT", "SIA-DCS")

    def test_an_event_in_progress_is_contact_ids_six(self) -> None:
        assert told("5011 181234P13001004").signals[0].code == "6130"

    def test_text_that_is_no_utf_8_is_windows_text(self) -> None:
        (signal,) = told("S011[#1234|NBA01*'Entrée'NM]".encode("cp1252")).signals
        assert signal.text == "Entrée"

    def test_several_events_of_a_block_are_several_signals(self) -> None:
        signals = told("S011[#1234|Nri1BA01/BA02]").signals
        assert [signal.zone for signal in signals] == ["01", "02"]
        assert len({signal.deduplication for signal in signals}) == 2


class TestResends:
    def keys(self, *lines: tuple[str, float]) -> list[str]:
        where = station()
        return [
            told(line, NOW + timedelta(seconds=after), where).signals[0].deduplication
            for line, after in lines
        ]

    def test_the_same_line_again_is_the_same_event(self) -> None:
        line = "S011[#1234|Nri1BA01]"
        assert len(set(self.keys((line, 0), (line, 4), (line, 8), (line, 12)))) == 1

    def test_after_another_line_of_the_account_it_is_a_new_event(self) -> None:
        alarm, restore = "S011[#1234|Nri1BA01]", "S011[#1234|Nri1BR01]"
        first, _, again = self.keys((alarm, 0), (restore, 2), (alarm, 4))
        assert first != again

    def test_lines_of_other_accounts_change_nothing(self) -> None:
        alarm = "S011[#1234|Nri1BA01]"
        first, _, again = self.keys((alarm, 0), ("S012[#9999|NFA01]", 2), (alarm, 4))
        assert first == again

    def test_later_it_is_a_new_event(self) -> None:
        alarm = "S011[#1234|Nri1BA01]"
        first, again = self.keys((alarm, 0), (alarm, RESENT.total_seconds()))
        assert first != again


class TestSplitter:
    def test_merged_and_split_segments(self) -> None:
        whole = surgard.heartbeat() + surgard.encode("1234", "BA", "01")
        lines = [line for line in whole.split(DC4) if line]
        assert split(whole) == lines
        assert split(*(bytes([byte]) for byte in whole)) == lines

    def test_an_overlong_line_is_a_fault_and_the_next_one_is_taken(self) -> None:
        assert split(b"x" * 5000, b"y" * 5000, DC4 + b"next" + DC4) == [Fault.BAD_LENGTH, b"next"]
        assert split(b"x" * (LONGEST + 1) + DC4) == [Fault.BAD_LENGTH]

    def test_half_a_line_at_the_end_is_a_fault(self) -> None:
        assert split(b"5011 18") == [Fault.BAD_LENGTH]
        assert split(b"one" + DC4 + b"\r\n") == [b"one"]

    def test_no_more_than_asked_for(self) -> None:
        splitter = Splitter()
        splitter.push((b"a" + DC4) * 5)
        assert splitter.take(2) == [b"a", b"a"]
        assert splitter.pending
        assert len(splitter.take()) == 3

    @given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
    def test_segments_make_no_difference(self, data: bytes, cuts: list[int]) -> None:
        places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        pieces = [data[a:b] for a, b in pairwise(places)]
        assert split(*pieces) == split(data)

    def test_what_is_held_back_is_bounded(self) -> None:
        splitter = Splitter()
        for _ in range(100):
            splitter.push(b"x" * 10_000)
            splitter.take()
        assert len(splitter._buffer) <= LONGEST
        assert splitter.garbage == 1_000_000


class TestAnything:
    @given(st.binary(max_size=400))
    def test_any_bytes_are_answered(self, data: bytes) -> None:
        received = told(data)
        assert received.reply in (ACK, NAK)
        assert (received.reply == NAK) == (received.fault is not None)
        assert received.beat or received.fault is not None or received.signals

    @given(st.text(st.sampled_from("0135S8 18[]#|ERPABNri/@'*^01234\x14\0é"), max_size=60))
    def test_nearly_right_lines_are_answered(self, line: str) -> None:
        assert told(line).reply in (ACK, NAK)

    @given(accounts, codes, digits, st.sampled_from(["", "1", "02"]), texts)
    def test_sia_comes_out_as_it_went_in(
        self, account: str, code: str, zone: str, area: str, text: str
    ) -> None:
        (body,) = split(surgard.encode(account, code, zone, area, text))
        assert isinstance(body, bytes)
        (signal,) = told(body).signals
        assert (signal.account, signal.code, signal.zone, signal.partition) == (
            account,
            code,
            zone,
            area,
        )
        assert signal.text == text

    @given(
        st.from_regex(r"[0-9A-F]{4}", fullmatch=True),
        st.from_regex(r"[136][0-9]{3}", fullmatch=True),
        st.from_regex(r"[0-9]{3}", fullmatch=True),
        st.from_regex(r"[0-9]{2}", fullmatch=True),
    )
    def test_contact_id_comes_out_as_it_went_in(
        self, account: str, code: str, zone: str, area: str
    ) -> None:
        (body,) = split(surgard.encode(account, code, zone, area))
        assert isinstance(body, bytes)
        (signal,) = told(body).signals
        assert (signal.account, signal.format) == (account, "ADM-CID")
        assert (signal.code, signal.zone, signal.partition) == (code, zone, area)

    @given(st.from_regex(r"[0-9A-F]{2}", fullmatch=True))
    def test_heartbeats_name_their_receiver(self, receiver: str) -> None:
        (body,) = split(surgard.heartbeat(receiver))
        assert isinstance(body, bytes)
        assert (told(body).beat, told(body).receiver) == (True, receiver)

    @pytest.mark.parametrize(
        ("account", "code"), [("12 4", "BA"), ("1234", "B"), ("12345", "1130"), ("1234", "9130")]
    )
    def test_what_cannot_be_sent_is_refused(self, account: str, code: str) -> None:
        with pytest.raises(ValueError, match=r"is|has"):
            surgard.encode(account, code, "01")
