"""The room's wallboard: what a room may see, on a screen that opens nothing else, read from 6 m."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.people.users import Role
from callflow.handling.records import statistics
from callflow.storage.people import users
from tests.integration.web.desks.test_desk import on_shift
from tests.integration.web.kit.test_browser import log_in, violations
from tests.support.pages.routes import all_routes
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access import cookies
from web.access.users import create_token

BOARD, SCREEN, LEAVE = "/wallboard", "/wallboard/screen", "/settings/tokens/screen"
EVIL = "<script>alert(1)</script>"


async def test_it_shows_what_a_room_may_see_and_nothing_else_of_a_client(
    station: WebStation, app: FastAPI
) -> None:
    station.site(name=EVIL)
    station.alarm(zone="3")
    station.user(NAME)
    on_shift(station, NAME)
    async with somebody(station, app, "lea", Role.READER) as lea:
        shown = (await lea.see(BOARD)).text
    assert EVIL not in shown
    assert "alert(1)" in shown
    assert "intrusion" in shown.lower()
    assert NAME in shown
    for private in ("1001", "Hall", "Saint-Georges", "Bijoux", "Goff", "06 39", "tilleul"):
        assert private not in shown, private


async def test_a_screen_is_left_by_an_administrator_and_opens_nothing_but_the_board(
    station: WebStation, app: FastAPI
) -> None:
    station.site()
    station.alarm()
    async with somebody(station, app, "odile", Role.ADMINISTRATOR) as odile:
        assert (await odile.send(LEAVE, name="")).status_code == 409
        assert await odile.is_in()
        left = await odile.send(LEAVE, name="mur nord")
        assert (left.status_code, left.headers["location"]) == (303, SCREEN)
        assert not await odile.is_in()  # nobody's session is left in the room
        shown = await odile.see(SCREEN)
        assert shown.status_code == 200
        assert "Bijouterie du Parlement" in shown.text
        assert "<a " not in shown.text
        token = str(odile.client.cookies.get(cookies.SCREEN))
        assert token not in shown.text
        own = {"/login", SCREEN}
        for route in all_routes(app):
            if route.method == "GET" and "{" not in route.path and route.path not in own:
                answer = await odile.see(route.path)
                assert "Bijouterie" not in answer.text, str(route)
        bearer = {"Authorization": f"Bearer {token}"}
        for path in ("/api/v1/incidents", "/api/v1/sites", BOARD):
            assert (await Person(app).client.get(path, headers=bearer)).status_code in (303, 403)
    (kept,) = station.store.read_now(users.tokens)
    assert (kept.name, kept.role, kept.made_by) == ("mur nord", Role.SCREEN, "odile")
    assert kept.expires_at is not None


async def test_what_is_revoked_over_or_anothers_is_a_screen_no_more(
    station: WebStation, app: FastAPI
) -> None:
    now = clock.now()

    def made(role: Role, name: str, ends: datetime | None = None) -> str:
        of: dict[str, Any] = {"by": "odile", "expires_at": ends}
        token: str = station.do(lambda tx: create_token(tx, role, name, now, **of))
        return token

    async def sees(token: str, **headers: str) -> tuple[int, str]:
        screen = Person(app)
        screen.client.cookies.set(cookies.SCREEN, token)
        answer = await screen.client.get(SCREEN, headers=headers)
        return answer.status_code, answer.headers.get("location", "")

    login = (303, f"/login?next={BOARD}")
    assert (await sees(made(Role.SCREEN, "mur")))[0] == 200
    for other in (Role.READER, Role.ADMINISTRATOR, Role.PANEL):
        assert await sees(made(other, other.value)) == login
    assert await sees("cf_nothing") == await sees("") == login
    ended = made(Role.SCREEN, "fini", now + timedelta(microseconds=1))
    assert await sees(ended) == login
    token = made(Role.SCREEN, "perdu")
    async with somebody(station, app, "odile", Role.ADMINISTRATOR) as odile:
        (row,) = [t for t in station.store.read_now(users.tokens) if t.name == "perdu"]
        assert "perdu" in (await odile.see("/settings/tokens")).text
        assert (await odile.send(f"/settings/tokens/{row.id}/revoke")).status_code == 303
    assert await sees(token) == login
    assert (await sees(token, **{"hx-request": "true"}))[0] == 204  # and the screen says so


async def test_a_screen_is_left_in_the_colours_of_its_room(
    station: WebStation, app: FastAPI
) -> None:
    for scheme, shown in (("dim", ' data-scheme="dim"'), ("", "")):
        async with somebody(station, app, f"odile {scheme}", Role.ADMINISTRATOR) as odile:
            await odile.send("/scheme", scheme="light")  # her own
            refused = await odile.send(LEAVE, name="mur", scheme='dim" onload="')
            assert refused.status_code == 422
            assert await odile.is_in()
            await odile.send(LEAVE, name=f"mur {scheme}", scheme=scheme)
            board = (await odile.see(SCREEN)).text
            assert f'<html lang="fr"{shown}>' in board


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR, Role.READER])
async def test_only_an_administrator_leaves_a_screen(
    station: WebStation, app: FastAPI, role: Role
) -> None:
    async with somebody(station, app, "eve", role) as eve:
        assert (await eve.send(LEAVE, name="mur")).status_code == 403
        assert (await eve.client.post(LEAVE, data={"name": "mur"})).status_code == 403
    assert station.store.read_now(users.tokens) == []


async def test_the_days_answers_are_counted_once_for_all_screens(
    station: WebStation, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    count = statistics.groups

    def watched(*asked: Any) -> Any:
        counted.append(asked)
        return count(*asked)

    monkeypatch.setattr(statistics, "groups", watched)
    async with somebody(station, app, "lea", Role.READER) as lea:
        for _ in range(3):
            assert (await lea.see(BOARD)).status_code == 200
    assert len(counted) == 1


#: Of each text that is seen: its size as a share of the window's height; and whether it all fits.
SIZES = """() => [...document.querySelectorAll("#board *")].filter((e) =>
  [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && !e.closest(".hidden, .old"))
  .map((e) => parseFloat(getComputedStyle(e).fontSize) / innerHeight)"""
FITS = """() => [document.querySelector("#board").getBoundingClientRect().bottom <= innerHeight,
  document.documentElement.scrollWidth <= innerWidth]"""


@pytest.fixture
def full(tmp_path: Path) -> Iterator[WebProcess]:
    """Twelve alarms of sites with long names, six people on shift."""
    station = WebStation(tmp_path)
    station.user(NAME, Role.SUPERVISOR)
    on_shift(station, NAME)
    for name in ("un", "deux", "trois", "quatre", "un-nom-qui-ne-finit-pas-de-finir"):
        station.user(name)
        on_shift(station, name)
    for number in range(12):
        account = f"20{number:02d}"
        station.site(account, name=f"Grande bijouterie du boulevard de la Liberté, n° {number}")
        station.alarm(account, code="FA" if number % 2 else "BA")
    process = WebProcess(station)
    process.start()
    yield process
    process.kill()
    station.close()


def test_it_is_read_from_six_metres_whatever_waits(page: Page, full: WebProcess) -> None:
    log_in(page, full)
    for size in ({"width": 1920, "height": 1080}, {"width": 3840, "height": 2160}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto(f"{full.url}{BOARD}")
        expect(page.locator(".alarms li")).to_have_count(5)
        shares = page.evaluate(SIZES)
        assert len(shares) > 20
        assert min(shares) >= 0.0568
        assert page.evaluate(FITS) == [True, True]
    page.evaluate("document.documentElement.dataset.scheme = 'dim'")
    assert violations(page) == []
