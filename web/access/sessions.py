"""Who is at the screen: sessions as rows, an opaque cookie, a limit on guesses, no forged forms."""

import asyncio
import contextlib
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import structlog
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from callflow.core.people.users import User
from callflow.core.station.addresses import place
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound
from callflow.handling.station import users as acts
from callflow.storage import Tx
from callflow.storage.people import access, users
from web.access import cookies, forgery, names
from web.access.guesses import Guesses
from web.access.users import Declared, Right, check_password, digest, rights_of
from web.kit.i18n import best_language
from web.kit.problems import ProblemError
from web.kit.rendering import page
from web.station import Here, Station

_log = structlog.get_logger()
#: A shift and its handover.
SESSION_LASTS = timedelta(hours=12)
#: ``factor`` of a session that nothing but a password opened.
PASSWORD_ONLY = "password"  # noqa: S105 -- the name of a way in
BY_DIRECTORY = "oidc"
#: How long a password that somebody else chose lets in.
GIVEN_LASTS = timedelta(days=3)


class LoginNeededError(Exception):
    """Nobody is logged in; ``back`` is where to go afterwards."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back

    @property
    def address(self) -> str:
        """The login page's address."""
        return f"/login?next={quote(self.back)}" if self.back != "/" else "/login"


class OwnPageNeededError(LoginNeededError):
    """Somebody has yet to add a second factor, or to choose a password of their own."""

    @property
    def address(self) -> str:
        """The page to do so."""
        return "/account"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is logged in, the session's key, and the language of the page."""

    id: str
    session: str
    name: str
    role: str
    language: str
    csrf: str  # as the page that is made now carries it (forgery.py)
    token: str  # what it proves
    rights: frozenset[Right]
    #: Their role needs a second factor, and they have none: they see the page to add one only.
    must_enrol: bool
    #: Somebody else chose their password: they see the page to choose their own only.
    must_choose: bool
    #: "dark" or "light" where the browser's user chose one; "": as the system says.
    scheme: str = ""
    #: The station still has to be set up, and this is who does it.
    starting: bool = False
    #: Why nothing may leave the station, "": all may. Each page says so.
    withheld: str = ""
    #: Sites for which another system acts, while the station itself does.
    shadow_sites: int = 0
    #: What pages call those who work here: {log-in: shown name}, where it is another.
    called: Mapping[str, str] = field(default_factory=dict)
    #: What was just saved, as the address that a form leads to says it: its page says so.
    saved: str = ""
    #: An open page asks for a part of this one: it gets what stands in ``main`` alone.
    part: bool = False

    @property
    def held_back(self) -> bool:
        """They see their own page only, until they did what it asks for."""
        return self.must_enrol or self.must_choose


def logged_in() -> Callable[..., Awaitable[Visitor]]:
    """Dependency: who is logged in, whatever their rights: for what is their own."""
    return _asked(None)


def allowed(right: Right) -> Callable[..., Awaitable[Visitor]]:
    """Dependency: who is logged in and has ``right``; the login page, or 403, otherwise."""
    return _asked(right)


def _asked(right: Right | None) -> Callable[..., Awaitable[Visitor]]:

    async def check(request: Request, station: Here) -> Visitor:
        visitor = await visitor_of(request, station)
        if visitor is None:
            raise LoginNeededError(_back(request))
        if right is not None and visitor.held_back:
            raise OwnPageNeededError(request.url.path)
        if right is not None and right not in visitor.rights:
            raise ProblemError(403, "your role does not allow this")
        if request.method not in ("GET", "HEAD"):
            await _check_form(request, visitor)
        return visitor

    check.declared = Declared(right)  # type: ignore[attr-defined]
    return check


#: A handler's argument: who is logged in, and may do what a page needs.
Anybody = Annotated[Visitor, Depends(logged_in())]
Reader = Annotated[Visitor, Depends(allowed(Right.READ))]
Handler = Annotated[Visitor, Depends(allowed(Right.HANDLE))]
Configurer = Annotated[Visitor, Depends(allowed(Right.CONFIGURE))]
Supervisor = Annotated[Visitor, Depends(allowed(Right.SUPERVISE))]
Administrator = Annotated[Visitor, Depends(allowed(Right.ADMINISTER))]


def _back(request: Request) -> str:
    """The page that is open, whatever of it is asked for: its path and query."""
    if "hx-request" not in request.headers:
        return request.url.path if request.method == "GET" else "/"
    try:
        page = urlsplit(request.headers.get("hx-current-url", ""))
    except ValueError:  # no address at all
        return "/"
    return (page.path or "/") + (f"?{page.query}" if page.query else "")


async def visitor_of(request: Request, station: Station) -> Visitor | None:
    """Who is logged in."""
    token = cookies.read(request, cookies.SESSION)
    if not token:
        return None
    kept, now = digest(token), station.clock()
    since = station.seen_since(now)
    session, policy, called = await station.store.read(
        lambda tx: (
            access.live_session(tx, kept, now, since),
            load_policy(tx),
            users.shown_names(tx),
        )
    )
    if session is None:
        return None
    station.saw(kept, session.seen_at, now)
    request.state.who = session.name
    rights = rights_of(session.role)
    if Right.HANDLE in rights:
        # Asterisk is another origin, and only the telephone of who handles alarms speaks with it.
        request.state.telephone = names.telephone(station.settings, request).rpartition("/")[0]
    return Visitor(
        id=session.user_id,
        session=kept,
        name=session.name,
        role=session.role,
        language=language_of(request, session.language),
        csrf=forgery.masked(session.csrf),
        token=session.csrf,
        rights=rights,
        must_enrol=session.role in station.settings.second_factor_roles
        and session.factor == PASSWORD_ONLY,
        must_choose=session.password_given_at is not None and session.factor != BY_DIRECTORY,
        scheme=cookies.scheme(request),
        starting=Right.ADMINISTER in rights and await station.store.read(station.starts),
        withheld=policy.withheld or "",
        shadow_sites=policy.shadow_sites,
        called=called,
        saved=request.query_params.get("saved", ""),
        part="hx-request" in request.headers,
    )


