"""The pages that are open at desks, and when each drew what its stream told it.

Kept in memory, and told with the web's sign of life (``told``): ``handling.watch.screens`` reads
that. A page is named by its stream, and proves itself by the number of the last event it drew.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from callflow import clock

#: How a stream's page is called.
NAME = re.compile(r"[0-9a-f]{16}")
#: Pages of one session that other processes feed, and that speak to this one, at most; seconds
#: that they are remembered.
_MOST, _FOR = 8, 60.0


@dataclass(kw_only=True, slots=True)
class _Page:
    user_id: str
    session: str
    opened: float | None = None  # None: another process feeds it
    drawn: float | None = None
    hidden: float | None = None  # since when nobody has it in sight


class Screens:
    """Those of this process."""

    def __init__(self, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._now = monotonic
        self._fed: dict[str, _Page] = {}
        self._elsewhere: dict[str, dict[str, _Page]] = {}  # {session: {name: page}}

    def opens(self, user_id: str, session: str) -> str:
        """A stream begins; what its page is called."""
        name = secrets.token_hex(8)
        self._fed[name] = _Page(user_id=user_id, session=session, opened=self._now())
        return name

    def closes(self, name: str) -> None:
        """Its stream is over."""
        self._fed.pop(name, None)

    def draws(
        self, name: str, user_id: str, session: str, *, at: float | None, hidden: bool
    ) -> None:
        """A page drew what it was told ``at`` (None: this moment), or, hidden, heard it."""
        now = self._now()
        page = self._fed.get(name)
        if page is None or page.session != session:
            page = self._stranger(name, user_id, session)
        page.drawn = max(page.drawn or 0.0, now if at is None else min(at, now))
        page.hidden = (page.hidden or now) if hidden else None

    def _stranger(self, name: str, user_id: str, session: str) -> _Page:
        pages = self._elsewhere.setdefault(session, {})
        if name not in pages and len(pages) >= _MOST:
            pages.clear()
        return pages.setdefault(name, _Page(user_id=user_id, session=session))

    def excuse(self) -> None:
        """What pages said could not be heard: each has its time again."""
        for page in self._fed.values():
            page.opened, page.drawn = self._now(), None

    def told(self) -> list[dict[str, Any]]:
        """Each page with its ages in seconds, as JSON has them."""
        now = self._now()
        for session, pages in list(self._elsewhere.items()):
            for name in [n for n, page in pages.items() if now - (page.drawn or 0.0) > _FOR]:
                del pages[name]
            if not pages:
                del self._elsewhere[session]
        strangers = {n: page for pages in self._elsewhere.values() for n, page in pages.items()}
        return [_told(n, page, now) for n, page in ({**strangers, **self._fed}).items()]


def _told(name: str, page: _Page, now: float) -> dict[str, Any]:
    ages = {"open_for": page.opened, "drawn": page.drawn, "hidden_for": page.hidden}
    said = {key: None if at is None else round(now - at, 1) for key, at in ages.items()}
    return {"id": name, "user_id": page.user_id, **said}
