"""``fuzz-dc09``: mutated frames through the decoder, and over TCP into a running receiver.

The first frames are those of real panels (tests/data/frames/dc09.yaml) and encrypted ones; what
reaches new code is changed further (``fuzz_coverage``). What is right is found out by the bench's
own code (``fuzz_judge``). A broken invariant is in the verdict, and the exit code is not zero.
"""

from __future__ import annotations

import asyncio
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from callflow.core.signals.dc09 import receive
from callflow.core.signals.framing import Fault, Splitter
from callflow.core.signals.protocol import Received, Station
from callflow.core.signals.repeats import Repeats
from tests.bench.fuzz import fuzz_judge, fuzz_tcp
from tests.bench.fuzz.fuzz_coverage import Coverage
from tests.bench.fuzz.fuzz_judge import Kind
from tests.bench.fuzz.fuzz_mutants import KEYS, Mutants
from tests.bench.kit.figures import Report, Row, say

NAME = "fuzz-dc09"
FRAMES = 1_000_000
#: The part of the frames that goes into the running receiver.
OVER_TCP = 20
#: One of so many streams is traced.
TRACED = 40
#: What the end may need more than a tenth of the way, in memory; and one frame, in seconds.
GROWTH, SLOWEST_S = 1.1, 0.25
AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
_PAGE = resource.getpagesize()