def language_of(request: Request, own: str | None = None) -> str:
    """``?lang``, else what was chosen before, else the user's, else the browser's."""
    asked = request.query_params.get("lang") or cookies.read(request, cookies.LANGUAGE) or own
    return best_language(asked, request.headers.get("accept-language", ""))


def page_of_nobody(
    request: Request, template: str, values: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A page for whoever is not logged in, in the language and the colours of their browser."""
    shown = {**values, "visitor": None, "scheme": cookies.scheme(request)}
    return page(language_of(request), template, shown, status)


async def _check_form(request: Request, visitor: Visitor) -> None:
    """The form is one of our own pages', for this session."""
    check_origin(request)
    sent = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    if not forgery.proves(sent, visitor.token):
        raise ProblemError(403, "this form is too old: reload the page", field="csrf")


def check_origin(request: Request) -> None:
    """403 for what another site's page sends."""
    origin = request.headers.get("origin")
    foreign = origin is not None and _netloc(origin) != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise ProblemError(403, "this form comes from another site")


def _netloc(origin: str) -> str | None:
    """Host and port of an origin; None: it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


async def check_signature(
    station: Station, visitor: Visitor, password: str, request: Request
) -> None:
    """Whoever is logged in signs with their own password. ProblemError 403 or 429 otherwise."""
    guesses: Guesses = request.app.state.limits.by_user
    key, now = f"signature|{visitor.id}", station.clock()
    check_wait(guesses.wait(key, now))
    guesses.guess(key, now)
    user = await station.store.read(lambda tx: users.user_by_name(tx, visitor.name))
    if not await asyncio.to_thread(check_password, user.password if user else None, password):
        raise ProblemError(403, "this is not your password: nothing was signed", field="password")
    guesses.forget(key)


def check_wait(wait: timedelta | None) -> None:
    """429, saying how long, where there were too many guesses."""
    if wait is not None:
        seconds = max(1, math.ceil(wait.total_seconds()))
        raise ProblemError(
            429,
            "too many attempts: wait before you try again",
            headers={"Retry-After": str(seconds)},
        )


async def user_of(station: Station, name: str, password: str) -> User | None:
    """Whose name and password these are; None: nobody's who may log in with a password.

    Takes as long whoever exists, is disabled or has no password.
    """
    user = await station.store.read(lambda tx: users.user_by_name(tx, name))
    if user is not None and not _by_password(station, user):
        user = None
    right = await asyncio.to_thread(check_password, user.password if user else None, password)
    return user if right else None


def _by_password(station: Station, user: User) -> bool:
    """True where a user may log in with a password: those of the directory need not be let, and one
    that somebody else chose is to be replaced soon."""
    given = user.password_given_at
    if given is not None and station.clock() - given > GIVEN_LASTS:
        return False
    by_directory = bool(user.subject and station.settings.oidc_issuer)
    directory_only = by_directory and station.settings.oidc_passwords == "directory"
    return user.disabled_at is None and not directory_only


def is_directorys(station: Station, user: User) -> bool:
    """True where somebody comes by the directory, and a password would let them in as well."""
    settings = station.settings
    return bool(user.subject and settings.oidc_issuer and settings.oidc_passwords == "both")


async def open_session(
    station: Station, request: Request, user_id: str, factor: str, former: str | None = None
) -> str:
    """A new session's token; the one that this browser had (``former``, or its cookie's) ends.

    Raises Refused where the user was disabled meanwhile.
    """
    token, now = secrets.token_urlsafe(32), station.clock()
    former = former or digest(cookies.read(request, cookies.SESSION))

    def write(tx: Tx) -> None:
        if (before := access.session_of(tx, former)) is not None:
            acts.end_session(tx, former, before.name, now)
        acts.open_session(
            tx,
            user_id,
            now,
            token_hash=digest(token),
            csrf=secrets.token_urlsafe(32),
            expires_at=now + SESSION_LASTS,
            address=place_of(request),
            browser=request.headers.get("user-agent", "")[:400],
            factor=factor,
        )

    await station.store.write(write)
    return token


async def log_in_failed(
    station: Station, where: str, way: str, *, name: str = "", user: str = ""
) -> None:
    """Told to the log: from where, by what means, and whose name it was if it is somebody's.

    A name that nobody has may be a password, typed too early.
    """

    def who(tx: Tx) -> User | None:
        return users.user_by_id(tx, user) if user else users.user_by_name(tx, name)

    person = await station.store.read(who)
    _log.warning("web.login_failed", place=where, way=way, who=person.name if person else "?")


def place_of(request: Request) -> str:
    """Where a request comes from: the address of the browser, or of a proxy that isn't trusted."""
    return request.client.host[:64] if request.client else "?"


def counted_place_of(request: Request) -> str:
    """The same as limits count it: all of one IPv6 subscriber's addresses are one."""
    return place(place_of(request))


async def log_out(station: Station, request: Request) -> None:
    """End the session."""
    visitor = await visitor_of(request, station)
    if visitor is None:
        return
    now = station.clock()
    with contextlib.suppress(NotFound):  # ended by somebody meanwhile
        await station.store.write(
            lambda tx: acts.end_session(tx, visitor.session, visitor.name, now)
        )
