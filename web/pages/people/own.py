"""One's own: password, second factors, sessions. Everybody who is logged in has this page.

What changes how one is let in is signed with the password.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from markupsafe import Markup

from callflow.core.people.sessions import Challenge
from callflow.core.people.users import User, password_fault
from callflow.handling.base import refusals
from callflow.handling.base.telling import storable
from callflow.handling.station import users as acts
from callflow.storage import Tx
from callflow.storage.people import access, users
from web.access import factors, names, passkeys, sessions
from web.access.guesses import Limits
from web.access.sessions import Anybody, Visitor, check_signature
from web.access.users import digest, hash_password
from web.access.views import frame, session_lines
from web.kit.problems import ProblemError
from web.kit.refusals import headers_of, refusal, status_of
from web.kit.rendering import page
from web.pages.people.login import said
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

Password = Annotated[str, Form(max_length=1024)]
_BACK = "/account"
#: One that they made themselves would let them in when the directory no longer does.
_ASK = "you come by the company's directory: an administrator gives you a password"


@router.get("/account")
async def show(visitor: Anybody, station: Here) -> Response:
    """What is known of oneself."""
    return await _page(station, visitor)


async def _page(
    station: Station,
    visitor: Visitor,
    *,
    refused: refusals.Refused | ProblemError | None = None,
    codes: list[str] | None = None,
    enrolling: Enrolment | None = None,
) -> Response:
    now = station.clock()
    since = station.seen_since(now)

    def read(tx: Tx) -> dict[str, Any]:
        user = users.user_by_id(tx, visitor.id)
        assert user is not None
        return {
            **frame(tx, station, visitor, "account"),
            "person": user,
            "known": factors.of_user(tx, user),
            "sessions": session_lines(access.sessions(tx, now, since, user_id=visitor.id)),
            "given_only": not user.password and sessions.is_directorys(station, user),
        }

    values = {
        **await station.store.read(read),
        "refused": refusal(refused, visitor.language),
        "codes": codes,
        "enrolling": enrolling,
    }
    answer = page(visitor.language, "people/account.html", values, status_of(refused))
    answer.headers.update(headers_of(refused))
    return answer


async def _done(
    station: Station, visitor: Visitor, doing: Callable[[], Awaitable[Response | None]]
) -> Response:
    """Does it and shows the page; says why not where it is refused."""
    try:
        return await doing() or RedirectResponse(_BACK, 303)
    except (refusals.Refused, ProblemError) as refused:
        return await _page(station, visitor, refused=refused)


async def _sign(station: Station, visitor: Visitor, password: str, request: Request) -> User:
    """Who signs. ProblemError where it is not their password, or they have none."""
    user = await station.store.read(lambda tx: users.user_by_id(tx, visitor.id))
    assert user is not None
    if not user.password:
        own = "choose a password first: it signs what you do here"
        raise ProblemError(409, _ASK if sessions.is_directorys(station, user) else own)
    await check_signature(station, visitor, password, request)
    return user


@router.post("/account/password")
async def change_password(
    request: Request,
    visitor: Anybody,
    station: Here,
    current: Password = "",
    password: Password = "",
    again: Password = "",
) -> Response:
    """Another password; the other sessions end. Who has none yet chooses the first, unless
    they come by the directory and it would let them in without it."""

    async def do() -> None:
        user = await station.store.read(lambda tx: users.user_by_id(tx, visitor.id))
        if user and user.password:
            await check_signature(station, visitor, current, request)
        elif user and sessions.is_directorys(station, user):
            raise ProblemError(403, _ASK)
        if visitor.must_choose and password == current:
            same = "choose another password than the one you have"
            raise ProblemError(422, same, field="password")
        if password != again:
            raise ProblemError(422, "the two passwords differ", field="again")
        if fault := password_fault(password, visitor.name):
            raise ProblemError(422, fault, field="password")
        kept, now = await asyncio.to_thread(hash_password, password), station.clock()
        await station.store.write(
            lambda tx: acts.set_password(
                tx, visitor.id, kept, visitor.name, now, session=visitor.session
            )
        )

    return await _done(station, visitor, do)


# --- codes --------------------------------------------------------------------------------


def _enrolment(visitor: Visitor, kind: str) -> str:
    """What a half-done enrolment is kept under: this session's only."""
    return digest(f"{kind}|{visitor.session}")


def _asked(visitor: Visitor, kind: str, data: dict[str, Any], now: datetime) -> Challenge:
    until = now + factors.CHALLENGE_LASTS
    return Challenge(_enrolment(visitor, kind), kind, visitor.id, data, until)


