"""A tapped splitter cuts as it would alone, and every byte comes out in its place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals import surgard
from callflow.core.signals.framing import Splitter, frame
from callflow.core.signals.tap import Tap

_WHOLE = (
    frame(b'"NULL"0001L0#1001[]'),
    frame(b'"SIA-DCS"0002L0#1001[#1001|Nri1/BA03]'),
    b"\n0000001A" + b'"SIA-DCS"0003L0#1[]\r',
    b"\0\0garbage",
    surgard.heartbeat(),
    surgard.encode("1001", "BA", "3"),
    b"\n",
)
_STREAM = st.lists(st.sampled_from(_WHOLE) | st.binary(max_size=30), max_size=12).map(b"".join)


@given(stream=_STREAM, steps=st.lists(st.integers(1, 40), max_size=30))
def test_no_byte_is_lost_doubled_or_moved(stream: bytes, steps: list[int]) -> None:
    for make in (Splitter, surgard.Splitter):
        tap, alone = Tap(make()), make()
        alone.push(stream)
        pieces, at = [], 0
        for step in [*steps, len(stream)]:
            tap.push(stream[at : at + step])
            at += step
            pieces += tap.take()
        pieces += tap.finish()
        assert b"".join(piece.raw for piece in pieces) == stream
        items = [piece.item for piece in pieces if piece.item is not None]
        if make is Splitter:
            assert items == alone.finish()


def test_a_good_frame_has_its_own_bytes_however_they_were_written() -> None:
    body = b'"NULL"0001L0#1001[]'
    lower = frame(body).lower().replace(b"null", b"NULL").replace(b"l0", b"L0")
    tap = Tap(Splitter())
    tap.push(lower)
    (piece,) = tap.take()
    assert piece == (lower, body)
