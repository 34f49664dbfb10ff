"""Tokens of programs: made and shown once, listed with their last use, revoked."""

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.station.tokens import revoke_token
from callflow.handling.station.users import end_session
from callflow.storage import Tx
from callflow.storage.people import users
from web.access import cookies
from web.access.cookies import SCHEMES
from web.access.sessions import Administrator, Visitor
from web.access.users import Right, Role, create_token, digest, rights_of
from web.kit import forms, i18n
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, tried
from web.pages.records.logbook import begin_of, day_in
from web.pages.station.settings_views import setting
from web.pages.watch.wallboard import SCREEN
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


_ADDRESS = "/settings/tokens"
#: What the form proposes.
_YEAR = timedelta(days=365)


@router.get(_ADDRESS)
async def show(visitor: Administrator, station: Here) -> Response:
    """Every token."""
    return await _page(station, visitor)


@router.post(_ADDRESS)
async def add(request: Request, visitor: Administrator, station: Here) -> Response:
    """A new one, which is shown this once."""
    form = await forms.sent(request)
    now = station.clock()
    name = forms.line(form, "name").strip()

    def run(tx: Tx) -> str:
        role = forms.one_of(Role, form, "role")
        speaks_for = form.get("accounts", "")[:20_000].replace(",", " ").split()
        if role is Role.PANEL and not speaks_for:
            raise ProblemError(422, "name the accounts that it speaks for", field="accounts")
        day = day_in(form.get("until", "")[:10], "until")
        # To the end of that day, where the station is.
        ends = begin_of(day + timedelta(days=1)) if day else None
        return create_token(
            tx, role, name, now, by=visitor.name, expires_at=ends, accounts=speaks_for
        )

    made = await tried(station, run)
    if not isinstance(made, str):
        return await _page(station, visitor, made, typed=form)
    return await _page(station, visitor, made={"name": name, "token": made})


@router.post(f"{_ADDRESS}/try")
async def try_out(request: Request, visitor: Administrator, station: Here) -> Response:
    """Whom a token lets in as, and what that may do; it does not count as used."""
    form = await forms.sent(request)
    token = forms.line(form, "token").strip()
    if not token:
        return await _page(station, visitor, ProblemError(422, "is missing", field="token"))
    known = await station.store.read(lambda tx: users.token_of(tx, digest(token)))
    found = {"token": known, "may": rights_of(known.role) if known else frozenset()}
    return await _page(station, visitor, tested=found)


@router.post(f"{_ADDRESS}/screen")
async def leave_on_screen(request: Request, visitor: Administrator, station: Here) -> Response:
    """This browser is a screen of the room from now on: it has a token that opens the wallboard,
    and nobody's session any more."""
    form = await forms.sent(request)
    name, now = forms.line(form, "name").strip(), station.clock()
    scheme = forms.line(form, "scheme")
    if scheme not in ("", *SCHEMES):
        raise ProblemError(422, "choose dark, dim or light", field="scheme")

    def run(tx: Tx) -> str:
        token = create_token(tx, Role.SCREEN, name, now, by=visitor.name, expires_at=now + _YEAR)
        end_session(tx, visitor.session, visitor.name, now)
        return token

    made = await tried(station, run)
    if not isinstance(made, str):
        return await _page(station, visitor, made)
    answer = RedirectResponse(SCREEN, 303)
    cookies.forget(request, answer, cookies.SESSION)
    cookies.put(request, answer, cookies.SCREEN, made, _YEAR)
    cookies.put(request, answer, cookies.LANGUAGE, visitor.language, cookies.CHOICE_LASTS)
    if scheme:
        cookies.put(request, answer, cookies.SCHEME, scheme, cookies.CHOICE_LASTS)
    else:
        cookies.forget(request, answer, cookies.SCHEME)
    return answer


@router.post(f"{_ADDRESS}/{{token_id}}/revoke")
async def revoke(token_id: str, visitor: Administrator, station: Here) -> Response:
    """It lets nobody in any more."""
    now = station.clock()
    wrong = await tried(station, lambda tx: revoke_token(tx, token_id, visitor.name, now))
    if wrong is not None:
        return await _page(station, visitor, wrong)
    return RedirectResponse(_ADDRESS, 303)


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    made: Mapping[str, str] | None = None,
    tested: Mapping[str, object] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    now = station.clock()
    today = now.astimezone(ZoneInfo(i18n.STATION_ZONE)).date()

    return await setting(
        station,
        visitor,
        "tokens",
        lambda tx: {"tokens": users.tokens(tx)},
        wrong,
        made=made,
        tested=tested,
        opened=typed is not None,
        typed=typed or {},
        rights=tuple(Right),
        roles=[role for role in Role if role is not Role.SCREEN],
        today=today,
        proposed=today + _YEAR,
    )
