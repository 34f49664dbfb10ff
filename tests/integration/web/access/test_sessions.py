"""How somebody is known from one request to the next: cookies, sessions, first passwords."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http.cookies import SimpleCookie

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from callflow import clock
from callflow.settings.config import Settings
from callflow.storage.people import access, users
from tests.support.outside.still_rates import StillRates
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import PASSWORD, WebStation
from web import app as app_module
from web.access import cookies
from web.access.factors import new_secret
from web.access.users import Role, digest
from web.app import create_app

OWN, OTHERS = "une nuit sans lune", "donné par quelqu'un"
Make = Callable[..., FastAPI]


@pytest.fixture
def make(station: WebStation) -> Make:
    """The application with other settings, its clock so far ahead."""

    def made(ahead: timedelta = timedelta(), **settings: object) -> FastAPI:
        def now() -> datetime:
            return clock.now() + ahead

        base = station.settings.model_dump() | settings
        return create_app(Settings(**base), station.store, station.vault, now=now)

    return made


def cookies_of(*answers: httpx.Response) -> SimpleCookie:
    """What the answers have a browser keep."""
    found = SimpleCookie()
    for answer in answers:
        for line in answer.headers.get_list("set-cookie"):
            found.load(line)
    return found


async def every_cookie(station: WebStation, app: FastAPI) -> SimpleCookie:
    """Those of a log-in, of its end, and of what a browser chooses."""
    station.user("zoé")
    person = Person(app, "zoé")
    person.client.base_url = httpx.URL("https://localhost")  # the jar keeps what is Secure
    logged_in = await person.log_in()
    english = await person.see("/account?lang=en")
    dark = await person.send("/scheme", scheme="dark")
    assert (logged_in.status_code, dark.status_code) == (303, 303)
    return cookies_of(logged_in, english, dark)


async def test_over_tls_a_cookie_is_this_hosts_alone(station: WebStation, make: Make) -> None:
    found = await every_cookie(station, make(public_url="https://alarms.example"))
    assert len(found) == 4
    for name, cookie in found.items():
        assert name.startswith("__Host-")
        assert cookie["secure"], name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name


def test_pages_are_in_clear_on_this_machine_itself_only(station: WebStation) -> None:
    base = station.settings.model_dump()
    for bind in ("10.0.0.7", "0.0.0.0", "::"):
        assert cookies.over_tls(Settings(**base | {"bind": bind}))
    assert not cookies.over_tls(station.settings)


async def test_a_cookie_is_no_scripts_and_comes_from_our_own_pages_only(
    station: WebStation, make: Make
) -> None:
    found = await every_cookie(station, make())
    assert len(found) == 4
    for name, cookie in found.items():
        assert cookie["httponly"], name
        assert cookie["samesite"].lower() == "strict", name


async def test_who_logs_in_again_has_one_session(station: WebStation, app: FastAPI) -> None:
    station.user("zoé")
    person = Person(app, "zoé")
    await person.log_in()
    first = person.token
    await person.log_in()
    assert person.token != first
    assert len(person.token) >= 43  # 256 random bits, base64
    assert station.store.read_now(lambda tx: access.session_of(tx, digest(first))) is None
    assert await person.is_in()


async def test_a_cookie_that_somebody_else_made_up_opens_nothing(
    station: WebStation, app: FastAPI
) -> None:
    """Nor is it the session's after a log-in: the token is always ours."""
    station.user("zoé")
    person = Person(app, "zoé")
    person.client.cookies.set("callflow_session", "known-to-another")
    assert not await person.is_in()
    answer = await person.log_in()
    assert cookies_of(answer)["callflow_session"].value != "known-to-another"


