"""Logging in and out: a password, then a second factor where somebody has one."""

import math
from datetime import datetime, timedelta
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Body, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from callflow.core.people.sessions import Challenge
from callflow.core.people.users import User
from callflow.handling.base import refusals
from callflow.handling.station import users as acts
from callflow.storage import Tx
from callflow.storage.desks import shifts
from callflow.storage.people import access, users
from callflow.storage.sites import sites
from callflow.vault import Unreadable
from web.access import cookies, factors, names, passkeys, sessions
from web.access.factors import Factors
from web.access.guesses import Limits
from web.access.users import Right, rights_of
from web.kit import i18n
from web.kit.problems import ProblemError
from web.kit.refusals import refusal
from web.station import Here, Station

_log = structlog.get_logger()
router = APIRouter(include_in_schema=False)

_FACTOR = "factor"  # kind of the challenge between password and second factor


@router.get("/login")
async def show(request: Request, station: Here, next: str = "/") -> Response:
    """The form."""
    return _form(request, station, back=next)


@router.post("/login")
async def log_in(
    request: Request,
    station: Here,
    name: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    next: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """A new session, the second factor's form, or this form again with what is wrong."""
    sessions.check_origin(request)
    now, place = station.clock(), sessions.place_of(request)
    counted = sessions.counted_place_of(request)
    limits: Limits = request.app.state.limits
    key = f"{counted}|{name}"
    waits = (limits.by_name.wait(key, now), limits.by_place.wait(counted, now))
    if wait := max((wait for wait in waits if wait is not None), default=None):
        return _form(request, station, back=next, name=name, wait=wait, status=429)
    full = limits.by_name.guess(key, now) | limits.by_place.guess(counted, now)
    user = await sessions.user_of(station, name, password)
    if user is None:
        await sessions.log_in_failed(station, place, sessions.PASSWORD_ONLY, name=name)
        if full:
            await station.store.write(lambda tx: _blocked(tx, name, place, now))
        return _form(request, station, back=next, name=name, wrong=True, status=401)
    limits.by_name.forget(key)
    limits.by_place.take_back(counted)
    known = await station.store.read(lambda tx: factors.of_user(tx, user))
    if not known:
        return await let_in(request, station, user.id, sessions.PASSWORD_ONLY, next)
    return await _ask(request, station, user, known, next)


def _blocked(tx: Tx, name: str, place: str, now: datetime) -> None:
    """Told with the name of somebody who exists only: it might be a password, typed too early."""
    acts.login_blocked(tx, name if users.user_by_name(tx, name) else "?", place, now)


async def let_in(
    request: Request,
    station: Station,
    user_id: str,
    factor: str,
    back: str,
    *,
    former: str | None = None,
) -> Response:
    """A session, and the page that was asked for; of an empty station, the first start's.

    ``former``: the session that this browser had, where its cookie doesn't come with the request.
    """
    where = inside(back)
    if where == "/" and await station.store.read(lambda tx: _begins(tx, station, user_id)):
        where = "/start"
    answer = RedirectResponse(where, 303)
    token = await sessions.open_session(station, request, user_id, factor, former)
    cookies.put(request, answer, cookies.SESSION, token, sessions.SESSION_LASTS)
    cookies.forget(request, answer, cookies.CHALLENGE)
    return answer


def _begins(tx: Tx, station: Station, user_id: str) -> bool:
    """True where an administrator comes to a station that has no site yet."""
    user = users.user_by_id(tx, user_id)
    administers = user is not None and Right.ADMINISTER in rights_of(user.role)
    return administers and not sites.site_ids(tx, limit=1) and station.starts(tx)


@router.post("/logout")
async def log_out(request: Request, station: Here) -> Response:
    """Ends the session; forging this would only log somebody out, and the cookie is Strict."""
    sessions.check_origin(request)
    visitor = await sessions.visitor_of(request, station)
    who = visitor.id if visitor is not None else ""
    on_shift = await station.store.read(lambda tx: shifts.running(tx, who))
    await sessions.log_out(station, request)
    answer = RedirectResponse("/login?shift=on" if on_shift else "/login", 303)
    cookies.forget(request, answer, cookies.SESSION)
    return answer


# --- the second factor --------------------------------------------------------------------


async def _ask(
    request: Request, station: Station, user: User, known: Factors, back: str
) -> Response:
    options = passkeys.ask(names.site(station.settings, request), known.passkeys)
    answer = RedirectResponse("/login/factor", 303)
    data = {"back": inside(back), "options": options}
    await factors.begin(station, request, answer, _FACTOR, data, user_id=user.id)
    return answer


@router.get("/login/factor")
async def show_factor(request: Request, station: Here) -> Response:
    """The form for a code or a device; the first form again where nobody gave a password."""
    asked = await factors.asked(station, request, _FACTOR)
    if asked is None:
        return RedirectResponse("/login", 303)
    return await _factor_form(request, station, asked)


@router.post("/login/factor")
async def give_code(
    request: Request, station: Here, code: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """A code of the authenticator, or a recovery code."""
    sessions.check_origin(request)
    asked = await factors.asked(station, request, _FACTOR)
    if asked is None:
        return RedirectResponse("/login", 303)
    limits: Limits = request.app.state.limits
    key, now = f"factor|{asked.whose}", station.clock()
    if wait := limits.by_user.wait(key, now):
        return await _factor_form(request, station, asked, wait=wait, status=429)
    limits.by_user.guess(key, now)
    challenge = factors.key_of(request)
    factor = await station.store.write(
        lambda tx: _take_code(tx, station, challenge, asked.whose, code, now)
    )
    if factor is None:
        await sessions.log_in_failed(station, sessions.place_of(request), "code", user=asked.whose)
        return await _factor_form(request, station, asked, wrong=True, status=401)
    limits.by_user.forget(key)
    return await let_in(request, station, asked.whose, factor, asked.data["back"])


def _take_code(
    tx: Tx, station: Station, challenge: str, user_id: str, code: str, now: datetime
) -> str | None:
    """Which factor the code is, taken, and the challenge with it; None: none, or used before."""
    user = users.user_by_id(tx, user_id)
    if user is None:
        return None
    factor = _which_code(tx, station, user, code, now)
    if factor is not None and access.take_challenge(tx, challenge, _FACTOR, now) is None:
        return None
    return factor


def _secret_of(station: Station, who: str, kept: str) -> str:
    """ "" where it was altered: no code is one of its, and a recovery code still is one."""
    try:
        return station.vault.unlock(kept)
    except Unreadable as error:
        _log.error("factor.unreadable", user=who, reason=str(error))
        return ""


def _which_code(tx: Tx, station: Station, user: User, code: str, now: datetime) -> str | None:
    if user.totp is not None:
        step = factors.step_of(_secret_of(station, user.name, user.totp), code, now)
        if step is not None:
            return "totp" if access.take_step(tx, user.id, step) else None
    mac = factors.recovery_mac(station.vault, user.id, code)
    return "recovery" if acts.use_recovery_code(tx, user.id, mac, now) else None


@router.get("/.well-known/webauthn")
async def related_origins(station: Here) -> dict[str, list[str]]:
    """The names whose pages may ask for the first one's passkeys (WebAuthn 3, 5.11)."""
    if len(station.settings.all_public_urls) < 2:
        raise ProblemError(404, "Not Found")
    return {"origins": list(station.settings.all_public_urls)}


@router.post("/login/passkey")
async def give_passkey(
    request: Request, station: Here, credential: Annotated[dict[str, Any], Body()]
) -> Response:
    """A device's signature of the challenge; the answer says where to go (for passkey.js)."""
    sessions.check_origin(request)
    language = sessions.language_of(request)
    try:
        user_id, back = await _by_passkey(request, station, credential)
    except ProblemError as error:
        return said(language, error)
    let = await let_in(request, station, user_id, "passkey", back)
    answer = JSONResponse({"next": let.headers["location"]})
    answer.raw_headers += [pair for pair in let.raw_headers if pair[0] == b"set-cookie"]
    return answer


async def _by_passkey(
    request: Request, station: Station, credential: dict[str, Any]
) -> tuple[str, str]:
    """Whose device it is, and where they were going. Raises ProblemError."""
    asked = await factors.asked(station, request, _FACTOR)
    if asked is None:
        raise ProblemError(401, "log in again")
    user_id, now, challenge = asked.whose, station.clock(), factors.key_of(request)
    limits: Limits = request.app.state.limits
    sessions.check_wait(limits.by_user.wait(f"factor|{user_id}", now))
    limits.by_user.guess(f"factor|{user_id}", now)
    keys = await station.store.read(lambda tx: access.passkeys(tx, user_id))
    wanted, here = asked.data["options"]["challenge"], names.site(station.settings, request)
    try:
        key, count = passkeys.check(credential, wanted, here, keys)
    except passkeys.BadPasskey:
        await sessions.log_in_failed(station, sessions.place_of(request), "passkey", user=user_id)
        raise ProblemError(401, "this device did not prove who you are") from None

    def take(tx: Tx) -> bool:
        used = access.passkey_used(tx, key.id, key.sign_count, count, now)
        return used and access.take_challenge(tx, challenge, _FACTOR, now) is not None

    if not await station.store.write(take):
        raise ProblemError(401, "log in again")
    limits.by_user.forget(f"factor|{user_id}")
    return user_id, asked.data["back"]


def said(language: str, error: ProblemError) -> Response:
    """A problem for a script, in the page's language."""
    detail = i18n.catalogue(language).gettext(error.detail)
    return JSONResponse({"detail": detail}, error.status, headers=error.headers)


# --- what is shown ------------------------------------------------------------------------


def inside(back: str) -> str:
    """A page of ours: never another site's."""
    inside = back.startswith("/") and not back.startswith(("//", "/\\"))
    return back if inside and back.isprintable() else "/"


def _seconds(wait: timedelta | None) -> int | None:
    return None if wait is None else max(1, math.ceil(wait.total_seconds()))


def _form(
    request: Request,
    station: Station,
    *,
    back: str,
    name: str = "",
    wrong: bool = False,
    wait: timedelta | None = None,
    refused: str = "",
    status: int = 200,
) -> Response:
    values = {
        "back": inside(back),
        "name": name,
        "wrong": wrong,
        "refused": refused,
        "directory": bool(station.settings.oidc_issuer),
        "on_shift": request.query_params.get("shift") == "on",
    }
    return _answer(request, "people/login.html", values, wait, status)


def refused_form(
    request: Request, station: Station, refused: refusals.Refused | str, status: int
) -> Response:
    """The form, with why somebody can't be let in."""
    if isinstance(refused, str):
        refused = refusals.Refused(refused)
    language = sessions.language_of(request)
    return _form(request, station, back="/", refused=refusal(refused, language), status=status)


async def _factor_form(
    request: Request,
    station: Station,
    asked: Challenge,
    *,
    wrong: bool = False,
    wait: timedelta | None = None,
    status: int = 200,
) -> Response:
    def read(tx: Tx) -> Factors | None:
        user = users.user_by_id(tx, asked.whose)
        return factors.of_user(tx, user) if user else None

    known = await station.store.read(read)
    if known is None:
        return RedirectResponse("/login", 303)
    values = {"wrong": wrong, "known": known, "options": asked.data["options"]}
    return _answer(request, "people/factor.html", values, wait, status)


def _answer(
    request: Request, template: str, values: dict[str, Any], wait: timedelta | None, status: int
) -> Response:
    seconds = _seconds(wait)
    values = {**values, "seconds": seconds}
    answer = sessions.page_of_nobody(request, template, values, status)
    if seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer
