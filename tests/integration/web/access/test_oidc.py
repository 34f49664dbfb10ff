"""Log-in by the company's directory, against a real provider on loopback, honest and hostile."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.people.users import User
from callflow.handling.station import users as acts
from callflow.settings.config import Settings
from callflow.storage.people import access, users
from tests.integration.web.kit.test_browser import watched
from tests.support.pages.oidc_provider import CLIENT, SECRET, Claims, Provider
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import PASSWORD, WebProcess, WebStation
from web.access.users import Role, digest, hash_password
from web.app import create_app

ROLES = {"operators": "operator", "chiefs": "supervisor", "boss": "administrator"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


def settings_of(provider: Provider) -> dict[str, Any]:
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_roles": ROLES,
    }


@pytest.fixture
def make(station: WebStation, provider: Provider) -> Callable[..., FastAPI]:
    def made(**more: object) -> FastAPI:
        base = station.settings.model_dump() | settings_of(provider) | more
        return create_app(Settings(**base), station.store, station.vault)

    return made


@pytest.fixture
def app(make: Callable[..., FastAPI]) -> FastAPI:
    return make()


async def begin(person: Person, back: str = "/") -> str:
    """To the directory; the address that it sends the browser back to, of our host."""
    away = await person.client.get("/login/directory", params={"next": back})
    assert away.status_code == 303
    assert "samesite=lax" in away.headers["set-cookie"].lower()
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(away.headers["location"])
    return str(answer.headers["location"]).removeprefix("http://localhost")


async def come(person: Person, back: str = "/") -> httpx.Response:
    return await person.see(await begin(person, back))


def row(station: WebStation, name: str = "claire.martin") -> User | None:
    return station.store.read_now(lambda tx: users.user_by_name(tx, name))


async def test_who_comes_by_the_directory_is_let_in(
    station: WebStation, app: FastAPI, provider: Provider
) -> None:
    claire = Person(app)
    assert "annuaire de l'entreprise" in html.unescape((await claire.see("/login")).text)
    arrived = await come(claire, "/lines")
    assert arrived.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/lines">' in arrived.text
    page = await claire.see("/account")
    assert "claire.martin" in page.text
    assert "annuaire de l'entreprise" in html.unescape(page.text)
    kept = row(station)
    assert kept is not None
    assert (kept.role, kept.subject, kept.password) == ("operator", "u-17", "")
    again = Person(app)
    await come(again)
    assert await again.is_in()
    assert station.store.read_now(lambda tx: len(users.users(tx))) == 1


async def test_the_directory_gives_the_role_and_takes_it(
    station: WebStation, app: FastAPI, provider: Provider
) -> None:
    before = Person(app)
    await come(before)
    provider.person["groups"] = ["operators", "chiefs"]
    after = Person(app)
    await come(after)
    kept = row(station)
    assert kept is not None
    assert kept.role == "supervisor"  # the one with most rights
    assert not await before.is_in()
    assert await after.is_in()
    provider.person["groups"] = ["gone"]
    refused = await come(Person(app))
    assert refused.status_code == 403
    assert "ne vous donne aucun rôle" in refused.text


@pytest.mark.parametrize("groups", [[], ["strangers"], "visitors", None, [1, {"a": 2}], {"x": 1}])
async def test_an_unknown_role_is_let_in_nowhere(
    station: WebStation, app: FastAPI, provider: Provider, groups: object
) -> None:
    provider.person["groups"] = groups
    person = Person(app)
    answer = await come(person)
    assert answer.status_code in (401, 403)
    assert not await person.is_in()
    assert row(station) is None


def _without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


LIES: dict[str, Callable[[Claims], Claims]] = {
    "wrong nonce": lambda claims: {**claims, "nonce": "another"},
    "no nonce": _without("nonce"),
    "wrong issuer": lambda claims: {**claims, "iss": "https://evil.example"},
    "no issuer": _without("iss"),
    "for another": lambda claims: {**claims, "aud": "another"},
    "for many, given to another": lambda claims: {
        **claims,
        "aud": [CLIENT, "another"],
        "azp": "another",
    },
    "for many, given to nobody": lambda claims: {**claims, "aud": [CLIENT, "another"]},
    "expired": lambda claims: {**claims, "exp": claims["iat"] - 120},
    "never expires": _without("exp"),
    "from the future": lambda claims: {**claims, "iat": claims["iat"] + 3600},
    "old": lambda claims: {**claims, "iat": claims["iat"] - 3600},
    "no subject": _without("sub"),
    "odd subject": lambda claims: {**claims, "sub": ["u-17"]},
    "endless subject": lambda claims: {**claims, "sub": "x" * 300},
    "odd times": lambda claims: {**claims, "iat": "now"},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_lets_nobody_in(
    station: WebStation, app: FastAPI, provider: Provider, lie: str
) -> None:
    provider.lie = LIES[lie]
    person = Person(app)
    answer = await come(person)
    assert answer.status_code == 401
    assert "ne vous a pas laissé entrer" in answer.text
    assert not await person.is_in()
    assert row(station) is None
    provider.lie = lambda claims: claims  # and it was the lie
    assert (await come(person)).status_code == 200


async def test_another_signature_lets_nobody_in(app: FastAPI, provider: Provider) -> None:
    provider.signed_by = provider.other_key
    assert (await come(Person(app))).status_code == 401
    await come(Person(app))
    provider.signed_by = None
    assert (await come(Person(app))).status_code == 200
    provider.signed_by = provider.other_key  # its keys are known by now
    assert (await come(Person(app))).status_code == 401


def _part(of: bytes) -> str:
    return base64.urlsafe_b64encode(of).decode().rstrip("=")


def _forged(provider: Provider, token: str, header: dict[str, Any], secret: bytes | None) -> str:
    """The same claims under another header; signed with a secret that others have, or not."""
    signed = f"{_part(json.dumps(header).encode())}.{token.split('.')[1]}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{_part(mac)}"


async def test_an_algorithm_or_a_key_that_the_token_names_lets_nobody_in(
    app: FastAPI, provider: Provider
) -> None:
    public = provider.key.as_pem(private=False)
    stranger = provider.other_key
    own = {"alg": "RS256", "jwk": stranger.as_dict(private=False), "jku": "https://evil.example"}
    ways: list[Callable[[str], str]] = [
        lambda token: _forged(provider, token, {"alg": "none"}, None),
        lambda token: _forged(provider, token, {"alg": "HS256"}, SECRET.encode()),
        lambda token: _forged(provider, token, {"alg": "HS256", "kid": provider.key.kid}, public),
        lambda token: jwt.encode(own, jwt.decode(token, provider.key).claims, stranger),
        lambda token: token.rpartition(".")[0] + ".",
    ]
    for way in ways:
        provider.altered = way
        assert (await come(Person(app))).status_code == 401
    provider.altered = str
    assert (await come(Person(app))).status_code == 200


async def test_who_comes_again_has_one_session(
    station: WebStation, app: FastAPI, provider: Provider
) -> None:
    claire = Person(app)
    await come(claire)
    first = claire.token
    await come(claire)
    assert claire.token != first
    assert station.store.read_now(lambda tx: access.session_of(tx, digest(first))) is None


async def test_changed_keys_are_fetched(app: FastAPI, provider: Provider) -> None:
    assert (await come(Person(app))).status_code == 200
    provider.key = provider.other_key
    assert (await come(Person(app))).status_code == 200


async def test_a_state_is_used_once_by_the_browser_that_began(
    app: FastAPI, provider: Provider
) -> None:
    person, other = Person(app), Person(app)
    back = await begin(person)
    stolen = await other.see(back)  # another browser: no cookie
    assert stolen.status_code == 401
    assert not await other.is_in()
    assert (await person.see(back)).status_code == 200
    cookie_again = Person(app)
    for cookie in person.client.cookies.jar:
        cookie_again.client.cookies.jar.set_cookie(cookie)
    assert (await cookie_again.see(back)).status_code == 401  # replayed


async def test_another_state_is_refused(app: FastAPI, provider: Provider) -> None:
    person = Person(app)
    back = await begin(person)
    forged = re.sub(r"state=[^&]+", "state=forged", back)
    assert (await person.see(forged)).status_code == 401
    assert (await person.see(back)).status_code == 401  # what was asked is used up
    assert not await person.is_in()


async def test_a_code_of_another_log_in_is_refused(app: FastAPI, provider: Provider) -> None:
    """A stolen code, put into one's own log-in: PKCE."""
    victim, thief = Person(app), Person(app)
    code = re.search(r"code=([^&]+)", await begin(victim))
    assert code
    back = re.sub(r"code=[^&]+", f"code={code[1]}", await begin(thief))
    assert (await thief.see(back)).status_code == 401
    assert not await thief.is_in()


