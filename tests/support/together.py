"""Conversations that are had at the same time: each is a test of its own, and all take one's time.

People talk for half a minute, and a station hears many at once. The first test that asks for the
end of its conversation starts them all; what each came to is its own test's result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.support.phone import MOST, Phones, phones_of
from tests.support.station import Station

Conversation = Callable[[Station, Phones], Awaitable[None]]

_ALL: list[Conversation] = []


class Conversations:
    """All of them, in one station."""

    def __init__(self, station: Station, folder: Path) -> None:
        self._station, self._folder = station, folder
        self._results: dict[Conversation, BaseException | None] | None = None

    async def end_of(self, conversation: Conversation) -> None:
        """Returns when it has ended well. Raises what it raised."""
        if self._results is None:
            free = list(range(1, MOST + 1))
            ends = await asyncio.gather(
                *(self._had(one, free) for one in _ALL), return_exceptions=True
            )
            self._results = dict(zip(_ALL, ends, strict=True))
        error = self._results[conversation]
        if error is not None:
            raise error

    async def _had(self, conversation: Conversation, free: list[int]) -> None:
        """With phones of its own, as long as it lasts."""
        folder = self._folder / str(_ALL.index(conversation))
        folder.mkdir()
        async with phones_of(self._station, folder, free) as phones:
            await conversation(self._station, phones)


def together(conversation: Conversation) -> Callable[[Conversations], Awaitable[None]]:
    """A test whose conversation is had while the others are."""
    _ALL.append(conversation)

    async def test(conversations: Conversations) -> None:
        await conversations.end_of(conversation)

    test.__name__ = test.__qualname__ = getattr(conversation, "__name__", "test")
    test.__doc__ = conversation.__doc__
    test.__module__ = conversation.__module__
    return test
