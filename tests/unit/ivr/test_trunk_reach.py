"""What Asterisk tells of its devices says which trunks it reaches, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.calls.trunks import Reach
from ivr.telephony.trunk_reach import TrunkReach

AT = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


def test_a_change_has_the_time_of_its_first_word() -> None:
    clock = Clock()
    reach = TrunkReach(["alpha", "beta"], clock)
    reach.heard("PJSIP/alpha", "UNAVAILABLE")
    for state in ("NOT_INUSE", "INUSE", "NOT_INUSE"):
        clock.now += timedelta(seconds=5)
        reach.heard("PJSIP/alpha", state)
    assert reach.known == {"alpha": Reach(reachable=True, since=AT + timedelta(seconds=5))}
    reach.forget()
    assert reach.known == {}


@pytest.mark.parametrize(
    ("device", "state"),
    [
        ("PJSIP/op-alice", "UNAVAILABLE"),
        ("Queue:alpha", "INVALID"),
        ("alpha2", "UNAVAILABLE"),
        ("PJSIP/beta", "UNKNOWN"),
        ("PJSIP/beta", ""),
    ],
)
def test_what_is_no_trunk_and_what_is_not_known_says_nothing(device: str, state: str) -> None:
    reach = TrunkReach(["alpha", "beta"], Clock())
    reach.heard(device, state)
    assert reach.known == {}
