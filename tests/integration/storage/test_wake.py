"""Processes of one machine wake each other, wherever the data folder lies."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callflow.dispatch.wake import Waker, WakeSocket


@pytest.mark.parametrize("depth", [1, 40, 120])
async def test_a_commit_wakes_who_has_work_however_long_the_folders_name_is(
    tmp_path: Path, depth: int
) -> None:
    run_dir = tmp_path / ("d" * depth) / "run"
    engine, telephony = WakeSocket(run_dir, "engine"), WakeSocket(run_dir, "telephony")
    other = WakeSocket(tmp_path / ("d" * depth) / "other", "engine")
    try:
        Waker(run_dir).wake(frozenset({"engine"}))
        assert await engine.wait(5)
        assert not await telephony.wait(0.01)
        assert not await other.wait(0.01)
    finally:
        for one in (engine, telephony, other):
            one.close()


async def test_what_comes_while_nobody_waits_is_one_wake_up(tmp_path: Path) -> None:
    engine, waker = WakeSocket(tmp_path, "engine"), Waker(tmp_path)
    try:
        for _ in range(2):
            assert not await engine.wait(0.001)
            for _ in range(3):
                waker.wake(frozenset({"engine"}))
                await asyncio.sleep(0)
            assert await engine.wait(5)
            assert not await engine.wait(0.001)
        waiting = asyncio.create_task(engine.wait(5))
        await asyncio.sleep(0)
        waker.wake(frozenset({"engine"}))
        assert await waiting
    finally:
        engine.close()