def run(rounds: int, only: str, frames: int = FRAMES) -> Report:
    """``rounds`` is of no use here: the frames are the measure. ``only`` is "decoder" or "tcp"."""
    report = Report(NAME, ("what",))
    seed = random.SystemRandom().randrange(1 << 32)
    report.notes.append(f"seed {seed}; {len(Mutants(random.Random(seed)).first)} frames at first")
    if "decoder".startswith(only):
        say(f"{frames:,} frames through the decoder, seed {seed}")
        decoder = Decoder(random.Random(seed), frames)
        report.rounds.append(decoder.run())
        report.broken += decoder.broken
    if "tcp".startswith(only):
        say(f"{frames // OVER_TCP:,} frames over TCP into a running receiver")
        row, broken = asyncio.run(fuzz_tcp.over_tcp(random.Random(seed), frames // OVER_TCP))
        report.rounds.append(row)
        report.broken += broken
    return report


@dataclass
class Decoder:
    """Streams of mutated frames, cut anywhere, through Splitter and ``receive``."""

    dice: random.Random
    frames: int
    broken: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self.mutants = Mutants(self.dice)
        self.coverage = Coverage()
        # Bounded, and full before a tenth of the way: a longer run needs no more of it.
        repeats = Repeats(limit=max(100, min(50_000, self.frames // 60)))
        self.station = Station(key_of=KEYS.get, line="dc09-tcp", repeats=repeats)

    def run(self) -> Row:
        """All of it; what was found is in ``broken``."""
        begun, tenth, resident_at_tenth = time.monotonic(), self.frames // 10, 0
        for number, stream in enumerate(self._streams()):
            if number % TRACED == 0:
                self._learn(stream)
            self._check(stream)
            if not resident_at_tenth and self.mutants.made >= tenth:
                resident_at_tenth = resident()
                say(f"{self.mutants.made:,} frames, {resident_at_tenth / 1e6:.0f} MB")
            if len(self.broken) > 20:
                break
        end = resident()
        if end > GROWTH * resident_at_tenth:
            self.broken.append(f"memory grew from {resident_at_tenth:,} to {end:,} bytes")
        if self.slowest > SLOWEST_S:
            self.broken.append(f"a stream took {self.slowest:.3f} s")
        return {
            "what": "decoder",
            "frames": self.mutants.made,
            "per_s": round(self.mutants.made / (time.monotonic() - begun)),
            **{name: self.counts[name] for name in ("right", "events", "polls", "refused")},
            "ways": len(self.coverage),
            "learnt": len(self.mutants.learnt),
            "slowest_ms": round(self.slowest * 1000, 1),
            "rss_tenth_mb": round(resident_at_tenth / 1e6, 1),
            "rss_end_mb": round(end / 1e6, 1),
        }

    def _streams(self) -> Iterator[bytes]:
        while self.mutants.made < self.frames:
            self._made: list[bytes] = []
            parts = []
            for _ in range(self.dice.choice((1, 1, 2, 5, 20))):
                frame, body = self.mutants.frame(AT)
                parts.append(frame)
                self._made.append(body)
            yield b"".join(parts)

    def _learn(self, stream: bytes) -> None:
        """Remember what went a way that no stream went before. Only single frames say which."""
        if len(self._made) == 1:
            try:
                new = self.coverage.is_new(lambda: self._feed(stream, [stream]))
            except Exception:  # found again, and told, by ``_check``
                return
            if new:
                self.mutants.learn(self._made[0])

    def _check(self, stream: bytes) -> None:
        right = fuzz_judge.right_bodies(stream)
        # A body that itself holds a CR and a header is ambiguous until its end has come.
        whole = any(b"\r" in body for body in right)
        segments = [stream] if whole else _cut(self.dice, stream)
        begun = time.thread_time()  # of the processor: what others do here is not the decoder's
        try:
            bodies, outcomes = self._feed(stream, segments)
        except Exception as error:  # whatever it raises is what this looks for
            self._tell(stream, f"raised {error!r}")
            return
        self.slowest = max(self.slowest, time.thread_time() - begun)
        if bodies != right:
            self._tell(stream, f"{len(bodies)} frames taken, {len(right)} are right")
            return
        for body, outcome in zip(bodies, outcomes, strict=True):
            self._judge(body, outcome)

    def _feed(self, stream: bytes, segments: list[bytes]) -> tuple[list[bytes], list[Received]]:
        splitter = Splitter()
        items: list[bytes | Fault] = []
        for segment in segments:
            splitter.push(segment)
            items += splitter.take()
        items += splitter.finish()
        bodies = [item for item in items if not isinstance(item, Fault)]
        return bodies, [receive(body, AT, self.station) for body in bodies]

    def _judge(self, body: bytes, outcome: Received) -> None:
        """Whether the answer is one that such a body may get."""
        self.counts["right"] += 1
        reply = ""
        if outcome.reply is not None:
            answers = fuzz_judge.right_bodies(outcome.reply)
            if len(answers) != 1:
                self._tell(body, f"the answer is no frame: {outcome.reply!r}")
                return
            reply = answers[0].split(b'"')[1].decode().strip("*")
        kind = fuzz_judge.kind_of(body)
        stored = sum(1 for signal in outcome.signals if signal.format != "station")
        self.counts["events"] += stored > 0
        self.counts["polls"] += kind is Kind.POLL
        self.counts["refused"] += reply in ("NAK", "DUH")
        if (reply, stored > 0) not in _ALLOWED[kind]:
            self._tell(body, f"{kind.value} got {reply or 'no answer'}, {stored} stored")

    def _tell(self, found: bytes, what: str) -> None:
        self.broken.append(f"{what}: {found[:1000]!r}")


#: What each kind of right body may be answered with, and whether something is stored.
_ALLOWED: dict[Kind, set[tuple[str, bool]]] = {
    Kind.EVENT: {("ACK", True)},
    Kind.BLANK: {("ACK", True), ("DUH", False)},
    Kind.POLL: {("ACK", False)},
    Kind.ENCRYPTED: {("ACK", True), ("ACK", False), ("NAK", False), ("DUH", False)},
    Kind.ANSWER: {("", False)},
    Kind.OTHER: {("DUH", False)},
    Kind.NOTHING: {("", False)},
}


def _cut(dice: random.Random, stream: bytes) -> list[bytes]:
    """``stream`` in segments: one, a few, or as many as it has bytes."""
    style = dice.random()
    if style < 0.5 or len(stream) > 3000:
        return [stream]
    if style < 0.55:
        return [stream[i : i + 1] for i in range(len(stream))]
    places = sorted(dice.randrange(len(stream) + 1) for _ in range(dice.choice((1, 2, 5))))
    return [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
