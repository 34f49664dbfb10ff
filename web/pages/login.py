"""Logging in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from web import auth
from web.rendering import page
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)

Here = Annotated[Station, Depends(station_of)]
#: One name from one place, and one place whatever the name.
_NAME = (5, timedelta(minutes=1))
_PLACE = (30, timedelta(minutes=5))


def limits() -> tuple[auth.Guesses, auth.Guesses]:
    """What an application counts failed log-ins with."""
    return auth.Guesses(*_NAME), auth.Guesses(*_PLACE)


@router.get("/login")
async def show(request: Request, next: str = "/") -> Response:
    """The form."""
    return _form(request, back=next)


@router.post("/login")
async def log_in(
    request: Request,
    station: Here,
    name: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    next: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """A new session, or the form again with what is wrong."""
    auth.check_origin(request)
    now = station.clock()
    place = request.client.host if request.client else "?"
    by_name, by_place = request.app.state.guesses
    keys = ((by_name, f"{place}|{name}"), (by_place, place))
    waits = [wait for counter, key in keys if (wait := counter.wait(key, now)) is not None]
    if waits:
        return _form(request, back=next, name=name, wait=max(waits), status=429)
    token = await auth.log_in(station, name, password, now)
    if token is None:
        for counter, key in keys:
            counter.failed(key, now)
        return _form(request, back=next, name=name, wrong=True, status=401)
    answer = RedirectResponse(_inside(next), 303)
    auth.set_cookie(answer, station, token)
    return answer


@router.post("/logout")
async def log_out(request: Request, station: Here) -> Response:
    """Ends the session; forging this would only log somebody out, and the cookie is Strict."""
    auth.check_origin(request)
    await auth.log_out(station, request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(auth.COOKIE)
    return answer


def _inside(back: str) -> str:
    """A page of ours: never another site's."""
    inside = back.startswith("/") and not back.startswith(("//", "/\\"))
    return back if inside and back.isprintable() else "/"


def _form(
    request: Request,
    *,
    back: str,
    name: str = "",
    wrong: bool = False,
    wait: timedelta | None = None,
    status: int = 200,
) -> Response:
    seconds = None if wait is None else max(1, round(wait.total_seconds()))
    values = {"back": _inside(back), "name": name, "wrong": wrong, "seconds": seconds}
    answer = page(auth.language_of(request), "login.html", {**values, "visitor": None}, status)
    if seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer
