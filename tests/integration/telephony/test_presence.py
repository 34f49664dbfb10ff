"""One telephony a node; a node that was given up meanwhile looks again before it goes on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from callflow import clock
from callflow.handling.base.nodes import LOST_AFTER
from ivr.telephony.presence import Presence

pytestmark = pytest.mark.both_databases

NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


async def test_a_node_is_one_process_s(database_url: str) -> None:
    """On SQLite the data folder's lock sees to it (dispatch/identity.py)."""
    first, second = Presence(database_url, "node0"), Presence(database_url, "node0")
    other = Presence(database_url, "node1")
    try:
        await first.begin()
        await other.begin()
        waiting = asyncio.create_task(second.begin())
        if not database_url.startswith("sqlite"):
            done, _ = await asyncio.wait({waiting}, timeout=1.0)
            assert not done
        first.close()
        await asyncio.wait_for(waiting, 10)
    finally:
        for presence in (first, second, other):
            presence.close()


async def test_after_a_silence_others_may_have_taken_the_calls(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    presence = Presence(sqlite_url, "node0")
    await presence.begin()
    for pause, missed in ((2, False), (LOST_AFTER.total_seconds() + 1, True), (2, False)):
        now[0] += pause
        assert await presence.was_missed() is missed


def test_others_are_told_since_when_asterisk_is_away(sqlite_url: str) -> None:
    presence = Presence(sqlite_url, "node0")
    since = clock.to_iso(NIGHT)
    for after in (0, 2, 4):
        at = NIGHT + timedelta(seconds=after)
        assert presence.asterisk(at, up=False) == {"asterisk": "down", "asterisk_since": since}
    assert presence.asterisk(NIGHT, up=True) == {"asterisk": "up"}
    later = NIGHT + timedelta(minutes=1)
    told = {"asterisk": "down", "asterisk_since": clock.to_iso(later)}
    assert presence.asterisk(later, up=False) == told
