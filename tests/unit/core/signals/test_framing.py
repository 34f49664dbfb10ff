"""The envelope of DC-09, by hand, against an independent implementation, and under abuse."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siadc09 import util as oracle

from callflow.core.signals.framing import (
    LONGEST_BODY,
    Body2007,
    Fault,
    Splitter,
    crc16,
    frame,
    with_crc_of_2007,
)

GOOD = b'"SIA-DCS"0001L0#1001[#1001|Nri1/BA03]'


def split(*segments: bytes) -> list[bytes | Fault]:
    splitter = Splitter()
    items: list[bytes | Fault] = []
    for segment in segments:
        splitter.push(segment)
        items += splitter.take()
    return items


def crc_by_hand(data: bytes) -> int:
    """One bit at a time, as the polynomial is written down."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def test_the_crc_of_the_standard_vector_is_bb3d() -> None:
    assert crc16(b"123456789") == 0xBB3D == crc_by_hand(b"123456789")


@given(st.binary(max_size=200))
def test_the_crc_is_that_of_bit_by_bit_and_of_another_implementation(data: bytes) -> None:
    assert crc16(data) == crc_by_hand(data) == oracle.crc(data)


def test_a_frame_written_out_by_hand() -> None:
    # 37 bytes are 0025 in hex; the CRC was computed bit by bit, apart from the product.
    assert len(GOOD) == 0x25
    assert frame(GOOD) == b"\n%04X0025%b\r" % (crc_by_hand(GOOD), GOOD)


def test_a_published_frame_is_taken() -> None:
    """The example in siadc09's documentation, from the standard's draft."""
    published = b'\n8C860043"SIA-DCS"9876R579BDFL789ABC#123456A[#123456A|NFA129][M1234567890AB]\r'
    assert split(published) == [published[9:-1]]


def test_a_body_too_long_for_its_length_field_is_refused() -> None:
    assert split(frame(b'"' * LONGEST_BODY)) == [b'"' * LONGEST_BODY]
    with pytest.raises(ValueError, match="at most 4095"):
        frame(b'"' * (LONGEST_BODY + 1))


def test_hex_in_lower_case_is_taken() -> None:
    whole = frame(GOOD)
    assert split(whole[:9].lower() + whole[9:]) == [GOOD]


def test_a_nul_after_cr_and_empty_lines_are_passed_over() -> None:
    splitter = Splitter()
    splitter.push(frame(GOOD) + b"\0\r\n\r\n" + frame(GOOD) + b"\0")
    assert list(splitter.take()) == [GOOD, GOOD]
    assert not splitter.pending


def test_several_frames_in_one_segment() -> None:
    assert split(frame(GOOD) * 3) == [GOOD] * 3


def test_one_frame_in_as_many_segments_as_it_has_bytes() -> None:
    whole = frame(GOOD) * 2
    assert split(*(whole[i : i + 1] for i in range(len(whole)))) == [GOOD, GOOD]


def test_garbage_between_frames_is_passed_over_and_measured() -> None:
    splitter = Splitter()
    splitter.push(b"GET / HTTP/1.1\r\n\r\n" + frame(GOOD) + b"x" * 50)
    assert list(splitter.take()) == [GOOD]
    assert splitter.garbage == 50


def test_a_wrong_crc_is_a_fault_and_the_line_goes_on() -> None:
    bad = frame(GOOD).replace(b"BA03", b"BA04")
    assert split(bad, frame(GOOD)) == [Fault.BAD_CRC, GOOD]


@pytest.mark.parametrize(
    "length", [b"0024", b"0026", b"0FFF", b"1025", b"FFFF", b"00 5", b"+025", b"0x25"]
)
def test_a_wrong_length_is_a_fault_and_the_line_goes_on_at_once(length: bytes) -> None:
    whole = frame(GOOD)
    assert split(whole[:5] + length + whole[9:], frame(GOOD)) == [Fault.BAD_LENGTH, GOOD]


def test_wrong_length_and_wrong_crc_hold_nothing_up() -> None:
    assert split(b'\nDEAD0FFF"SIA-DCS"junk\r', frame(GOOD)) == [Fault.BAD_LENGTH, GOOD]


def test_a_frame_cut_off_by_the_next_one_is_a_fault() -> None:
    assert split(frame(GOOD)[:20] + frame(GOOD)) == [Fault.BAD_LENGTH, GOOD]


def test_a_text_may_hold_line_ends() -> None:
    body = b'"SIA-DCS"0001L0#1001[#1001|NBA03^a\r\nb\r^]'
    whole = frame(body)
    assert split(whole) == [body]
    assert split(*(whole[i : i + 1] for i in range(len(whole)))) == [body]


