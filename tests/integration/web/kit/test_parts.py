"""What the web does beside its requests: where a part of it ends, so does the web, and it is begun
again by who keeps it (``processes/supervisor.py``)."""

from __future__ import annotations

import asyncio
import signal

import pytest
from fastapi import FastAPI

from callflow.probes.machine import Probe


async def test_a_part_that_ends_asks_for_the_web_s_own_end(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def breaks(_: Probe) -> None:
        raise RuntimeError("the machine can't be looked at")

    loop.add_signal_handler(signal.SIGTERM, asked.set)
    try:
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0)
            assert not asked.is_set()
        assert not asked.is_set(), "an orderly end was taken for a part's"

        monkeypatch.setattr(Probe, "look", breaks)
        async with app.router.lifespan_context(app):
            await asyncio.wait_for(asked.wait(), 30)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
