"""Passkeys, sessions and the pages of people in Chromium, against a web process of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from callflow import clock
from callflow.handling.station import users as acts
from callflow.storage.people import access, users
from tests.integration.web.kit.test_browser import violations, watched
from tests.support.pages.looking import LOOKS
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, str]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """The station, and where its pages are: by name, since no passkey belongs to an address."""
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.user("ana", Role.ADMINISTRATOR)
    process = WebProcess(station)
    process.start()
    yield station, process.url.replace("127.0.0.1", "localhost")
    process.kill()
    station.close()


def give_password(page: Page, url: str, name: str = NAME) -> None:
    page.goto(f"{url}/login?next=/account")
    page.get_by_label("Nom").fill(name)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url(re.compile("/account|/login/factor"), timeout=20_000)


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """A device with a passkey's hardware, touched at once whenever it is asked."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def add_passkey(page: Page) -> None:
    page.get_by_label("Nom de l'appareil").fill("clé du bureau")
    form = page.locator("[data-passkey=add]")
    form.get_by_label("Votre mot de passe").fill(PASSWORD)
    form.get_by_role("button", name="Ajouter une clé d'accès").click()


def leave(page: Page) -> None:
    """By the menu of one's own."""
    page.locator("#my-menu summary").click()
    page.get_by_role("button", name="Quitter").click()


def test_a_passkey_is_added_and_lets_in(page: Page, web: Web) -> None:
    station, url = web
    said = watched(page)
    give_password(page, url)
    session, device = authenticator(page)
    add_passkey(page)
    expect(page.locator(".keys")).to_contain_text("clé du bureau")
    expect(page.locator(".people")).to_contain_text("Vous n'avez pas de code de secours")
    leave(page)
    give_password(page, url)
    expect(page.get_by_role("heading", name="Second facteur")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Utiliser une clé d'accès").press("Enter")
    expect(page.locator(".keys")).to_contain_text("utilisée le")
    expect(page.locator("table")).to_contain_text("mot de passe et clé d'accès")
    credentials = session.send("WebAuthn.getCredentials", {"authenticatorId": device})
    key = credentials["credentials"][0]
    kept = station.store.read_now(lambda tx: access.passkeys(tx, _id(station, NAME)))
    assert [row.sign_count for row in kept] == [key["signCount"]]
    assert said == []


def test_nothing_is_sent_before_the_script_that_asks_the_device_is_there(
    page: Page, web: Web
) -> None:
    page.route("**/passkey.js*", lambda route: route.abort())
    give_password(page, web[1])
    form = page.locator("[data-passkey=add]")
    expect(form.get_by_role("button", name="Ajouter une clé d'accès")).to_be_disabled()
    page.unroute("**/passkey.js*")
    page.reload()
    expect(form.get_by_role("button", name="Ajouter une clé d'accès")).to_be_enabled()


@pytest.mark.deep
def test_a_cloned_device_is_found_by_its_counter(page: Page, web: Web) -> None:
    station, url = web
    give_password(page, url)
    authenticator(page)
    add_passkey(page)
    expect(page.locator(".keys")).to_contain_text("clé du bureau")
    leave(page)
    key = station.store.read_now(lambda tx: access.passkeys(tx, _id(station, NAME)))[0]
    # Its clone was used meanwhile: what this one sends is behind.
    ahead = key.sign_count + 100
    assert station.do(
        lambda tx: access.passkey_used(tx, key.id, key.sign_count, ahead, clock.now())
    )
    give_password(page, url)
    page.get_by_role("button", name="Utiliser une clé d'accès").click()
    alert = page.get_by_role("alert").filter(has_text="n'a pas prouvé qui vous êtes")
    expect(alert).to_be_visible()


@pytest.mark.deep
def test_an_authenticator_is_added_by_its_picture_and_asked_for(page: Page, web: Web) -> None:
    said = watched(page)
    give_password(page, web[1])
    form = page.locator("form[action='/account/totp']")
    form.get_by_label("Votre mot de passe").fill(PASSWORD)
    form.get_by_role("button").click()
    picture = page.get_by_role("img", name="Code QR")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] >= 200
    assert violations(page) == []
    totp = pyotp.TOTP((page.locator(".key").first.inner_text()).replace(" ", ""))
    page.get_by_label("Le code qu'il montre maintenant").fill(totp.at(clock.now()))
    page.keyboard.press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    assert violations(page) == []
    code = page.locator(".codes li").first.inner_text()
    leave(page)
    give_password(page, web[1])
    page.get_by_label("Code de l'authentificateur").fill(code)
    page.keyboard.press("Enter")
    expect(page.locator(".people")).to_contain_text("9 codes de secours")
    assert said == []


