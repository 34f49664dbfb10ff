"""What the web knows of the database by its own writes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callflow.clock import to_iso
from callflow.core.watch import facts as of
from callflow.core.watch.examination import judge
from callflow.core.watch.facts import Facts
from callflow.handling.watch.health import Health, StoreOutage
from callflow.storage import StoreUnavailable
from web import store_watch
from web.store_watch import NotInTime, StoreWatch, soon

START = datetime(2026, 11, 25, 3, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(clock: Clock) -> StoreWatch:
    return StoreWatch(clock)


async def fails() -> None:
    raise StoreUnavailable("database is locked")


async def succeeds() -> None:
    return


async def test_a_write_that_fails_is_an_outage_until_one_succeeds(
    watch: StoreWatch, clock: Clock
) -> None:
    changed = watch.changed
    await watch.follow(fails())
    assert watch.outage == StoreOutage(since=START, reason="database is locked")
    assert changed.is_set()
    assert not watch.changed.is_set()
    clock.later(30)
    await watch.follow(fails())
    assert watch.outage is not None
    assert watch.outage.since == START
    await watch.follow(succeeds())
    assert watch.outage is None


async def test_a_write_that_does_not_answer_is_one_before_it_ends(
    watch: StoreWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_watch, "SLOW", 0.01)
    answer = asyncio.get_running_loop().create_future()
    following = asyncio.create_task(watch.follow(answer))
    await watch.changed.wait()
    assert watch.outage is not None
    assert "no answer" in watch.outage.reason
    answer.set_result(None)
    await following
    assert watch.outage is None


async def test_who_could_not_write_is_not_dead(watch: StoreWatch, clock: Clock) -> None:
    assert watch.beats_at(clock.now) == START
    await watch.follow(fails())
    assert watch.beats_at(clock.later(60)) == START
    await watch.follow(succeeds())
    assert watch.beats_at(clock.later(1)) == START  # they have yet to say that they live
    assert watch.beats_at(clock.later(10)) == clock.now


async def test_an_outage_right_after_another_is_the_same_to_the_others(
    watch: StoreWatch, clock: Clock
) -> None:
    await watch.follow(fails())
    clock.later(60)
    await watch.follow(succeeds())
    clock.later(1)
    await watch.follow(fails())
    assert watch.outage is not None
    assert watch.outage.since == clock.now
    assert watch.beats_at(clock.later(5)) == START


def known(clock: Clock) -> Health:
    """What rows told when they could last be read."""
    facts = Facts(
        exchanges=[of.Exchange(node="node0", up=True)],
        roles=[of.Role(role=role, alive=1) for role in ("engine", "receiver", "telephony", "web")],
    )
    return replace(Health.unknown(clock.now), organs=judge(facts, clock.now))


async def test_what_can_not_be_read_is_said_from_memory(watch: StoreWatch, clock: Clock) -> None:
    watch.last = known(clock)
    clock.later(2)
    said = watch.unread(StoreUnavailable("disk I/O error")).told()
    assert (said["status"], said["as_of"]) == ("failed", to_iso(START))
    assert said["database"] == {
        "writable": False,
        "since": to_iso(clock.now),
        "reason": "disk I/O error",
    }
    others = {one["organ"]: one["state"] for one in said["organs"]}
    assert (others["asterisk"], others["database"]) == ("ok", "failed")
    await watch.follow(fails())
    clock.later(5)
    assert watch.unread(StoreUnavailable("x")).told()["database"]["reason"] == "database is locked"


async def test_what_is_not_read_in_time_is_not_known_to_be_away(
    watch: StoreWatch, clock: Clock
) -> None:
    watch.last = known(clock)
    said = watch.unread(NotInTime("not read within 0.45 s")).told()
    assert (said["status"], said["database"]["writable"]) == ("degraded", True)
    assert said["organs"][0]["state"] == "unknown"


async def test_nothing_was_ever_read(watch: StoreWatch) -> None:
    said = watch.unread(StoreUnavailable("connection refused")).told()
    assert (said["status"], said["processes"], said["asterisk"]) == ("failed", [], "down")


async def test_a_read_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_watch, "READ_WITHIN", 0.01)
    with pytest.raises(StoreUnavailable, match="not read"):
        await soon(asyncio.get_running_loop().create_future())
