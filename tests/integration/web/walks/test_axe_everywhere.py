"""Every page of a full station, as each role, in both languages, dark and light: axe finds nothing.

Everything is unfolded; nothing is small, nothing stands out of the window, all is translated.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import JSON, String, Text

from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.people import users
from callflow.storage.records import logbook
from callflow.storage.sites import sites
from tests.support.pages.browser import TELEPHONE_ELSEWHERE
from tests.support.pages.looking import dialogs, faults, makings, shape, shell, texts, unfold
from tests.support.pages.routes import all_routes
from tests.support.rows.full_rows import full_web
from tests.support.stations.full_station import (
    GUARDED,
    INES,
    MAX,
    NORA,
    SHOP,
    SPARE,
    STORM,
    WITHDRAWN,
    YVES,
    FullStation,
)
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess
from web.access import cookies
from web.app import create_app
from web.kit import conflicts

#: What is no page: parts, files, the stream, and what a page's telephone asks for.
NO_PAGE = {
    "/events",
    "/events/canary",
    "/undo",
    "/search",
    "/healthz",
    "/readyz",
    "/metrics",
    "/telephone/softphone",
}
NO_PAGE |= {"/faults/list.csv", "/wallboard/screen", "/map/tiles.pmtiles", "/map/sites.json"}
NO_PAGE |= {"/evidence/key.txt", "/.well-known/webauthn"}
NO_PAGE |= {"/measures.ics", "/charges/file"}
#: Forms that end the session, or change how one is let in: they have tests of their own.
NO_FORM = {"/logout", "/login", "/login/factor", "/login/passkey", "/scheme"}
#: Forms that are answered with a file.
GIVES_A_FILE = {
    *("/site-files/export", "/site-files/template", "/settings/configuration"),
    "/logbook/export",
}


#: A plan that a site follows, and what is asked of it.
PLAN_PAGES = (
    "guard?check=1",
    f"guard/called?site={GUARDED}&when=holiday",
    "guard/sites",
    f"guard/sites/{GUARDED}?step=1",
    "guard/versions",
    "guard/edit?step=1",
    f"guard/simulate?site={GUARDED}",
    "guard/backtest?run=1",
    SPARE,
    WITHDRAWN,
    f"{WITHDRAWN}/versions",
)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FullStation, WebProcess]]:
    with full_web(tmp_path_factory.mktemp("axe"), demo=True) as full:
        yield full


@contextmanager
def logged_in(browser: Browser, process: WebProcess, name: str, language: str) -> Iterator[Page]:
    """Somebody's page."""
    with browser.new_context() as context:
        context.add_init_script(TELEPHONE_ELSEWHERE)
        page = context.new_page()
        speak(context, process, language)
        page.goto(f"{process.url}/login")
        page.locator("[name=name]").fill(name)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        expect(page.locator("[data-clock]")).not_to_have_text("--:--:--", timeout=30000)
        page.wait_for_load_state()
        yield page


def speak(context: BrowserContext, process: WebProcess, language: str) -> None:
    context.add_cookies([{"name": cookies.LANGUAGE, "value": language, "url": process.url}])


