"""A unit test touches no network and waits for no time: both are refused under tests/unit."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import pytest

from tests.support.suite.limits import part_of

#: The longest real wait of a unit test, seconds.
LONGEST_WAIT = 1.0


class UnitTestReachesOutError(AssertionError):
    """A unit test opened a connection, or waited for real time."""


def _no_socket(self: socket.socket, *args: object, **kwargs: object) -> NoReturn:
    raise UnitTestReachesOutError(
        f"a unit test used a socket ({args!r}): this is an integration test"
    )


def _no_sleep(seconds: float) -> NoReturn:
    raise UnitTestReachesOutError(f"a unit test slept for {seconds} s: give it a clock")


def _short_sleep(sleep: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def guarded(delay: float, result: object = None) -> object:
        if delay > LONGEST_WAIT:
            raise UnitTestReachesOutError(f"a unit test waited for {delay} s: give it a clock")
        return await sleep(delay, result)

    return guarded


@pytest.fixture(autouse=True)
def _unit_guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if part_of(request.node) != "unit":
        return
    # Not the class: an event loop needs its socketpair, which neither binds nor connects.
    for name in ("connect", "connect_ex", "bind", "listen", "sendto"):
        monkeypatch.setattr(socket.socket, name, _no_socket)
    monkeypatch.setattr(time, "sleep", _no_sleep)
    monkeypatch.setattr(asyncio, "sleep", _short_sleep(asyncio.sleep))
