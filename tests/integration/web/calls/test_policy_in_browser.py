"""No page breaks the policy that it is sent with: every page that the routes know, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from callflow.core.calls.call import Outcome
from callflow.storage.alarms import incidents
from tests.integration.web.kit.test_frame_in_browser import KINDS
from tests.support.pages.routes import Route, all_routes
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role
from web.app import create_app

#: Tells of what the browser refused to do, wherever the page is by then.
WATCH = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
#: What is no page: streams, pictures, sounds.
NO_PAGES = re.compile(
    r"^/(events|images|recordings|login/directory|incidents/[^/]+/(images|report)|faults/list|measures\.ics|charges/file)"
)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    """An alarm with a call and its recording, and hostile texts."""
    station = WebStation(tmp_path, demo=True)
    station.user(NAME, Role.ADMINISTRATOR)
    station.site(name="<script>console.error('run')</script><style>body{display:none}</style>")
    station.alarm(text="<img src=x onerror=console.error('run')>")
    station.call(Outcome.NO_KEY, seconds=2)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def pages(station: WebStation, incident: str) -> list[str]:
    """Every page's address; where an address needs an id of something else, one of nothing."""
    app = create_app(station.settings, station.store, station.vault)

    def address(route: Route) -> str:
        return route.path.replace("{incident_id}", incident).replace("{site_id}", "1001")

    found = [
        re.sub(r"\{[^}]+\}", "nothing", address(route))
        for route in all_routes(app)
        if route.method == "GET" and not route.by_token and not NO_PAGES.match(route.path)
    ]
    return [
        path
        for path in found
        if path
        not in ("/healthz", "/readyz", "/metrics", "/events/canary", "/.well-known/webauthn")
    ]


def is_wrong(page: Page, message: ConsoleMessage) -> bool:
    """An error, but that the page itself isn't there, or that a piece of one has no icon."""
    where = message.location.get("url", "")
    about_itself = "Failed to load resource" in message.text and (
        where == page.url or where.endswith("/favicon.ico")
    )
    return message.type == "error" and not about_itself


def said_of(page: Page, message: ConsoleMessage) -> str:
    return f"{page.url}: {message.text}"


def log_in(page: Page, web: WebProcess) -> None:
    page.goto(f"{web.url}/login?next=/account")
    page.get_by_label("Nom").fill(NAME)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url(re.compile("/account"), timeout=20_000)


def test_the_watch_sees_what_is_refused(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    """The other test could not fail without this."""
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.add_init_script(WATCH)
    page.goto(f"{web[1].url}/login")
    page.evaluate(
        """() => new Promise((done) => {
          addEventListener("securitypolicyviolation", done);
          const script = document.createElement("script");
          script.textContent = "1";
          document.body.append(script);
        })"""
    )
    assert [text for text in said if text.startswith("policy: script-src")]


def test_no_page_breaks_the_policy(
    browser: Browser, web: tuple[WebStation, WebProcess], deep_run: bool
) -> None:
    """In a fast run one of each kind, and those of the hostile texts; what is written in the others
    is looked at without a browser (kit/test_no_code_on_pages.py)."""
    station, process = web
    incident = station.store.read_now(lambda tx: incidents.page(tx, account="1001", limit=1))[0].id
    wrong: list[str] = []
    with browser.new_context(locale="fr-FR") as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("console", lambda m: wrong.append(said_of(page, m)) if is_wrong(page, m) else None)
        log_in(page, process)
        every = pages(station, incident)
        kinds = {*KINDS, "/people/sessions", f"/incidents/{incident}", "/sites/1001"}
        assert kinds <= {*every}
        seen = every if deep_run else sorted(kinds)
        for where in seen:
            answer = page.goto(f"{process.url}{where}", wait_until="load")
            assert answer is not None, where
            assert answer.status < 500, where
            page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
    assert wrong == []
