"""Who may do what: every route × every role, from what the routes themselves declare."""

from __future__ import annotations

import html

import httpx
import pytest
from fastapi import FastAPI

from tests.support.pages.routes import PUBLIC, Route, all_routes, routes
from tests.support.pages.visitors import headers_of
from tests.support.stations.web_station import WebStation
from web.access.cookies import SESSION
from web.access.users import PEOPLE, RIGHTS, Right, Role
from web.kit import i18n

#: Routes that change something and ask for no more than to read, and why that is right.
HARMLESS = {
    ("POST", f"/api/v1/plans/{{plan_id}}/{which}"): "computes, and keeps nothing"
    for which in (
        "draft/validate",
        "draft/simulate",
        "draft/backtest",
        "versions/{version}/simulate",
        "versions/{version}/backtest",
    )
}


@pytest.fixture(autouse=True)
def closing(app: FastAPI) -> None:
    """Streams end at once: a test reads whole answers."""
    app.state.closing.set()


async def ask(client: httpx.AsyncClient, route: Route, **more: object) -> httpx.Response:
    body: dict[str, object] = {}
    if route.by_token and route.method != "GET":
        body["json"] = {}
    return await client.request(route.method, route.address, **body, **more)  # type: ignore[arg-type]


#: What whoever has not the right is told; other reasons for a 403 come after that (a signature).
NO_RIGHT = (
    "your role does not allow this",
    i18n.catalogue("fr").gettext("your role does not allow this"),
    "this token's role has not the right",
)


def let_in(answer: httpx.Response) -> bool:
    """Whether it was asked who comes and what they may, and both was well.

    What is then wrong with the question itself (there is no such thing, a form is empty) counts as
    let in; an error of ours doesn't.
    """
    assert answer.status_code < 500, answer.text
    if answer.status_code == 303 and answer.headers["location"].startswith("/login"):
        return False
    if answer.status_code == 403:
        return not any(said in html.unescape(answer.text) for said in NO_RIGHT)
    return answer.status_code != 401


def test_every_route_says_whom_it_lets_in(app: FastAPI) -> None:
    undeclared = [str(route) for route in routes(app) if route.declared is None]
    assert undeclared == []
    known = {(route.method, route.path) for route in all_routes(app)}
    assert set(PUBLIC) <= known  # none is kept for a route that is gone


def test_reading_is_not_enough_to_change_anything(app: FastAPI) -> None:
    """A route that changes something asks for more than to read, or is about one's own."""
    wrong = [
        str(route)
        for route in routes(app)
        if route.method != "GET" and route.right is Right.READ
        if (route.method, route.path) not in HARMLESS
    ]
    assert wrong == []


async def test_nobody_is_let_in_nowhere(app: FastAPI, stranger: httpx.AsyncClient) -> None:
    wrong = [str(route) for route in routes(app) if let_in(await ask(stranger, route))]
    assert wrong == []


def asked(app: FastAPI, by_token: bool, every: bool) -> list[Route]:
    """Every route; or those alone that this kind of visitor may be let in by. The others look at no
    role: one is refused there as all are."""
    return [route for route in routes(app) if every or route.by_token is by_token]


@pytest.mark.parametrize("role", PEOPLE)
async def test_people_are_let_in_where_their_role_says(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient, role: Role, deep_run: bool
) -> None:
    headers = await headers_of(station, app, role.value, role)
    wrong = []
    for route in asked(app, by_token=False, every=deep_run or role is Role.ADMINISTRATOR):
        may = not route.by_token and (route.right is None or route.right in RIGHTS[role])
        answer = await ask(stranger, route, headers=headers)
        if let_in(answer) != may:
            wrong.append(f"{route}: {answer.status_code}, {answer.text[:200]}")
    assert wrong == []


@pytest.mark.parametrize("role", Role)
async def test_programs_are_let_in_where_their_role_says(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient, role: Role, deep_run: bool
) -> None:
    bearer = {"Authorization": f"Bearer {station.token(role)}"}
    wrong = []
    for route in asked(app, by_token=True, every=deep_run or role is Role.ADMINISTRATOR):
        may = route.by_token and route.right in RIGHTS[role]
        answer = await ask(stranger, route, headers=bearer)
        if let_in(answer) != may:
            wrong.append(f"{route}: {answer.status_code}, {answer.text[:200]}")
    assert wrong == []


async def test_a_token_that_is_none_is_let_in_nowhere(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    headers = {"Authorization": "Bearer cf_nothing", "Cookie": f"{SESSION}=nothing"}
    wrong = [str(r) for r in routes(app) if let_in(await ask(stranger, r, headers=headers))]
    assert wrong == []
