"""A flood is stored no faster than it is correlated; what is vital never waits for that."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals.protocol import Received
from callflow.core.signals.signal import Signal
from callflow.receiver import intake as intake_module
from callflow.receiver.intake import Intake, signals_of
from callflow.receiver.pace import LEAST, RATE, SHARE_EVERY, Pace

LONG = 5000
T0 = datetime(2026, 3, 1, tzinfo=UTC)


def pace(backlog: int, long: int = LONG) -> Pace:
    found = Pace(long)
    found.backlog = backlog
    return found


class TestTheRate:
    def test_nothing_is_slowed_up_to_the_long_backlog(self) -> None:
        assert not pace(0).slow
        assert not pace(LONG).slow
        assert pace(LONG + 1).slow

    def test_with_twice_the_long_backlog_a_quarter_is_taken(self) -> None:
        assert pace(2 * LONG).share == int(RATE / 4 * SHARE_EVERY)

    def test_it_is_counted_again_only_where_it_may_have_become_long(self) -> None:
        assert not pace(0).may_be_long(LONG // 2)
        assert pace(0).may_be_long(LONG // 2 + 1)
        assert pace(LONG // 2).may_be_long(1)
        assert pace(LONG + 1).may_be_long(0)

    @given(st.integers(LONG, 10**9), st.integers(LONG, 10**9))
    def test_a_longer_backlog_never_takes_more(self, one: int, other: int) -> None:
        assert pace(max(one, other)).share <= pace(min(one, other)).share

    @given(st.integers(0, 10**9), st.integers(100, 10**6))
    def test_it_stays_between_its_bounds(self, backlog: int, long: int) -> None:
        assert int(LEAST * SHARE_EVERY) <= pace(backlog, long).share <= int(RATE * SHARE_EVERY)


#: Signals a second that a receiver takes which nothing slows, and seconds between two counts.
FLOOD, COUNTED_EVERY = 20_000, 0.1


def backlogs(correlated: float, seconds: float) -> list[float]:
    """The backlog under a flood, seen before each share, when so many a second are correlated."""
    own, waiting, seen = Pace(LONG), 0.0, []
    for step in range(int(seconds / SHARE_EVERY)):
        if step % int(COUNTED_EVERY / SHARE_EVERY) == 0:
            own.backlog = int(waiting)
        taken = own.share if own.slow else FLOOD * SHARE_EVERY
        waiting = max(0.0, waiting + taken - correlated * SHARE_EVERY)
        seen.append(waiting)
    return seen


class TestTheBound:
    @pytest.mark.parametrize("correlated", [200, 500, 1500, 2500])
    def test_the_backlog_of_a_flood_stands_still(self, correlated: int) -> None:
        """Where as many are taken as correlated: at LONG times the root of RATE / correlated."""
        still = LONG * math.sqrt(RATE / correlated)
        seen = backlogs(correlated, 600)
        unslowed = FLOOD * COUNTED_EVERY  # what comes before the next count
        assert max(seen) <= still + unslowed
        assert seen[-1] == pytest.approx(still, rel=0.1)

    def test_a_flood_that_the_engine_follows_is_not_slowed_for_long(self) -> None:
        seen = backlogs(2 * RATE, 60)
        assert max(seen) <= LONG + FLOOD * COUNTED_EVERY

    def test_with_an_engine_that_is_away_signals_are_still_taken_ever_slower(self) -> None:
        seen = backlogs(0, 3600)
        hour = 3600 * LEAST
        assert seen[-1] - seen[-2] == int(LEAST * SHARE_EVERY)
        assert hour < seen[-1] < 2 * hour


# --- what is vital ---


class Panel:
    """A sender that notes what it was told is stored."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []

    def answered(self, outcomes: Sequence[Received], *, stored: bool) -> None:
        assert stored
        self.acknowledged += [signal.code for signal in signals_of(outcomes)]


class Shares:
    """A store in memory that keeps apart what was stored together."""

    def __init__(self) -> None:
        self.shares: list[list[str]] = []
        self.before_next: Callable[[], None] = lambda: None

    async def __call__(self, signals: Sequence[Signal]) -> None:
        self.shares.append([signal.code for signal in signals])
        self.before_next()


def send(intake: Intake, panel: Panel, code: str) -> None:
    signal = Signal(account="1001", format="SIA-DCS", code=code, received_at=T0, deduplication=code)
    intake.add(panel, [Received(b"ACK", (signal,))], [signal])


@asynccontextmanager
async def slowed(store: Shares, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Intake]:
    """An intake that takes five signals a share (not waiting between them), but for FA."""
    monkeypatch.setattr(intake_module, "SHARE_EVERY", 0.0)
    slow = pace(100 * LONG)
    assert slow.share == 5
    intake = Intake(store, slow, vital=lambda signal: signal.code == "FA")
    running = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class TestVitalSignals:
    async def test_others_are_taken_a_share_at_a_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, panel = Shares(), Panel()
        async with slowed(store, monkeypatch) as intake:
            for number in range(12):
                send(intake, panel, f"BA{number}")
            await intake.drained()
        assert [len(share) for share in store.shares] == [5, 5, 2]
        assert panel.acknowledged == [f"BA{number}" for number in range(12)]

    async def test_all_vital_ones_go_before_a_flood_that_came_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = Shares()
        async with slowed(store, monkeypatch) as intake:
            for _ in range(1000):
                send(intake, Panel(), "BA")
            for _ in range(50):
                send(intake, Panel(), "FA")
            await intake.drained()
        assert store.shares[0] == ["FA"] * 50 + ["BA"] * 5
        assert all("FA" not in share for share in store.shares[1:])

    async def test_one_that_comes_in_the_middle_goes_with_the_next_share(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, late = Shares(), Panel()
        async with slowed(store, monkeypatch) as intake:
            for _ in range(100):
                send(intake, Panel(), "BA")

            def on_fire() -> None:
                if len(store.shares) == 3:
                    send(intake, late, "FA")

            store.before_next = on_fire
            await intake.drained()
        assert store.shares[3] == ["FA", *["BA"] * 5]
        assert late.acknowledged == ["FA"]

    async def test_what_its_sender_sent_before_goes_with_it_in_order(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, panel = Shares(), Panel()
        async with slowed(store, monkeypatch) as intake:
            for _ in range(100):
                send(intake, Panel(), "BA")
            for code in ("OP", "BR", "FA", "CL"):
                send(intake, panel, code)
            await intake.drained()
        assert store.shares[0][:3] == ["OP", "BR", "FA"]
        assert "CL" not in store.shares[0]
        assert panel.acknowledged == ["OP", "BR", "FA", "CL"]
