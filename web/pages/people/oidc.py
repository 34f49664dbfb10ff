"""Logging in by the company's directory (OpenID Connect), where the settings name one."""

import hmac
from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.people.users import Role
from callflow.handling.base import refusals
from callflow.handling.station import users
from callflow.storage.people import access
from web.access import cookies, factors, names, sessions
from web.access.guesses import Limits
from web.access.oidc import Directory, DirectoryError, Person
from web.access.users import digest
from web.kit.problems import ProblemError
from web.pages.people.login import inside, let_in, refused_form
from web.station import Here, Station

_log = structlog.get_logger()
router = APIRouter(include_in_schema=False)

_KIND = "oidc"
_Text = Annotated[str, Query(max_length=4096)]


def _directory(request: Request, station: Station) -> Directory:
    if not station.settings.oidc_issuer:
        raise ProblemError(404, "Not Found")
    directory: Directory = request.app.state.directory
    return directory


def _back(request: Request, station: Station) -> str:
    """Where the directory sends people back to: this very address is known there."""
    return f"{names.origin(station.settings, request)}/login/directory/back"


@router.get("/login/directory")
async def go(request: Request, station: Here, next: str = "/") -> Response:
    """To the directory; what it must answer to is kept, and the browser known by a cookie."""
    directory = _directory(request, station)
    limits: Limits = request.app.state.limits
    place, now = sessions.counted_place_of(request), station.clock()
    sessions.check_wait(limits.by_directory.wait(place, now))
    limits.by_directory.guess(place, now)
    try:
        address, kept = await directory.ask(_back(request, station))
    except DirectoryError as error:
        _log.warning("web.directory_away", error=str(error))
        return refused_form(request, station, "the company's directory does not answer", 503)
    answer = RedirectResponse(address, 303)
    former = digest(cookies.read(request, cookies.SESSION))
    data = {**kept, "back": inside(next), "former": former}
    # Lax: the way back begins on another site's page.
    await factors.begin(station, request, answer, _KIND, data, samesite="lax")
    return answer


@router.get("/login/directory/back")
async def come_back(
    request: Request,
    station: Here,
    code: _Text = "",
    state: _Text = "",
    iss: Annotated[str | None, Query(max_length=4096)] = None,
    error: _Text = "",
) -> Response:
    """From the directory: a session, or why not."""
    directory, now, key = _directory(request, station), station.clock(), factors.key_of(request)
    asked = await station.store.write(lambda tx: access.take_challenge(tx, key, _KIND, now))
    if asked is None or not hmac.compare_digest(state.encode(), asked.data["state"].encode()):
        return refused_form(request, station, "this took too long: begin again", 401)
    try:
        if error or not code:
            raise DirectoryError(f"refused there: {error[:100]!r}")
        person = await directory.person(code, _back(request, station), asked.data, iss, now)
    except DirectoryError as failure:
        _log.warning("web.directory_refused", error=str(failure))
        return refused_form(request, station, "the company's directory did not let you in", 401)
    try:
        user_id = await _known(station, person, now)
        kept = asked.data
        let = await let_in(
            request,
            station,
            user_id,
            sessions.BY_DIRECTORY,
            kept["back"],
            former=kept.get("former"),
        )
    except refusals.Refused as refused:
        _log.warning("web.directory_person_refused", reason=str(refused))
        return refused_form(request, station, refused, 403)
    return _arrived(request, let)


async def _known(station: Station, person: Person, now: datetime) -> str:
    """Who this is here: their id. Raises Refused where they have no role, or can't have one."""
    role: Role | None = station.settings.oidc_role(person.groups)
    if role is None:
        raise refusals.Refused("the company's directory gives you no role here")
    return await station.store.write(
        lambda tx: users.from_directory(tx, person.subject, person.name, role, now)
    )


def _arrived(request: Request, let: Response) -> Response:
    """A page of ours that goes on by itself.

    A redirect would not do: it began on another site, and the session's cookie is Strict.
    """
    values = {"next": let.headers["location"]}
    answer = sessions.page_of_nobody(request, "alarms/arrived.html", values)
    answer.raw_headers += [pair for pair in let.raw_headers if pair[0] == b"set-cookie"]
    return answer
