"""A body that drips is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from web.access import security


async def dripping() -> AsyncIterator[bytes]:
    yield b"name="
    await asyncio.Event().wait()


@pytest.mark.parametrize("path", ["/login", "/api/v1/signals"])
async def test_a_body_that_does_not_come_is_408(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(security, "BODY_WITHIN", 0.05)
    kind = "application/json" if "api" in path else "application/x-www-form-urlencoded"
    async with asyncio.timeout(10):
        answer = await api.post(
            f"http://station{path}", content=dripping(), headers={"Content-Type": kind}
        )
    assert answer.status_code == 408