async def test_an_issuer_that_calls_itself_otherwise_is_not_believed(
    app: FastAPI, provider: Provider
) -> None:
    called, provider.issuer = provider.issuer, f"{provider.issuer}.evil.example"
    assert (await Person(app).see("/login/directory")).status_code == 503
    provider.issuer = called
    assert (await Person(app).see("/login/directory")).status_code == 303


async def test_an_answer_that_names_another_issuer_is_refused(
    app: FastAPI, provider: Provider
) -> None:
    provider.extra_back = {"iss": "https://evil.example"}
    assert (await come(Person(app))).status_code == 401


async def test_a_refusal_there_is_said(app: FastAPI, provider: Provider) -> None:
    person = Person(app)
    back = await begin(person)
    state = re.search(r"state=[^&]+", back)
    assert state
    answer = await person.see(f"/login/directory/back?error=access_denied&{state[0]}")
    assert answer.status_code == 401


async def test_groups_may_come_with_userinfo_of_the_same_person(
    station: WebStation, app: FastAPI, provider: Provider
) -> None:
    groups = provider.person.pop("groups")
    provider.userinfo = {"sub": "somebody else", "groups": groups}
    assert (await come(Person(app))).status_code == 401
    provider.userinfo = {"sub": "u-17", "groups": groups}
    assert (await come(Person(app))).status_code == 200


