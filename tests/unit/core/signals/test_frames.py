"""Frames of standards, manuals and real panels decode to what their sources say.

CRC and length are computed here, apart from the product.
"""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.signals.dc09 import receive
from callflow.core.signals.framing import Fault, Splitter
from callflow.core.signals.protocol import Received, Station
from callflow.core.signals.repeats import Repeats
from tests.support.outside.frames import SourcedFrame, sourced_frames

FRAMES = sourced_frames()


def name(value: object) -> str:
    return f"{value.maker} {value.body[:60]!r}" if isinstance(value, SourcedFrame) else ""


each_frame = pytest.mark.parametrize("frame", FRAMES, ids=name)


def crc_by_hand(data: bytes) -> int:
    """CRC-16/ARC bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def header_by_hand(frame: SourcedFrame) -> tuple[int, int]:
    """CRC and length as the frame says them."""
    digits = frame.wire[1 : frame.wire.index(b'"')]
    crc = digits[:-4]
    return int.from_bytes(crc, "big") if len(crc) == 2 else int(crc, 16), int(digits[-4:], 16)


def split(*segments: bytes) -> list[bytes | Fault]:
    splitter = Splitter()
    items: list[bytes | Fault] = []
    for segment in segments:
        splitter.push(segment)
        items += splitter.take()
    return items + splitter.finish()


def received(frame: SourcedFrame) -> Received:
    (body,) = split(frame.wire)
    assert isinstance(body, bytes)
    station = Station(key_of=frame.key_of, line="line", repeats=Repeats())
    return receive(body, frame.at, station)


def test_there_are_frames_of_many_makers() -> None:
    assert len({frame.maker for frame in FRAMES if not frame.refused}) >= 25
    assert all(frame.source and frame.licence for frame in FRAMES)


@each_frame
def test_crc_and_length_are_right_by_hand(frame: SourcedFrame) -> None:
    counted = frame.body + (b"\r" if frame.crc == "cr" else b"")
    crc, length = header_by_hand(frame)
    assert (crc == crc_by_hand(counted)) is (frame.refused != "bad_crc")
    assert (length == len(counted)) is (frame.refused != "bad_length")


@each_frame
def test_it_is_cut_out_whole_and_byte_by_byte_and_between_others(frame: SourcedFrame) -> None:
    bad = frame.refused.startswith("bad_")
    wanted: list[bytes | Fault] = [Fault(frame.refused) if bad else frame.body]
    assert split(frame.wire) == wanted
    assert split(*(frame.wire[i : i + 1] for i in range(len(frame.wire)))) == wanted
    assert split(frame.wire * 3) == wanted * 3


@each_frame
def test_it_means_what_its_source_says(frame: SourcedFrame) -> None:
    if frame.refused:
        return
    outcome, says = received(frame), dict(frame.says)
    assert outcome.fault is None
    if (poll := says.pop("poll", None)) is not None:
        assert (outcome.heard, outcome.signals) == (poll, ())
        return
    (signal,) = outcome.signals
    stamp = says.pop("stamp", None)
    found: dict[str, Any] = {name: getattr(signal, name) for name in says}
    if "line" in says:
        found["line"] = signal.line.removeprefix("line")
    assert found == says
    assert signal.panel_time == (frame.at if stamp else None)
    assert signal.encrypted is (frame.key is not None)


@each_frame
def test_it_is_answered_or_refused(frame: SourcedFrame) -> None:
    if frame.refused.startswith("bad_"):
        return  # no body, so no answer
    outcome = received(frame)
    if frame.refused == "silence":
        assert outcome == Received(None)
        return
    if frame.refused:
        assert (outcome.fault, outcome.signals) == (Fault(frame.refused), ())
    assert outcome.reply is not None
    (reply,) = split(outcome.reply)
    assert isinstance(reply, bytes)
    assert (len(outcome.reply) - len(reply) == 8) is (frame.crc == "2007")  # LF, CRC, length, CR
    if frame.has_reply:
        assert frame.reply is not None
        text = reply.decode()
        assert text == frame.reply if "ACK" in text else text.startswith(frame.reply)