def test_an_ended_session_leaves_its_page_within_seconds(
    page: Page, browser: Browser, web: Web
) -> None:
    url = web[1]
    give_password(page, url)
    page.goto(url)
    expect(page.locator("[data-clock]").first).not_to_have_text("--:--:--")
    with browser.new_context(locale="fr-FR") as other:
        chief = other.new_page()
        give_password(chief, url, "ana")
        chief.goto(f"{url}/people/sessions")
        row = chief.locator("tr").filter(has_text=NAME)
        row.get_by_role("button", name="Clore").press("Enter")
        expect(row).to_have_count(0)
    expect(page).to_have_url(re.compile("/login"), timeout=20_000)


@pytest.mark.deep
def test_an_administrator_adds_somebody_who_then_logs_in(
    page: Page, context: BrowserContext, web: Web
) -> None:
    said = watched(page)
    give_password(page, web[1], "ana")
    page.locator("#more-pages summary").click()
    page.get_by_role("link", name="Personnes").click()
    page.locator("#drawer-add > summary").click()
    add = page.get_by_role("group", name="Ajouter quelqu'un")
    add.get_by_label("Identifiant de connexion").fill("zoé <b>")
    add.get_by_label("Langues parlées").fill("de fr")
    add.get_by_role("button", name="Ajouter").press("Enter")
    made = page.locator(".made code").inner_text()
    leave(page)
    expect(page).to_have_url(re.compile("/login"))  # the page before has a name's field, too
    page.get_by_label("Nom").fill("zoé <b>")
    page.get_by_label("Mot de passe").fill(made)
    page.keyboard.press("Enter")
    expect(page.locator(".user")).to_contain_text("zoé <b>")
    page.get_by_role("link", name="Callflow").click()  # nowhere before they chose their own
    expect(page.get_by_role("status").filter(has_text="choisissez le vôtre")).to_be_visible()
    page.get_by_label("Mot de passe actuel").fill(made)
    page.get_by_label("Nouveau mot de passe").fill("une nuit sans lune")
    page.get_by_label("Encore une fois").fill("une nuit sans lune")
    page.get_by_role("button", name="Changer le mot de passe").click()
    expect(page.get_by_text("choisissez le vôtre")).to_have_count(0)
    page.get_by_role("link", name="Callflow").click()
    expect(page).to_have_url(re.compile(r"/$"))
    assert said == []


@pytest.mark.deep
@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_axe_finds_nothing_on_the_pages_of_people(
    browser: Browser, web: Web, language: str, scheme: str
) -> None:
    station, url = web

    def fill(tx: object) -> None:
        acts.disable_user(tx, _id(station, NAME), "ana", clock.now())  # type: ignore[arg-type]

    with browser.new_context(color_scheme=scheme, locale="fr-FR") as context:  # type: ignore[arg-type]
        page = context.new_page()
        give_password(page, url, "ana")
        station.do(fill)
        for where in ("/account", "/people", "/people/sessions"):
            page.goto(f"{url}{where}?lang={language}")
            assert where in page.url
            assert page.locator("html").get_attribute("lang") == language
            assert violations(page) == []
            small = page.evaluate(
                """[...document.querySelectorAll("main *")].filter((e) =>
                     [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) &&
                     parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.outerHTML)"""
            )
            assert small == []


def _id(station: WebStation, name: str) -> str:
    row = station.store.read_now(lambda tx: users.user_by_name(tx, name))
    assert row is not None
    return str(row.id)