def pages(full: FullStation) -> list[str]:
    """The addresses of every page that needs no id, every incident's, and what is nowhere."""
    station = full.station
    app = create_app(station.settings, station.store, station.vault)
    found = sorted(
        route.path
        for route in all_routes(app)
        if route.method == "GET" and "{" not in route.path and not route.path.startswith("/api/")
    )
    return [
        *(path for path in found if path not in NO_PAGE),
        *(f"/incidents/{incident}" for incident in full.incidents.values()),
        *(f"/sites/{site}" for site in (SHOP, STORM[-1], f"{SHOP}/edit", f"{SHOP}/tests")),
        *(f"/sites/{SHOP}/edit/{tab}" for tab in ("panels", "hours", "codes")),
        f"/sites/{SHOP}/drawings",
        f"/sites/{SHOP}/people/{SHOP}-1",
        f"/sites/{SHOP}/edit?known=garde",
        "/firms/firm",
        "/firms/firm?saved=firm",
        f"/clients/{client_of(full)}",
        f"/clients/{client_of(full)}/personal",
        f"/charges/clients/{client_of(full)}",
        f"/charges/prices?scope=client&owner={client_of(full)}",
        f"/charges/prices?scope=site&owner={SHOP}",
        "/measures?saved=measure",
        f"/sites/{SHOP}/edit?saved=contacts",
        f"/sites/{SHOP}/edit/panels?saved=zones",
        *(f"/plans/{path}" for path in PLAN_PAGES),
        "/plans?state=withdrawn",
        *(f"/sites/{SHOP}/edit/{tab}" for tab in ("panels", "codes")),
        f"/incidents/{full.incidents['shop']}/evidence",
        f"/evidence/{full.disclosure}",
        f"/personal/{SHOP}-1",
        *(f"/statistics/{view}" for view in ("operators", "false-alarms")),
        "/personal?q=e",
        f"/?incident={full.incidents['shop']}",
        f"/?incident={full.incidents['storm']}",
        "/lines?account=1",
        "/station/checks/first-aid",
        "/station/organs/process:engine@",
        f"/logbook/{newest_entry(full)}",
        f"/start?site={SHOP}",
        "/dialogues/verification",
        "/dialogues/incoming",
        "/dialogues/incoming/walk?steps=k1001%23.k2580%23",
        "/dialogues/incoming/walk?steps=k1001%23.k2580%23.!client.k3.!told",
        "/announcements/goodbye",
        "/settings/events?code=AT&raw=Nri1%2FBA3",
        f"/settings?who={NAME}&address=%2Fsettings%2Ftrunks",
        "/settings/dialling?number=0639981001",
        "/settings/retention?what=images&days=90",
        "/settings/letters?kind=letterhead&language=en",
        "/nowhere",
    ]


def one_state_each(paths: list[str], addresses: list[str]) -> list[str]:
    """Of those pages the first of each route, and each tab: what a fast run looks at. One more of
    ``EVERY``, but for a dialogue: the shortest is made as the longest is."""
    routes = [re.compile(re.sub(r"\{(?!tab\})[^}]+\}", "[^/]+", each)) for each in addresses]
    # A page of its own comes before the route that would take its name for an id.
    routes.sort(key=lambda route: route.pattern.count("[^/]+"))
    found: dict[str, str] = {}
    for path in paths:
        plain = path.partition("?")[0]
        route = next((route.pattern for route in routes if route.fullmatch(plain)), plain)
        found.setdefault(plain if plain in EVERY - {LONGEST} else route, path)
    return list(found.values())


@pytest.fixture(scope="module")
def seen_pages(web: tuple[FullStation, WebProcess], deep_run: bool) -> list[str]:
    """Every state of every page, or one of each."""
    full, _ = web
    station = full.station
    app = create_app(station.settings, station.store, station.vault)
    gets = [route.path for route in all_routes(app) if route.method == "GET"]
    return pages(full) if deep_run else one_state_each(pages(full), gets)


def newest_entry(full: FullStation) -> str:
    """Of the logbook."""
    (entry,) = full.station.store.read_now(lambda tx: logbook.last(tx, limit=1))
    return entry.id


def client_of(full: FullStation) -> str:
    """Whose the shop is."""

    def read(tx: Tx) -> str:
        site = sites.get(tx, SHOP)
        assert site is not None
        return quote(str(site.client_id), safe="")

    return full.station.store.read_now(read)