def test_what_is_left_at_the_end_is_a_fault() -> None:
    splitter = Splitter()
    splitter.push(frame(GOOD) + frame(GOOD)[:-1])
    assert list(splitter.finish()) == [GOOD, Fault.BAD_LENGTH]


def test_only_as_many_as_asked_for_are_taken() -> None:
    splitter = Splitter()
    splitter.push(frame(GOOD) * 5)
    assert len(list(splitter.take(2))) == 2
    assert splitter.pending
    assert len(list(splitter.take(9))) == 3


def counting_cr(body: bytes) -> bytes:
    """As Eldes frames it: CRC and length count the CR."""
    return frame(body + b"\r")[:-1]


@pytest.mark.parametrize("behind", [b"", b"\0", b"\n", b"\0\r\n"])
def test_a_frame_whose_crc_and_length_count_the_cr_is_taken_at_once(behind: bytes) -> None:
    whole = counting_cr(GOOD) + behind
    assert split(whole, frame(GOOD)) == [GOOD, GOOD]
    assert split(*(whole[i : i + 1] for i in range(len(whole))), frame(GOOD)) == [GOOD, GOOD]


def test_a_cr_that_is_counted_and_another_one_are_taken_as_they_stand() -> None:
    assert split(frame(GOOD + b"\r")) == [GOOD + b"\r"]


def test_its_crc_is_checked_too() -> None:
    bad = counting_cr(GOOD).replace(b"BA03", b"BA04")
    assert split(bad, frame(GOOD)) == [Fault.BAD_LENGTH, GOOD]


def test_a_crc_of_two_bytes_is_taken_and_remembered() -> None:
    whole = with_crc_of_2007(frame(GOOD))
    assert whole == b"\n" + crc_by_hand(GOOD).to_bytes(2, "big") + b"0025" + GOOD + b"\r"
    segments = [whole[i : i + 1] for i in range(len(whole))]
    for items in (split(whole), split(*segments)):
        assert items == [GOOD]
        assert isinstance(items[0], Body2007)
    assert not isinstance(split(frame(GOOD))[0], Body2007)


@pytest.mark.parametrize("crc", [b"\n\n", b"\r\n", b'""', b"\0\0", b"00"])
def test_two_bytes_of_crc_may_be_any_and_must_be_right(crc: bytes) -> None:
    whole = with_crc_of_2007(frame(GOOD))
    assert split(whole[:1] + crc + whole[3:], frame(GOOD)) == [Fault.BAD_CRC, GOOD]
    body = next(body for body in bodies() if crc16(body) == int.from_bytes(crc, "big"))
    whole = with_crc_of_2007(frame(body))
    assert split(whole) == split(*(whole[i : i + 1] for i in range(len(whole)))) == [body]


def bodies() -> Iterator[bytes]:
    """Frames of every CRC: two bytes that may be any give each of them once."""
    for number in itertools.count():
        place, either = divmod(number, 65536)
        free = either.to_bytes(2, "big")
        if not set(free) & set(b'\r\n"'):
            yield b'"NULL"0000#%04X[%b]' % (place, free)


@given(st.binary(max_size=80).filter(lambda body: b"\r" not in body and b"\n" not in body))
def test_each_envelope_gives_its_body_back(body: bytes) -> None:
    body = b'"' + body
    for whole in (frame(body), counting_cr(body), with_crc_of_2007(frame(body))):
        assert split(whole + frame(GOOD)) == [body, GOOD]


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_are_survived_and_memory_stays_bounded(segments: list[bytes]) -> None:
    splitter = Splitter()
    for segment in segments:
        splitter.push(segment)
        assert all(isinstance(item, bytes | Fault) for item in splitter.take())
        assert len(splitter._buffer) <= LONGEST_BODY + 10 + len(segment)
    list(splitter.finish())


# Between frames stands anything that isn't the beginning of another frame.
noise = st.binary(max_size=30).filter(lambda data: b"\n" not in data)


@given(st.lists(st.tuples(noise, st.binary(max_size=80)), max_size=6), st.integers(1, 40))
def test_whatever_stands_between_them_every_good_frame_is_found(
    parts: list[tuple[bytes, bytes]], size: int
) -> None:
    bodies = [b'"' + body for _, body in parts]
    stream = b"".join(n + frame(body) for (n, _), body in zip(parts, bodies, strict=True))
    whole = split(stream)
    assert whole == bodies
    cut = split(*(stream[i : i + size] for i in range(0, len(stream), size)))
    # A body that itself holds a CR and a header is ambiguous until its end has come.
    if not any(b"\r" in body or b"\n" in body for body in bodies):
        assert cut == bodies