@router.post("/account/totp")
async def begin_totp(
    request: Request, visitor: Anybody, station: Here, password: Password = ""
) -> Response:
    """A new secret to scan; it counts once a code of it was typed."""

    async def do() -> Response:
        await _sign(station, visitor, password, request)
        secret, now = factors.new_secret(), station.clock()
        asked = _asked(visitor, "totp", {"secret": station.vault.lock(secret)}, now)
        await station.store.write(lambda tx: access.put_challenge(tx, asked, now))
        return await _page(station, visitor, enrolling=_shown(secret, visitor))

    return await _done(station, visitor, do)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new secret, drawn and in words; ``wrong``: the code that was typed is none of its."""

    picture: Markup
    secret: str
    wrong: bool


def _shown(secret: str, visitor: Visitor, *, wrong: bool = False) -> Enrolment:
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return Enrolment(factors.picture(secret, visitor.name), groups, wrong)


@router.post("/account/totp/confirm")
async def confirm_totp(
    request: Request,
    visitor: Anybody,
    station: Here,
    code: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """The first code: the authenticator has the secret, and its clock is right."""
    key, now = _enrolment(visitor, "totp"), station.clock()
    limits: Limits = request.app.state.limits

    async def do() -> Response:
        sessions.check_wait(limits.by_user.wait(f"enrol|{visitor.id}", now))
        asked = await station.store.read(lambda tx: access.challenge(tx, key, "totp", now))
        if asked is None:
            raise ProblemError(409, "this took too long: begin again")
        secret = station.vault.unlock(asked.data["secret"])
        step = factors.step_of(secret, code, now)
        if step is None:
            limits.by_user.guess(f"enrol|{visitor.id}", now)
            return await _page(station, visitor, enrolling=_shown(secret, visitor, wrong=True))
        codes = factors.recovery_codes()

        def write(tx: Tx) -> bool:
            if access.take_challenge(tx, key, "totp", now) is None:
                raise ProblemError(409, "this took too long: begin again")
            acts.add_totp(tx, visitor.id, asked.data["secret"], step, visitor.session, now)
            return _first_codes(tx, station, visitor, codes)

        fresh = await station.store.write(write)
        return await _page(station, visitor, codes=codes if fresh else None)

    return await _done(station, visitor, do)


def _first_codes(tx: Tx, station: Station, visitor: Visitor, codes: list[str]) -> bool:
    """Recovery codes with the first factor; whether these are they."""
    if access.recovery_codes_left(tx, visitor.id):
        return False
    _keep_codes(tx, station, visitor, codes)
    return True


def _keep_codes(tx: Tx, station: Station, visitor: Visitor, codes: list[str]) -> None:
    macs = [factors.recovery_mac(station.vault, visitor.id, code) for code in codes]
    acts.new_recovery_codes(tx, visitor.id, macs, station.clock())


@router.post("/account/totp/remove")
async def remove_totp(
    request: Request, visitor: Anybody, station: Here, password: Password = ""
) -> Response:
    """No code is asked for any more."""

    async def do() -> None:
        await _sign(station, visitor, password, request)
        now = station.clock()
        await station.store.write(lambda tx: acts.remove_totp(tx, visitor.id, now))

    return await _done(station, visitor, do)


@router.post("/account/recovery")
async def new_codes(
    request: Request, visitor: Anybody, station: Here, password: Password = ""
) -> Response:
    """New recovery codes instead of the old ones, shown this once."""

    async def do() -> Response:
        user = await _sign(station, visitor, password, request)
        codes = factors.recovery_codes()

        def write(tx: Tx) -> None:
            if not factors.of_user(tx, user):
                raise ProblemError(409, "add a second factor first")
            _keep_codes(tx, station, visitor, codes)

        await station.store.write(write)
        return await _page(station, visitor, codes=codes)

    return await _done(station, visitor, do)


# --- passkeys -----------------------------------------------------------------------------


@router.post("/account/passkeys/options")
async def begin_passkey(
    request: Request,
    visitor: Anybody,
    station: Here,
    password: Annotated[str, Body(embed=True, max_length=1024)] = "",
) -> Response:
    """What passkey.js asks the browser for."""
    try:
        user = await _sign(station, visitor, password, request)
    except ProblemError as error:
        return said(visitor.language, error)
    keys = await station.store.read(lambda tx: access.passkeys(tx, visitor.id))
    options = passkeys.ask_for_new(names.site(station.settings, request), user, keys)
    now = station.clock()
    asked = _asked(visitor, "passkey", {"challenge": options["challenge"]}, now)
    await station.store.write(lambda tx: access.put_challenge(tx, asked, now))
    return JSONResponse(options)


@router.post("/account/passkeys")
async def add_passkey(
    request: Request,
    visitor: Anybody,
    station: Here,
    credential: Annotated[dict[str, Any], Body()],
    name: Annotated[str, Body(max_length=64)] = "",
) -> Response:
    """The browser's answer: the device is known from now on."""
    key, now = _enrolment(visitor, "passkey"), station.clock()
    asked = await station.store.write(lambda tx: access.take_challenge(tx, key, "passkey", now))
    try:
        if asked is None:
            raise ProblemError(409, "this took too long: begin again")
        here = names.site(station.settings, request)
        made = passkeys.check_new(
            credential,
            asked.data["challenge"],
            here,
            user_id=visitor.id,
            name=storable(name.strip()) or "passkey",
            now=now,
        )
        await station.store.write(lambda tx: acts.add_passkey(tx, made, visitor.session, now))
    except passkeys.BadPasskey:
        return said(visitor.language, ProblemError(422, "this device did not prove who you are"))
    except refusals.Refused as refused:
        return said(visitor.language, ProblemError(409, refused.message))
    except ProblemError as error:
        return said(visitor.language, error)
    return JSONResponse({})


@router.post("/account/passkeys/{key_id}/remove")
async def remove_passkey(
    key_id: str, request: Request, visitor: Anybody, station: Here, password: Password = ""
) -> Response:
    """One's own device is forgotten."""

    async def do() -> None:
        now = station.clock()
        keys = await station.store.read(lambda tx: access.passkeys(tx, visitor.id))
        if key_id not in [key.id for key in keys]:
            raise refusals.NotFound("there is no such passkey")
        await _sign(station, visitor, password, request)
        await station.store.write(lambda tx: acts.remove_passkey(tx, visitor.id, key_id, now))

    return await _done(station, visitor, do)


# --- sessions -----------------------------------------------------------------------------


@router.post("/account/sessions/{session}/end")
async def end_session(session: str, visitor: Anybody, station: Here) -> Response:
    """One of one's own sessions ends."""

    async def do() -> None:
        now = station.clock()
        await station.store.write(
            lambda tx: acts.end_session(tx, session, visitor.name, now, user_id=visitor.id)
        )

    return await _done(station, visitor, do)