#: Addresses with an id that give no page but a file, a sound or a picture; and an import's page,
#: which its own tests look at, since each is there for an hour only.
NOT_LOOKED_AT = {
    "/announcements/{key}/{language}.wav",
    "/calendars/{token}.ics",
    "/documents/{document_id}",
    "/dialogues/{name}/said.wav",
    "/help/{path:path}",  # the manual, where it was made: test_manual.py
    "/images/{image_id}",
    "/incidents/{incident_id}/images/{image_id}",
    "/incidents/{incident_id}/report.pdf",
    "/recordings/spoken/{name}",
    "/recordings/{call_id}",
    "/recordings/{call_id}/waveform.svg",
    "/settings/shadow/comparisons/{comparison_id}.csv",
    "/site-files/{which}",
    "/site-files/{which}/report.csv",
    "/statistics/reports/{document_id}.pdf",
    "/statistics/{view}/{table}.{format}",
    "/sites/{site_id}/people/{contact_id}/calendar/{which}",
    "/sites/{site_id}/drawings/{drawing_id}.jpg",
}


def test_every_page_of_an_id_is_looked_at_too(web: tuple[FullStation, WebProcess]) -> None:
    full, _ = web
    station = full.station
    app = create_app(station.settings, station.store, station.vault)
    paths = [path.partition("?")[0] for path in pages(full)]
    missing = {
        route.path
        for route in all_routes(app)
        if route.method == "GET" and "{" in route.path and not route.by_token
        if not any(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", route.path), each) for each in paths)
    }
    assert missing == NOT_LOOKED_AT, "\n".join(sorted(missing ^ NOT_LOOKED_AT))


def written(full: FullStation) -> set[str]:
    """Everything that stands in the rows: what a page shows of it is no word of ours."""

    def read(tx: Tx) -> set[str]:
        found: set[str] = set()
        for table in t.metadata.sorted_tables:
            for row in tx.execute(table.select()):
                for column in table.c:
                    if isinstance(column.type, String | Text | JSON):
                        found |= set(_leaves(row._mapping[column]))
        return found

    return full.station.store.read_now(read)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (*_leaves(key), *_leaves(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


COMBINATIONS = [
    (NAME, "fr", ("dark", "light")),
    pytest.param(NAME, "en", ("light",), marks=pytest.mark.deep),
    pytest.param(YVES, "fr", ("light",), marks=pytest.mark.deep),
    pytest.param(MAX, "en", ("dark",), marks=pytest.mark.deep),
]
#: So many tests look at the pages, each at every so many.
PARTS = 8
LONGEST = "/dialogues/incoming"
EVERY = {
    "/",
    LONGEST,
    "/announcements/goodbye",
    "/account",
    "/people",
    "/shift",
    "/roster",
    "/lines",
    "palette",
    "help",
}


#: A page with fewer elements that are made as none before is, in a fast run, one like others.
NEWS = 10


@pytest.fixture(scope="module")
def looked_at() -> set[tuple[str, str]]:
    """(language, what a page is made of) of every page that was looked at, and of what is around
    its main part: that is the same on nearly all."""
    return set()


@dataclass(frozen=True)
class Said:
    """The longer texts of a page as it stands; those of them that its script alone has said."""

    texts: set[str]
    by_script: set[str]


def said_on(page: Page, html: str) -> Said:
    found = texts(page)
    return Said(found, found - texts(page, html=html))


@pytest.fixture(scope="module")
def known() -> set[str]:
    """How the elements of the pages that were looked at are made."""
    return set()


@pytest.fixture(scope="module")
def french() -> dict[str, Said]:
    """What the operator's pages say in French, by path: as many of them as were looked at."""
    return {}


@pytest.fixture(scope="module")
def page_of(
    browser: Browser, web: tuple[FullStation, WebProcess]
) -> Iterator[Callable[[str, str], Page]]:
    """Somebody's page in a language, the same for all tests: what it has loaded stays loaded."""
    with ExitStack() as stack:
        yield functools.cache(
            lambda who, language: stack.enter_context(logged_in(browser, web[1], who, language))
        )


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("who", "language", "schemes"), COMBINATIONS)
def test_axe_finds_nothing(
    page_of: Callable[[str, str], Page],
    web: tuple[FullStation, WebProcess],
    seen_pages: list[str],
    looked_at: set[tuple[str, str]],
    known: set[str],
    french: dict[str, Said],
    who: str,
    language: str,
    schemes: tuple[str, ...],
    part: int,
    deep_run: bool,
) -> None:
    """A deep run shows axe every row to an operator in French; otherwise it is two of many that are
    made alike. A fast run has no page like others, and most of the rest in one scheme, by turns."""
    _, process = web
    found = dict[str, list[str]]()
    mine = seen_pages[part::PARTS]
    page = page_of(who, language)
    for path in mine:
        html = page.request.get(f"{process.url}{path}").text()
        if not html.startswith("<!doctype html>"):
            continue  # a part of a page, which the page has as well
        made = makings(page, html)
        if not deep_run and path not in EVERY and len(made - known) < NEWS:
            french[path] = Said(texts(page, html=html), set())
            continue
        known.update(made)
        page.goto(f"{process.url}{path}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        unfold(page)
        if (who, language) == (NAME, "fr"):
            french[path] = said_on(page, html)
        made_of = language, shape(page)
        if made_of in looked_at and path not in EVERY:
            continue  # an incident like another, a page that this role sees as the other does
        looked_at.add(made_of)
        around = {(language, made): place for place, made in shell(page).items()}
        seen = [place for made, place in around.items() if made in looked_at]
        looked_at.update(around)
        both = deep_run or path in EVERY
        seen_in = schemes if both else schemes[len(found) % len(schemes) :][:1]
        every_row = deep_run and (who, language) == (NAME, "fr")
        found[path] = faults(page, *seen_in, without=seen, thin=not every_row)
    page.goto(process.url)
    for dialog in dialogs(page) if part == 0 else ():
        found[dialog] = faults(page, *schemes)
    assert set(found) >= EVERY & {*mine, *(("palette", "help") if part == 0 else ())}
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.timeout(200)
def test_nothing_is_said_in_the_other_language(
    page_of: Callable[[str, str], Page],
    web: tuple[FullStation, WebProcess],
    seen_pages: list[str],
    french: dict[str, Said],
) -> None:
    """What is longer than 25 characters and the same in both is nobody's word but the rows'. In
    English a browser shows again only where a script said more than the page that it came with."""
    full, process = web
    for path in set(seen_pages) - french.keys():  # behind axe no page
        page = page_of(NAME, "fr")
        answer = page.goto(f"{process.url}{path}")
        unfold(page)
        french[path] = said_on(page, answer.text() if answer else "")
    rows, scripts = written(full), set[str]()
    same: dict[str, set[str]] = {}
    page = page_of(NAME, "en")
    for path in seen_pages:
        said = french[path]
        english = texts(page, html=page.request.get(f"{process.url}{path}").text())
        if said.by_script - scripts:
            page.goto(f"{process.url}{path}")
            unfold(page)
            english |= texts(page)
        scripts |= said.by_script
        same[path] = said.texts & english
    found = {path: {text for text in some if not _is_of(rows, text)} for path, some in same.items()}
    assert {path: some for path, some in found.items() if some} == {}
    assert sum(len(said.texts) for said in french.values()) > 300  # there was something to compare


def _is_of(rows: set[str], text: str) -> bool:
    """Whether it is what a row says, or made of names, numbers and times."""
    if any(text in row for row in rows):
        return True
    words = re.findall(r"[^\W\d_]{2,}", text)
    names = {word for row in rows for word in re.findall(r"[^\W\d_]{2,}", row) if len(row) < 200}
    return all(word in names for word in words)


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_axe_finds_nothing_on_what_is_answered_to_a_form(
    browser: Browser, web: tuple[FullStation, WebProcess]
) -> None:
    """Each form's address is sent an empty form, as by a browser: what is said of it is looked at,
    where it is made otherwise than what was looked at before."""
    full, process = web
    station = full.station
    app = create_app(station.settings, station.store, station.vault)
    sent = [r for r in all_routes(app) if r.method == "POST" and not r.by_token]
    found, shapes, statuses = {}, set(), set()
    schemes = itertools.cycle((("dark", "light"), ("light", "dark")))
    with logged_in(browser, process, NAME, "fr") as page:
        speak_next = itertools.cycle(("en", "fr"))
        for route in sent:
            if route.path in NO_FORM | GIVES_A_FILE:
                continue
            speak(page.context, process, next(speak_next))
            status = send(page, process, route.address.replace("/nothing/nothing", "/nothing/note"))
            statuses.add(status)
            if shape(page) in shapes or not page.locator("main").count():
                continue
            shapes.add(shape(page))
            unfold(page)
            found[f"{route.path} {status}"] = faults(page, *next(schemes))
    assert {404, 409, 422} <= statuses
    assert {where: what for where, what in found.items() if what} == {}


def send(page: Page, process: WebProcess, path: str, **fields: str) -> int:
    """A form of nothing but what every form has, and ``fields``; the answer's status."""
    page.goto(f"{process.url}/account")
    with page.expect_navigation() as gone:
        page.evaluate(
            """([action, fields]) => {
              const form = document.createElement("form");
              Object.assign(form, { method: "post", action });
              const csrf = document.querySelector("[name=csrf]").value;
              for (const [name, value] of Object.entries({ csrf, ...fields })) {
                const field = document.createElement("input");
                Object.assign(field, { type: "hidden", name, value });
                form.append(field);
              }
              document.body.append(form);
              form.submit();
            }""",
            [path, fields],
        )
    return gone.value.status


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("language", "scheme"),
    [("fr", "dark"), pytest.param("en", "light", marks=pytest.mark.deep)],
)
def test_axe_finds_nothing_on_the_way_in_and_on_what_is_shown_once(
    browser: Browser, web: tuple[FullStation, WebProcess], language: str, scheme: str
) -> None:
    full, process = web
    found = {}
    with browser.new_context() as context:
        page = context.new_page()
        speak(context, process, language)
        page.goto(f"{process.url}/login")
        found["before"] = faults(page)
        page.locator("[name=name]").fill(INES)
        page.locator("[name=password]").fill("wrong")
        page.locator("[name=password]").press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        found["wrong"] = faults(page)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        expect(page.locator("[name=code]")).to_be_visible()
        found["factor"] = faults(page)
        page.locator("[name=code]").fill("1")
        page.locator("[name=code]").press("Enter")
        expect(page.get_by_role("alert").first).to_be_visible()
        found["wrong code"] = faults(page)
    with logged_in(browser, process, YVES, language) as page:
        send(page, process, "/account/totp", password=PASSWORD)
        secret = page.locator("code.key").inner_text().replace(" ", "")
        found["enrolling"] = faults(page)
        send(page, process, "/account/totp/confirm", code=pyotp.TOTP(secret).now())
        expect(page.locator(".codes li").first).to_be_visible()
        found["codes"] = faults(page)
        send(page, process, "/account/totp/remove", password=PASSWORD)
    with logged_in(browser, process, NAME, language) as page:
        nora = full.station.store.read_now(lambda tx: users.user_by_name(tx, NORA))
        assert nora is not None
        given = conflicts.stamp(nora.password_given_at)
        send(page, process, f"/people/{nora.id}/password", as_of=given)
        found["made"] = faults(page)
        page.goto(f"{process.url}/")
        full.do(lambda tx: tx.execute(t.session.delete()))  # somebody ended it
        expect(page).to_have_url(re.compile("/login"), timeout=15000)
        found["ended"] = faults(page)
    assert {where: what for where, what in found.items() if what} == {}
