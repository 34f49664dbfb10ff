"""Who is at the screen: sessions as rows, an opaque cookie, a limit on guesses, no forged forms."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response

from callflow.storage import Tx, people
from web.accounts import Right, check_password, digest, rights_of
from web.i18n import best_language
from web.problems import ProblemError
from web.station import Station, station_of
from web.words import LANGUAGES

COOKIE = "callflow_session"
LANGUAGE_COOKIE = "callflow_language"
#: A shift and its handover.
SESSION_LASTS = timedelta(hours=12)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class LoginNeededError(Exception):
    """Nobody is logged in; ``back`` is where to go afterwards."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back

    @property
    def address(self) -> str:
        """The login page's address."""
        return f"/login?next={quote(self.back)}" if self.back != "/" else "/login"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is logged in, and the language of the page."""

    name: str
    role: str
    language: str
    csrf: str
    rights: frozenset[Right]


def allowed(right: Right) -> Callable[..., Awaitable[Visitor]]:
    """Dependency: who is logged in and has ``right``; the login page, or 403, otherwise."""

    async def check(request: Request, station: Annotated[Station, Depends(station_of)]) -> Visitor:
        visitor = await visitor_of(request, station)
        if visitor is None:
            back = request.url.path if request.method == "GET" else "/"
            raise LoginNeededError(back)
        if right not in visitor.rights:
            raise ProblemError(403, "your role does not allow this")
        if request.method not in ("GET", "HEAD"):
            await _check_form(request, visitor)
        return visitor

    return check


async def visitor_of(request: Request, station: Station) -> Visitor | None:
    """Who is logged in."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    kept, now = digest(token), station.clock()
    row = await station.store.read(lambda tx: people.session_user(tx, kept, now))
    if row is None:
        return None
    return Visitor(
        name=row["name"],
        role=row["role"],
        language=language_of(request, row["language"]),
        csrf=row["csrf"],
        rights=rights_of(row["role"]),
    )


def remember_language(request: Request, answer: Response) -> None:
    """The language that the address asks for is the browser's from now on."""
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31_536_000, samesite="strict")


def language_of(request: Request, own: str | None = None) -> str:
    """``?lang``, else what was chosen before, else the user's, else the browser's."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or own
    return best_language(asked, request.headers.get("accept-language", ""))


async def _check_form(request: Request, visitor: Visitor) -> None:
    """The form is one of our own pages', for this session."""
    check_origin(request)
    sent = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    if not hmac.compare_digest(sent.encode(), visitor.csrf.encode()):
        raise ProblemError(403, "this form is too old: reload the page", field="csrf")


def check_origin(request: Request) -> None:
    """403 for what another site's page sends."""
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise ProblemError(403, "this form comes from another site")


async def log_in(station: Station, name: str, password: str, now: datetime) -> str | None:
    """A new session's token; None where name and password don't belong together."""
    row = await station.store.read(lambda tx: people.user_by_name(tx, name))
    kept = row["password"] if row else None
    if not await asyncio.to_thread(check_password, kept, password) or row is None:
        return None
    token = secrets.token_urlsafe(32)
    session: dict[str, Any] = {
        "token_hash": digest(token),
        "user_id": row["id"],
        "csrf": secrets.token_urlsafe(32),
        "created_at": now,
        "expires_at": now + SESSION_LASTS,
    }

    def write(tx: Tx) -> None:
        people.insert_session(tx, session)

    await station.store.write(write)
    return token


async def log_out(station: Station, request: Request) -> None:
    """End the session."""
    kept = digest(request.cookies.get(COOKIE, ""))
    await station.store.write(lambda tx: people.end_session(tx, kept))


def set_cookie(response: Response, station: Station, token: str) -> None:
    """The session's cookie: Secure wherever the page is not only this machine's."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=station.settings.bind not in _LOOPBACK,
    )


class Guesses:
    """Failed log-ins: at most ``most`` in ``window`` for one key. In memory: there is one web."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window = most, window
        self._failed: dict[str, deque[datetime]] = {}

    def wait(self, key: str, now: datetime) -> timedelta | None:
        """How long ``key`` must wait; None where it need not."""
        failed = self._failed.get(key)
        while failed and failed[0] <= now - self._window:
            failed.popleft()
        if not failed:
            self._failed.pop(key, None)
            return None
        return failed[0] + self._window - now if len(failed) >= self._most else None

    def failed(self, key: str, now: datetime) -> None:
        """One more."""
        if len(self._failed) > 10_000:  # somebody tries names by the thousand: forget the oldest
            self._failed.pop(next(iter(self._failed)))
        self._failed.setdefault(key, deque()).append(now)
