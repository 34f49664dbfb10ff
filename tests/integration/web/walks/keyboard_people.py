"""Whoever logs in, and their account, for walking the pages by keyboard."""

from __future__ import annotations

import contextlib

import pyotp
from playwright.sync_api import CDPSession, Error, Page

from callflow import clock
from tests.integration.web.walks.keyboard_world import World
from tests.support.stations.web_station import PASSWORD

Form = dict[str, str | float | bool]
#: The code that is typed next: an authenticator's, or a recovery code.
CODE = [""]
#: What speaks with the device of a page: one at a time.
_DEVICES: dict[Page, CDPSession] = {}


def _enter(page: Page, name: str) -> None:
    """Somebody's name and password; no page is gone to."""
    page.request.post("/login", form={"name": name, "password": PASSWORD}, max_redirects=0)


def leaves(page: Page) -> None:
    """Nobody is logged in, and no page is open that would notice it."""
    while page.url != "about:blank":
        with contextlib.suppress(Error):  # a form that was sent leads elsewhere meanwhile
            page.goto("about:blank")
    page.context.clear_cookies()


def _enrols(world: World, page: Page) -> str:
    """A new user with an authenticator and recovery codes; their name."""
    name = world.somebody()
    _enter(page, name)
    sign: Form = {"csrf": csrf_of(page), "password": PASSWORD}
    shown = page.request.post("/account/totp", form=sign).text()
    secret = shown.split('<code class="key">')[1].split("<")[0].replace(" ", "")
    code: Form = {"csrf": sign["csrf"], "code": pyotp.TOTP(secret).at(clock.now())}
    done = page.request.post("/account/totp/confirm", form=code).text()
    CODE[0] = done.split("<li><code>")[1].split("<")[0]
    return name


def account(world: World, page: Page) -> str:
    name = world.somebody()
    _enter(page, name)
    page.context.clear_cookies()
    _enter(page, name)  # at another desk: in one browser the session before would end
    page.goto("/account")
    device(page)
    return "/account"


def enrolling(world: World, page: Page) -> str:
    _enter(page, world.somebody())
    page.goto("/account")
    form = page.locator("form[action='/account/totp']")
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("button").press("Enter")
    secret = page.locator("code.key").inner_text().replace(" ", "")
    CODE[0] = pyotp.TOTP(secret).at(clock.now())
    return ""


def authenticator(world: World, page: Page) -> str:
    _enrols(world, page)
    return "/account"


def passkey(world: World, page: Page) -> str:
    _enter(page, world.somebody())
    page.goto("/account")
    device(page)
    form = page.locator("[data-passkey=add] form")
    form.locator("[name=name]").fill("clé")
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("button").press("Enter")
    page.locator(".keys li").wait_for()
    return "/account"


def csrf_of(page: Page) -> str:
    found = page.request.get("/account").text().split('name="csrf" value="')[1]
    return found.split('"')[0]


def device(page: Page) -> None:
    """What holds passkeys, touched at once whenever it is asked."""
    if page in _DEVICES:
        _DEVICES.pop(page).detach()
    session = _DEVICES[page] = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    sort = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True}
    touched = {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": sort | touched})


def second_factor(world: World, page: Page) -> str:
    name = _enrols(world, page)
    leaves(page)
    _enter(page, name)
    return "/login/factor"


def second_factor_by_passkey(world: World, page: Page) -> str:
    passkey(world, page)
    name = page.locator("h1 bdi").inner_text()
    leaves(page)
    _enter(page, name)
    return "/login/factor"


def somebody_with_a_factor(world: World, page: Page) -> str:
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(
        base_url=page.url.split("/", 3)[0] + "//" + page.url.split("/")[2]
    ) as other:
        _enrols(world, other.new_page())
    return "/people"
