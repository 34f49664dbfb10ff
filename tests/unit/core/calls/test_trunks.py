"""Which trunk a call goes over, which number it shows, and when a trunk is no longer well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.calls.purpose import Purpose
from callflow.core.calls.trunks import (
    AWAITED,
    FAILURE_COUNTS,
    FAILURES,
    LOST_AFTER,
    OWN,
    RATE_CALLS,
    REST,
    Carried,
    Exchange,
    Reach,
    State,
    Trunk,
    answer_rate,
    by_human,
    giving_way,
    judge,
    others,
    rests_until,
)

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


def trunk(name: str, channels: int = 2, reserved: int = 0, *, enabled: bool = True) -> Trunk:
    return Trunk(
        name=name,
        channels=channels,
        reserved=reserved,
        machine_number=f"+3397000000{len(name)}",
        human_number=f"+3318000000{len(name)}",
        enabled=enabled,
    )


def taken(exchange: Exchange, times: int, *, urgent: bool = False) -> list[str | None]:
    found = [exchange.take(urgent=urgent) for _ in range(times)]
    return [one.name if one else None for one in found]


# --- which one ------------------------------------------------------------------------------


def test_trunks_are_used_in_their_order_as_far_as_their_channels_go() -> None:
    exchange = Exchange(trunks=[trunk("a"), trunk("b", 1)])
    assert taken(exchange, 4) == ["a", "a", "b", None]


def test_what_is_up_counts_and_reserved_channels_are_for_the_urgent() -> None:
    exchange = Exchange(trunks=[trunk("a", 3, 2), trunk("b", 2, 1)], live={"a": 1})
    assert taken(exchange, 2) == ["b", None]
    assert taken(exchange, 4, urgent=True) == ["a", "a", "b", None]


def test_a_disabled_trunk_is_not_used_and_one_that_is_down_comes_last() -> None:
    exchange = Exchange(
        trunks=[trunk("off", enabled=False), trunk("down"), trunk("well", 1)], avoid=["down"]
    )
    assert taken(exchange, 2) == ["well", "down"]


def test_who_waits_takes_no_channel_of_a_trunk_that_is_down_while_another_is_well() -> None:
    both = Exchange(trunks=[trunk("down"), trunk("well", 1)], live={"well": 1}, avoid=["down"])
    assert both.take(urgent=False, waits=True) is None
    assert both.take(urgent=False, waits=True, tried=["well"]) == both.trunks[0]
    alone = Exchange(trunks=[trunk("down")], avoid=["down"])
    assert alone.take(urgent=False, waits=True) == alone.trunks[0]


def test_a_call_takes_no_trunk_that_failed_it_while_another_is_left() -> None:
    exchange = Exchange(trunks=[trunk("a"), trunk("b", 1)])
    found = exchange.take(urgent=False, tried=["a"])
    assert found is not None
    assert found.name == "b"
    assert exchange.take(urgent=False, tried=["a"]) is None, "it waits for b"
    changed = exchange.take(urgent=False, tried=["a", "b"])
    assert changed is not None, "whoever tried all is not forgotten"


def test_whether_another_one_is_left() -> None:
    both = [trunk("a"), trunk("b")]
    assert others(both, ["a"])
    assert not others(both, ["a", "b"])
    assert not others([trunk("a"), trunk("b", enabled=False)], ["a"])


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=4),
    st.lists(st.booleans(), max_size=40),
)
def test_no_trunk_carries_more_than_it_has_and_none_of_the_reserve_is_taken(
    sizes: list[tuple[int, int]], calls: list[bool]
) -> None:
    trunks = [trunk(f"t{n}", channels, kept) for n, (channels, kept) in enumerate(sizes)]
    exchange = Exchange(trunks=trunks)
    for urgent in calls:
        before = dict(exchange.live)
        found = exchange.take(urgent=urgent)
        free = [t for t in trunks if t.channels > before.get(t.name, 0)]
        if urgent:
            assert found == (free[0] if free else None)
        elif found is not None:
            assert found.channels - before.get(found.name, 0) > found.reserved
    assert all(exchange.live.get(t.name, 0) <= t.channels for t in trunks)


@pytest.mark.parametrize(
    ("step", "requester", "human"),
    [
        ("keyholders", "", False),
        (Purpose.QUEUE, "", False),
        (Purpose.BRIDGE, "", False),
        (Purpose.BY_HAND, "", True),
        ("keyholders", "alice", True),
        (Purpose.SERVICE, "alice", True),
    ],
)
def test_only_what_a_person_asked_for_shows_the_number_of_humans(
    step: str, requester: str, human: bool
) -> None:
    assert by_human(step, requester) is human
    one = trunk("a")
    shown = one.caller(by_human=by_human(step, requester))
    assert shown == (one.human_number if human else one.machine_number)


# --- how it is ------------------------------------------------------------------------------


def calls(count: int, *, answered: int = 0, failed: bool = False, age: float = 10) -> list[Carried]:
    """So many calls to as many numbers, newest first, the newest ended ``age`` seconds ago."""
    return [
        Carried(
            to=f"+3363998{n:04}",
            ended_at=NOW - timedelta(seconds=age + n),
            answered=n < answered,
            failed=failed,
        )
        for n in range(count)
    ]


def judged(recent: list[Carried], known: State = State.WELL, reach: Reach | None = None) -> State:
    return judge(known, recent, 0.4, reach, NOW)


def test_calls_in_a_row_that_were_not_carried_make_it_down() -> None:
    assert judged(calls(FAILURES, failed=True)) is State.DOWN
    assert judged(calls(FAILURES - 1, failed=True)) is State.WELL
    assert judged([*calls(1, age=1), *calls(FAILURES, failed=True)]) is State.WELL


def test_one_number_that_fails_again_and_again_says_nothing_of_its_trunk() -> None:
    one = [Carried(to="+33639980001", ended_at=NOW, failed=True)] * FAILURES
    assert judged(one) is State.WELL


def test_one_more_failure_keeps_it_down_and_one_call_that_is_carried_ends_that() -> None:
    assert judged(calls(1, failed=True), State.DOWN) is State.DOWN
    assert judged(calls(1), State.DOWN) is State.WELL


def test_failures_of_long_ago_do_not_count() -> None:
    old = calls(FAILURES, failed=True, age=FAILURE_COUNTS.total_seconds() + 1)
    assert judged(old) is State.WELL
    assert judged(old, State.DOWN) is State.WELL


def test_a_far_end_that_is_gone_makes_it_down_and_its_return_forgives_what_failed() -> None:
    gone = Reach(reachable=False, since=NOW - LOST_AFTER)
    assert judged([], reach=gone) is State.DOWN
    assert judged(calls(5, answered=5), reach=gone) is State.DOWN
    just_gone = Reach(reachable=False, since=NOW - LOST_AFTER / 2)
    assert judged([], reach=just_gone) is State.WELL
    back = Reach(reachable=True, since=NOW)
    assert judged(calls(FAILURES, failed=True), State.DOWN, back) is State.WELL


def test_the_answer_rate_is_of_the_last_calls_and_unknown_for_few_or_old_ones() -> None:
    assert answer_rate(calls(RATE_CALLS, answered=10), NOW) == 10 / RATE_CALLS
    assert answer_rate(calls(RATE_CALLS - 1), NOW) is None
    assert answer_rate(calls(RATE_CALLS, age=6 * 3600), NOW) is None


def test_an_answer_rate_that_collapsed_is_an_alarm_until_half_of_the_usual_is_back() -> None:
    low, some, half = (calls(RATE_CALLS, answered=n) for n in (3, 6, 8))
    assert judged(calls(RATE_CALLS, answered=4)) is State.WELL
    assert judged(low) is State.UNANSWERED
    assert judged(some, State.UNANSWERED) is State.UNANSWERED
    assert judged(half, State.UNANSWERED) is State.WELL
    assert judged(calls(5), State.UNANSWERED) is State.UNANSWERED, "nothing new is known"


def test_it_rests_for_a_while_after_its_last_failure() -> None:
    failed = calls(2, failed=True)
    assert rests_until(State.DOWN, [*calls(1, age=1), *failed]) == failed[0].ended_at + REST
    assert rests_until(State.WELL, failed) is None
    assert rests_until(State.DOWN, []) is None


# --- the station's own calls ------------------------------------------------------------------


def a_call(name: str, *, priority: int = 2, trunk: str = "", **more: Any) -> Call:
    fields: dict[str, Any] = dict(step="duty", to=name, attempt=1, state=CallState.REQUESTED)
    fields |= {"requested_at": NOW, "incident_id": "i"}
    return Call(id=name, priority=priority, trunk=trunk, **fields | more)


def own(name: str, ago: float = 0, **more: Any) -> Call:
    fields: dict[str, Any] = dict(trunk="a", state=CallState.RINGING, priority=OWN)
    return a_call(name, **fields | {"placed_at": NOW - timedelta(seconds=ago)} | more)


def let_go(live: list[Call], waiting: list[Call], *, kept: int = 0) -> list[Call]:
    """Whose calls end for those that found no channel of the trunk that all are on."""
    full = Exchange(trunks=[trunk("a", len(live) + kept, kept)], live={"a": len(live)})
    found = giving_way(full, live, [(None, call) for call in waiting], NOW)
    return [call for call in found.values() if call.result is None]


def test_a_call_about_the_station_gives_its_channel_to_an_alarms_that_waits() -> None:
    older, newer = own("older", 40), own("newer", 4)
    assert let_go([older, newer], [a_call("client")]) == [newer]
    assert let_go([older, newer], [a_call("one"), a_call("two")]) == [newer, older]
    assert let_go([older], [a_call("one"), a_call("two")]) == [older]
    assert let_go([older], []) == []
    assert let_go([older], [a_call("client")], kept=1) == [older]


@pytest.mark.parametrize(
    "waiting",
    [
        a_call("another of its own", priority=OWN),
        a_call("canary", priority=4, incident_id=None),
        a_call("went over it already", tried=("a",)),
    ],
)
def test_it_gives_way_to_alarms_alone(waiting: Call) -> None:
    assert let_go([own("technician")], [waiting]) == []


@pytest.mark.parametrize(
    "live",
    [
        a_call("client", trunk="a", state=CallState.RINGING),
        own("said that they see to it", result=Outcome.ACKNOWLEDGED),
        own("a fax", step=Purpose.FAX),
    ],
)
def test_nothing_else_is_cut_off(live: Call) -> None:
    assert let_go([live], [a_call("client")]) == []


def test_what_is_let_go_already_makes_room_for_one() -> None:
    leaving, other = own("leaving", result=Outcome.UNKNOWN), own("other")
    assert let_go([leaving, other], [a_call("one")]) == []
    assert let_go([leaving, other], [a_call("one"), a_call("two")]) == [other]


def test_nobody_is_cut_off_for_a_call_that_could_not_use_the_channel() -> None:
    """The one that would be free is kept for vital calls."""
    used_up = Exchange(trunks=[trunk("a", 2, 1)], live={"a": 2})
    technician, usual, vital = own("technician"), a_call("usual"), a_call("vital", priority=0)
    assert giving_way(used_up, [technician], [(None, usual)], NOW) == {}
    assert giving_way(used_up, [technician], [(None, vital)], NOW) == {"vital": technician}


DOWN, WELL = trunk("down", 5), trunk("well", 2, 1)


def resting() -> Exchange:
    """One of two trunks is down; on the other the technician has the channel that is nobody's."""
    return Exchange(trunks=[DOWN, WELL], live={"well": 1}, avoid=["down"])


def test_a_channel_of_a_trunk_that_is_down_counts_as_none() -> None:
    technician, client = own("technician", trunk="well"), a_call("client")
    assert giving_way(resting(), [technician], [(DOWN, client)], NOW) == {"client": technician}
    leaving = own("leaving", trunk="well", result=Outcome.UNKNOWN)
    assert giving_way(resting(), [leaving], [(DOWN, client)], NOW) == {"client": leaving}
    assert giving_way(resting(), [technician], [(WELL, client)], NOW) == {}


@pytest.mark.parametrize(
    ("live", "client"),
    [
        (own("technician", trunk="down"), a_call("client")),
        (own("sees to it", trunk="well", result=Outcome.ACKNOWLEDGED), a_call("client")),
        (own("technician", trunk="well"), a_call("client", tried=("well",))),
        (own("technician", trunk="well"), a_call("long ago", requested_at=NOW - AWAITED)),
        (own("technician", trunk="well"), a_call("of its own", priority=OWN)),
    ],
)
def test_where_no_better_one_can_be_had_it_is_tried(live: Call, client: Call) -> None:
    assert giving_way(resting(), [live], [(DOWN, client)], NOW) == {}
