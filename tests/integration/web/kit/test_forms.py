"""Every form takes what our own pages send in this session, and nothing else; every answer carries
the policy that keeps a page from running what is not ours."""

from __future__ import annotations

import html

import httpx
import pytest
from fastapi import FastAPI

from tests.support.pages.routes import Route, all_routes, routes
from tests.support.pages.visitors import headers_of
from tests.support.stations.web_station import WebStation
from web.access.security import POLICY, policy
from web.access.users import Role
from web.kit import i18n

_FRENCH = i18n.catalogue("fr").gettext
#: How a form is refused, by what is wrong with it.
TOO_OLD, FOREIGN = (
    _FRENCH("this form is too old: reload the page"),
    _FRENCH("this form comes from another site"),
)
#: How browsers mark what another site's page sends.
FOREIGNERS = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://station.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.fixture(autouse=True)
def closing(app: FastAPI) -> None:
    """Streams end at once: a test reads whole answers."""
    app.state.closing.set()


def forms(app: FastAPI) -> list[Route]:
    """Every route of a page that changes something."""
    found = [route for route in routes(app) if not route.by_token and route.method != "GET"]
    assert len(found) > 15
    return found


def refused(answer: httpx.Response, why: str) -> bool:
    return answer.status_code == 403 and why in html.unescape(answer.text)


async def test_a_form_without_this_sessions_token_is_refused(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient, deep_run: bool
) -> None:
    """In a fast run each form gets another session's and, by turns, none or a wrong one."""
    mine = await headers_of(station, app, "ana", Role.ADMINISTRATOR)
    other = await headers_of(station, app, "zoé", Role.ADMINISTRATOR)
    tokens = (other["X-CSRF-Token"], "", "x" * 43)
    wrong = []
    for place, route in enumerate(forms(app)):
        for token in tokens if deep_run else (tokens[0], tokens[1 + place % 2]):
            for sent in ({"X-CSRF-Token": token}, {}):
                headers = {"Cookie": mine["Cookie"], **sent}
                answer = await stranger.request(
                    route.method, route.address, data={"csrf": token}, headers=headers
                )
                if not refused(answer, TOO_OLD):
                    wrong.append(f"{route} with {token[:5]!r}: {answer.status_code}")
    assert wrong == []


async def test_a_form_of_another_sites_page_is_refused(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient, deep_run: bool
) -> None:
    """With the right token, even. In a fast run each form is sent by one of them, by turns."""
    mine = await headers_of(station, app, "ana", Role.ADMINISTRATOR)
    public = [r for r in all_routes(app) if r.method == "POST" and r.declared is None]
    wrong = []
    for place, route in enumerate((*forms(app), *public)):
        body: dict[str, object] = {"json": {}} if route.path.endswith("passkey") else {}
        for foreign in FOREIGNERS if deep_run else FOREIGNERS[place % 5 :][:1]:
            answer = await stranger.request(
                route.method,
                route.address,
                headers={**mine, **foreign},
                **body,  # type: ignore[arg-type]
            )
            if not refused(answer, FOREIGN):
                wrong.append(f"{route} with {foreign}: {answer.status_code}")
    assert wrong == []


async def test_a_form_is_never_sent_by_a_link(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    mine = await headers_of(station, app, "ana", Role.ADMINISTRATOR)
    shown = {route.path for route in all_routes(app) if route.method == "GET"}
    for route in forms(app):
        if route.path not in shown:
            answer = await stranger.get(route.address, headers=mine)
            if answer.status_code == 303:  # to the page that has the form
                assert route.address.startswith(answer.headers["location"]), str(route)
            else:
                assert answer.status_code in (404, 405), str(route)


async def test_every_answer_carries_the_policy(
    station: WebStation, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    mine = await headers_of(station, app, "ana", Role.ADMINISTRATOR)
    # Every page of who handles alarms has a telephone, and Asterisk is another origin.
    asterisk = f"ws://station:{station.settings.ports.asterisk_http}"
    wrong = []
    for route in (*all_routes(app), Route("GET", "/static/callflow.css", None)):
        for headers, pages in (({}, [POLICY]), (mine, [policy(asterisk), POLICY])):
            answer = await stranger.request(route.method, route.address, headers=headers)
            carried = answer.headers.get_list("content-security-policy")
            html = answer.headers.get("content-type", "").startswith("text/html")
            right = pages if html else [POLICY]
            if (
                len(carried) != 1
                or carried[0] not in right
                or answer.headers["x-content-type-options"] != "nosniff"
            ):
                wrong.append(f"{route}: {carried}")
    assert wrong == []
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
