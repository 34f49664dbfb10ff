"""A unit test can't reach out by mistake."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from tests.support.suite.unit_guard import UnitTestReachesOutError


def test_a_unit_test_opens_no_connection() -> None:
    with socket.socket() as unused, pytest.raises(UnitTestReachesOutError):
        unused.connect(("127.0.0.1", 9))


def test_a_unit_test_does_not_sleep() -> None:
    with pytest.raises(UnitTestReachesOutError):
        time.sleep(0.001)  # noqa: TID251 (refused: that is the test)


async def test_a_unit_test_does_not_wait_for_long() -> None:
    with pytest.raises(UnitTestReachesOutError):
        await asyncio.sleep(1.5)
    await asyncio.sleep(0)
