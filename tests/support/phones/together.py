"""Conversations that are had at the same time: each is a test of its own, and all take one's time.

People talk for half a minute, and a station hears many at once. The first test that asks for the
end of its conversation starts those of all tests that were chosen; what each came to is its own
test's result. A station has but two desks: who needs one waits until it is free.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from tests.support.phones.phone import MOST, Phones, phones_of
from tests.support.stations.station import Station

Conversation = Callable[[Station, Phones], Awaitable[None]]

#: So many are had at once: what they compute is spread, and each finds its phones.
_AT_ONCE = 12
#: Seconds after which they hang: the first test waits for all, and a desk has one at a time.
_LIMIT_S = 900
_AT_THE_DESKS: set[Conversation] = set()
#: By a test: its conversation.
_OF: dict[object, Conversation] = {}


def chosen(items: Iterable[pytest.Item], folder: Path) -> list[Conversation]:
    """Those of the tests of this run that lie in ``folder``, each once, those at the desks first:
    they take the longest."""
    tests = (item for item in items if item.path.is_relative_to(folder))
    functions = (getattr(item, "function", None) for item in tests)
    found = dict.fromkeys(_OF[function] for function in functions if function in _OF)
    return sorted(found, key=lambda one: one not in _AT_THE_DESKS)


class Conversations:
    """All of them, in one station."""

    def __init__(self, station: Station, folder: Path, them: list[Conversation]) -> None:
        self._station, self._folder, self._them = station, folder, them
        self._at_once, self._desks = asyncio.Semaphore(_AT_ONCE), asyncio.Lock()
        self._results: dict[Conversation, BaseException | None] | None = None

    async def end_of(self, conversation: Conversation) -> None:
        """Returns when it has ended well. Raises what it raised."""
        if self._results is None:
            free = list(range(1, MOST + 1))
            ends = await asyncio.gather(
                *(self._had(place, one, free) for place, one in enumerate(self._them)),
                return_exceptions=True,
            )
            self._results = dict(zip(self._them, ends, strict=True))
        error = self._results[conversation]
        if error is not None:
            raise error

    async def _had(self, place: int, conversation: Conversation, free: list[int]) -> None:
        """With phones of its own, as long as it lasts."""
        folder = self._folder / str(place)
        folder.mkdir()
        turn = self._desks if conversation in _AT_THE_DESKS else contextlib.nullcontext()
        async with turn, self._at_once, phones_of(self._station, folder, free) as phones:
            await conversation(self._station, phones)


def together(conversation: Conversation) -> Callable[[Conversations], Awaitable[None]]:
    """A test whose conversation is had while the others are."""

    @pytest.mark.timeout(_LIMIT_S)
    async def test(conversations: Conversations) -> None:
        await conversations.end_of(conversation)

    test.__name__ = test.__qualname__ = getattr(conversation, "__name__", "test")
    test.__doc__ = conversation.__doc__
    test.__module__ = conversation.__module__
    _OF[test] = conversation
    return test


def at_the_desks(conversation: Conversation) -> Callable[[Conversations], Awaitable[None]]:
    """As ``together``, where somebody picks up at a desk: of those there is one at a time."""
    _AT_THE_DESKS.add(conversation)
    return together(conversation)
