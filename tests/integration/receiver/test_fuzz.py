"""A short run of ``./run bench fuzz-dc09``: the decoder against the bench's own judge."""

from __future__ import annotations

import os
import random

from tests.bench.fuzz.fuzz_dc09 import Decoder
from tests.bench.fuzz.fuzz_judge import crc, right_bodies
from tests.support.outside.frames import sourced_frames

FRAMES = 2000


def test_mutated_frames_are_taken_if_and_only_if_they_are_right() -> None:
    seed = int(os.environ.get("CALLFLOW_TEST_SEED", random.randrange(1 << 32)))
    print(f"CALLFLOW_TEST_SEED={seed}")
    decoder = Decoder(random.Random(seed), FRAMES)
    row = decoder.run()
    # Memory and time are the bench's business.
    assert [what for what in decoder.broken if not what.startswith(("memory", "a stream"))] == []
    assert int(row["right"]) > FRAMES / 10
    assert int(row["events"]) > FRAMES / 10


def test_the_judge_finds_the_frames_of_real_panels_right() -> None:
    assert crc(b"123456789") == 0xBB3D
    for frame in sourced_frames():
        right = not frame.refused.startswith("bad_")
        assert right_bodies(frame.wire * 2) == [frame.body] * (2 if right else 0)