async def test_a_token_in_an_address_is_none(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    token = station.token()
    for name in ("access_token", "token", "api_key", "Authorization"):
        answer = await stranger.get(f"/api/v1/sites?{name}={token}")
        assert answer.status_code == 401


async def test_logging_out_leaves_nothing_in_the_browser(station: WebStation, app: FastAPI) -> None:
    station.user("zoé")
    person = Person(app, "zoé")
    await person.log_in()
    assert (await person.see("/")).headers["cache-control"] == "no-store"
    answer = await person.send("/logout")
    kept = cookies_of(answer)["callflow_session"]
    assert (kept.value, kept["max-age"]) == ("", "0")


async def test_a_new_station_lets_nobody_in(station: WebStation) -> None:
    """No account comes with it, whatever its password."""
    assert station.store.read_now(users.users) == []


async def added(station: WebStation, app: FastAPI) -> Person:
    """An administrator adds somebody, with a password."""
    station.user("ana", Role.ADMINISTRATOR)
    ana = Person(app, "ana")
    await ana.log_in()
    answer = await ana.send("/people", name="yves", role="operator", password=OTHERS)
    assert answer.status_code == 303
    return ana


async def test_a_password_that_somebody_else_chose_is_replaced_first(
    station: WebStation, app: FastAPI
) -> None:
    ana = await added(station, app)
    yves = Person(app, "yves")
    await yves.log_in(OTHERS)
    for page in ("/", "/sites", "/logbook"):
        assert (await yves.see(page)).headers["location"] == "/account"
    same = {"current": OTHERS, "password": OTHERS, "again": OTHERS}
    assert (await yves.send("/account/password", **same)).status_code == 422
    assert (await yves.see("/")).status_code == 303
    own = {"current": OTHERS, "password": OWN, "again": OWN}
    assert (await yves.send("/account/password", **own)).status_code == 303
    assert (await yves.see("/")).status_code == 200
    row = station.store.read_now(lambda tx: users.user_by_name(tx, "yves"))
    assert row is not None
    await ana.fill("/people", f"/people/{row.id}/password", password=OTHERS)
    await yves.log_in(OTHERS)
    assert (await yves.see("/")).headers["location"] == "/account"


async def test_a_password_that_somebody_else_chose_is_over_after_three_days(
    station: WebStation, make: Make
) -> None:
    await added(station, make())
    late = Person(make(timedelta(days=3, minutes=1)), "yves")
    assert (await late.log_in(OTHERS)).status_code == 401
    in_time = Person(make(timedelta(days=2, hours=23)), "yves")
    assert (await in_time.log_in(OTHERS)).status_code == 303


async def test_a_password_of_ones_own_has_no_end(station: WebStation, make: Make) -> None:
    station.user("zoé")
    years_later = Person(make(timedelta(days=2000)), "zoé")
    assert (await years_later.log_in()).status_code == 303
    assert (await years_later.see("/")).status_code == 200


async def test_a_reset_password_still_needs_the_factor(station: WebStation, app: FastAPI) -> None:
    ana = await added(station, app)
    row = station.store.read_now(lambda tx: users.user_by_name(tx, "yves"))
    assert row is not None
    secret = station.vault.lock(new_secret())
    station.do(lambda tx: users.update_user(tx, row.id, totp=secret))
    await ana.fill("/people", f"/people/{row.id}/password", password=OTHERS)
    yves = Person(app, "yves")
    assert (await yves.log_in(OTHERS)).headers["location"] == "/login/factor"
    assert not await yves.is_in()


async def test_what_was_refused_is_logged_with_nothing_that_was_sent(
    station: WebStation, app: FastAPI
) -> None:
    station.user("zoé", Role.READER)
    person = Person(app, "zoé")
    with capture_logs() as lines:
        await person.log_in("un secret mal tapé")
        await Person(app, "un secret tapé trop tôt").log_in("x")
        await person.log_in()
        await person.send("/people", name="<script>")
        await person.client.get(
            "/api/v1/sites/abc", headers={"Authorization": "Bearer cf_un-secret"}
        )
    failed = [line for line in lines if line["event"] == "web.login_failed"]
    assert [(line["who"], line["way"], line["place"]) for line in failed] == [
        ("zoé", "password", "192.0.2.7"),
        ("?", "password", "192.0.2.7"),
    ]
    refused = [line for line in lines if line["event"] == "web.refused"]
    assert [(line["status"], line["method"], line["route"], line["who"]) for line in refused] == [
        (403, "POST", "/people", "zoé"),
        (401, "GET", "/api/v1/sites/{site_id}", None),
    ]
    said = str(lines)
    assert "secret" not in said
    assert "script" not in said
    assert PASSWORD not in said


async def test_a_flood_of_refusals_fills_no_log(app: FastAPI, stranger: httpx.AsyncClient) -> None:
    app.state.refused = StillRates(app_module._LINES_A_SECOND, app_module._LINES_AT_ONCE)
    with capture_logs() as lines:
        for _ in range(260):
            await stranger.get("/api/v1/health")
    assert len([line for line in lines if line["event"] == "web.refused"]) == 200


async def test_who_guesses_is_not_another_by_saying_so(station: WebStation, app: FastAPI) -> None:
    """No header moves a guesser to another place."""
    station.user("zoé")
    person, seen = Person(app, "zoé"), []
    for number in range(6):
        other = f"198.51.100.{number}"
        said = {"X-Forwarded-For": other, "X-Real-IP": other, "Forwarded": f"for={other}"}
        person.client.headers.update(said)
        seen.append((await person.log_in("non")).status_code)
    assert seen == [401] * 5 + [429]