async def test_nobody_becomes_another_by_being_called_so(
    station: WebStation, app: FastAPI, provider: Provider
) -> None:
    station.user("claire.martin", Role.ADMINISTRATOR)
    person = Person(app)
    answer = await come(person)
    assert answer.status_code == 403
    assert "u-17" in answer.text
    kept = row(station)
    assert kept is not None
    assert (kept.role, kept.subject) == ("administrator", None)
    station.do(lambda tx: users.update_user(tx, kept.id, subject="u-17"))
    provider.person["groups"] = ["boss"]
    await come(person)
    assert await person.is_in()


async def test_the_directory_takes_the_last_administrator_from_nobody(
    station: WebStation, app: FastAPI, provider: Provider
) -> None:
    provider.person["groups"] = ["boss"]
    await come(Person(app))
    provider.person["groups"] = ["operators"]
    answer = await come(Person(app))
    assert answer.status_code == 403
    assert "dernier administrateur" in answer.text


async def test_a_disabled_person_is_refused(
    station: WebStation, app: FastAPI, provider: Provider
) -> None:
    await come(Person(app))
    kept = row(station)
    assert kept is not None
    station.do(lambda tx: users.update_user(tx, kept.id, disabled_at=kept.created_at))
    answer = await come(Person(app))
    assert answer.status_code == 403


async def test_passwords_may_be_for_those_only_who_come_otherwise(
    station: WebStation, make: Callable[..., FastAPI], provider: Provider
) -> None:
    station.user("claire.martin")
    station.user("yves")
    kept = row(station)
    assert kept is not None
    station.do(lambda tx: users.update_user(tx, kept.id, subject="u-17"))
    claire, yves = Person(make(), "claire.martin"), Person(make(), "yves")
    assert (await claire.log_in()).status_code == 303
    only = make(oidc_passwords="directory")
    claire, yves = Person(only, "claire.martin"), Person(only, "yves")
    assert (await claire.log_in()).status_code == 401
    assert (await yves.log_in(PASSWORD)).status_code == 303


OWN = "les volets sont verts"


async def change(person: Person, password: str, current: str = "") -> int:
    fields = {"current": current, "password": password, "again": password}
    return (await person.send("/account/password", **fields)).status_code


async def test_who_comes_by_the_directory_gives_themselves_no_password(
    station: WebStation, app: FastAPI, provider: Provider
) -> None:
    """It would let them in when the directory no longer does."""
    claire = Person(app)
    await come(claire)
    assert "un administrateur vous donne un mot de passe" in (await claire.see("/account")).text
    assert await change(claire, OWN) == 403
    assert (await claire.send("/account/totp", password="")).status_code == 409
    kept = row(station)
    assert kept is not None
    assert kept.password == ""
    given = hash_password(PASSWORD)
    station.do(lambda tx: acts.set_password(tx, kept.id, given, "zoé", clock.now()))
    again = Person(app)
    await come(again)
    assert await change(again, OWN, PASSWORD) == 303  # what an administrator gave is theirs


async def test_where_passwords_only_sign_everybody_chooses_one(
    make: Callable[..., FastAPI], provider: Provider
) -> None:
    only = make(oidc_passwords="directory")
    claire = Person(only)
    await come(claire)
    assert await change(claire, OWN) == 303
    assert (await Person(only, "claire.martin").log_in(OWN)).status_code == 401


async def test_a_directory_that_is_away_is_said(app: FastAPI, provider: Provider) -> None:
    provider.close()
    answer = await Person(app).see("/login/directory")
    assert answer.status_code == 503
    assert "ne répond pas" in answer.text


async def test_without_a_directory_there_is_no_way_by_it(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    plain = create_app(station.settings, station.store, station.vault)
    person = Person(plain)
    assert (await person.see("/login/directory")).status_code == 404
    assert (await person.see("/login/directory/back")).status_code == 404


def test_a_browser_comes_and_goes_on(page: Page, station: WebStation, provider: Provider) -> None:
    """Another site sends it back: the session's cookie, which is Strict, counts all the same."""
    said = watched(page)
    environment = {
        "CALLFLOW_OIDC_ISSUER": provider.issuer,
        "CALLFLOW_OIDC_CLIENT_ID": CLIENT,
        "CALLFLOW_OIDC_CLIENT_SECRET": SECRET,
        "CALLFLOW_OIDC_ROLES": '{"operators": "operator"}',
    }
    web = WebProcess(station, environment)
    web.start()
    try:
        page.goto(f"{web.url.replace('127.0.0.1', 'localhost')}/login?next=/account")
        page.get_by_role("link", name="Se connecter par l'annuaire").click()
        expect(page.get_by_role("heading", name="claire.martin")).to_be_visible()
        assert "/account" in page.url
        assert said == []
    finally:
        web.kill()
