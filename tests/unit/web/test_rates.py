"""How fast one sender may go."""

from __future__ import annotations

from web.access.rates import Rates


def test_a_burst_passes_then_the_rate_holds_for_that_sender_alone() -> None:
    rates = Rates(a_second=10, burst=5)
    assert [rates.wait("flood", 100.0) for _ in range(7)] == [None] * 5 + [1, 1]
    assert rates.wait("other", 100.0) is None
    passed = sum(rates.wait("flood", 100.0 + n / 100) is None for n in range(1, 101))
    assert passed == 10


def test_who_waits_long_has_no_more_than_a_burst() -> None:
    rates = Rates(a_second=0.1, burst=2)
    assert [rates.wait("panel", 0.0) for _ in range(3)] == [None, None, 10]
    assert [rates.wait("panel", 10_000.0) for _ in range(3)] == [None, None, 10]
