"""Calls, pops, and what opens over the page, under axe: in both languages, dark and light.

The rows are those that telephony would write; who really speaks is proved in
``tests/acceptance/telephone``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from callflow import clock
from callflow.handling.alarms import operating
from callflow.handling.calls import telephone
from callflow.storage.calls import calls
from tests.integration.web.walks.test_axe_everywhere import logged_in
from tests.support.outside.panel_phone import fresh_account
from tests.support.pages.looking import faults, texts, unfold
from tests.support.rows.full_rows import full_web
from tests.support.stations.full_station import (
    BANK,
    GARAGE,
    INES,
    POLICE,
    QUIET,
    SHOP,
    STRANGER,
    TWO_SITES,
    FullStation,
    number_of,
)
from tests.support.stations.web_station import NAME, WebProcess

Web = tuple[FullStation, WebProcess]
#: Claire's consoles, by language, both open while things happen.
Consoles = dict[str, Page]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with full_web(tmp_path_factory.mktemp("calls")) as full:
        yield full


@pytest.fixture(scope="module")
def consoles(browser: Browser, web: Web) -> Iterator[Consoles]:
    with ExitStack() as stack:
        yield {
            language: stack.enter_context(logged_in(browser, web[1], NAME, language))
            for language in ("fr", "en")
        }


@pytest.fixture(scope="module")
def axe(consoles: Consoles, deep_run: bool) -> Consoles:
    """Those that axe looks at: in a fast run the French one."""
    return consoles if deep_run else {"fr": consoles["fr"]}


@pytest.fixture
def full(web: Web) -> Iterator[FullStation]:
    """At its end nobody is on the line."""
    yield web[0]
    web[0].ends_calls()


def wrong(consoles: Consoles, axe: Consoles, where: str, ready: str) -> dict[str, list[str]]:
    """What is wrong with each console of ``axe``, once ``ready`` is there on all."""
    found = {}
    for language, page in consoles.items():
        expect(page.locator(ready).first).to_be_visible(timeout=20000)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        if language in axe and (faulty := faults(page)):
            found[language] = faulty
        assert page.locator(where).evaluate("(e) => e.checkVisibility()")
    return found


def talks(full: FullStation) -> str:
    """Ines speaks with a keyholder, as colleagues see."""
    full.talks(INES, full.incidents["garage"], f"{GARAGE}-1")
    full.conference()
    return ".leg .person.held"


def consults(full: FullStation) -> str:
    full.consultation()
    return "[data-phone=call-off]"


def listens(full: FullStation) -> str:
    full.talks(INES, full.incidents["garage"], f"{GARAGE}-1", f"{GARAGE}-2")
    full.listens()
    return ".leg[data-state=answered]"


def waits(full: FullStation) -> str:
    full.talks(INES, full.incidents["garage"], f"{GARAGE}-1")
    full.waits(STRANGER)
    full.rings_for(NAME, full.waits(number_of(BANK, 1)))
    return "[data-phone=join]"


def begins(full: FullStation) -> str:
    """Claire calls: her own telephone rings first, which needs no answer."""
    incident = full.incidents["shop"]
    full.do(lambda tx: telephone.call_contact(tx, incident, NAME, f"{SHOP}-1", clock.now()))
    full.rings(f"op-{NAME}")
    return ".leg[data-mine]"


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "scene",
    [talks, *(pytest.param(s, marks=pytest.mark.deep) for s in (consults, listens, waits, begins))],
    ids=lambda s: s.__name__,
)
def test_axe_finds_nothing_in_the_call_pane(
    full: FullStation, consoles: Consoles, axe: Consoles, scene: Callable[[FullStation], str]
) -> None:
    ready = scene(full)
    assert wrong(consoles, axe, "#phone", ready) == {}
    assert _same(consoles, "#calls") == set()


#: Who calls, and how the pop says who it is.
CALLERS = {
    "incident": number_of(SHOP, 1),
    "number": TWO_SITES,
    "service": POLICE,
    "unknown": STRANGER,
}


@pytest.mark.deep
@pytest.mark.timeout(180)
@pytest.mark.parametrize("how", [*CALLERS, "mute"])
def test_axe_finds_nothing_in_a_pop(
    full: FullStation, consoles: Consoles, axe: Consoles, how: str
) -> None:
    caller = CALLERS.get(how, number_of(BANK, 1))
    full.rings_for(NAME, full.waits(caller))
    said = "incident" if how == "mute" else how
    assert wrong(consoles, axe, "#pop", f"#pop [data-how={said}]") == {}
    grave = consoles["fr"].locator("#pop .candidate > .grave")
    expect(grave).to_have_count(1 if how == "mute" else 0)
    sites = {"incident": 1, "mute": 1, "number": 2}.get(how, 0)
    expect(consoles["fr"].locator("#pop .candidate")).to_have_count(sites)
    assert _same(consoles, "#pop") == set()


@pytest.mark.deep
@pytest.mark.timeout(180)
def test_axe_finds_nothing_while_somebody_unknown_is_looked_for(
    full: FullStation, consoles: Consoles
) -> None:
    """The pop of a stranger, the palette over it with what was found, and with nothing."""
    full.rings_for(NAME, full.waits(STRANGER))
    found = {}
    for language, page in consoles.items():
        expect(page.locator("#pop [data-how=unknown]")).to_be_visible(timeout=20000)
        page.locator("#pop button").press("Enter")
        page.keyboard.type("mag")
        expect(page.locator("#palette-list [data-found]").nth(2)).to_be_visible()
        found[language] = faults(page)
        page.locator("#palette-text").fill("zzzzzz")
        expect(page.locator("#palette-none")).to_be_visible()
        found[f"{language}, nothing"] = faults(page)
        page.keyboard.press("Escape")
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.deep
@pytest.mark.timeout(180)
def test_axe_finds_nothing_on_what_an_act_leaves(web: Web, consoles: Consoles) -> None:
    """Undo, a refusal at a form, a problem below, a shown number and password, rows that wait."""
    full = web[0]
    found = {}
    for language, page in consoles.items():
        with _pane(page, web, full.incidents["shop"]):
            form = page.locator("form[data-act=report-service]")
            form.locator("[name=minutes]").fill("99999")
            form.evaluate("(f) => { f.noValidate = true; f.requestSubmit(); }")
            expect(form.get_by_role("alert")).to_be_visible()
            found[f"{language}, 422"] = faults(page)
            page.locator("#gate-police form[data-act=reveal-line] button").click()
            expect(page.locator("#gate-police .shown")).to_be_visible()
            reveal = page.locator("form[data-act=reveal-password]")
            reveal.locator("[name=reason]").fill("épelé")
            reveal.locator("button").click()
            expect(page.locator("#password-shown")).to_be_visible()
            found[f"{language}, shown"] = faults(page)
            page.locator("#more-acts > summary").click()
            page.locator("form[data-act=park] button").click()
            expect(page.locator("#undo form")).to_be_visible()
            found[f"{language}, undo"] = faults(page)
            # Taken back by the rows: the page's own offer to is over within seconds.
            full.do(lambda tx: operating.claim(tx, full.incidents["shop"], NAME, clock.now()))
            expect(page.locator("form[data-act=park]")).to_be_attached()
        with _pane(page, web, full.incidents["garage"]):
            page.locator("#list-queue .row").first.hover()
            account = fresh_account()
            full.station.site(account, contacts=[])
            full.station.alarm(account, "HA", language)
            expect(page.locator("[data-more=queue]")).to_be_visible()
            found[f"{language}, held by somebody else"] = faults(page)
            page.mouse.move(0, 0)
    assert {where: what for where, what in found.items() if what} == {}


@contextmanager
def _pane(page: Page, web: Web, incident: str) -> Iterator[None]:
    page.goto(f"{web[1].url}/?incident={incident}")
    expect(page.locator("[data-clock]")).not_to_have_text("--:--:--", timeout=20000)
    unfold_details(page)
    yield
    page.goto(f"{web[1].url}/")


def unfold_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")


@pytest.mark.deep
@pytest.mark.timeout(120)
def test_axe_finds_nothing_when_the_stream_is_cut(web: Web, consoles: Consoles) -> None:
    """The banner is shown by the page itself; and once more over a page that has everything."""
    full, process = web
    process.kill()
    try:
        found = {}
        for (language, page), scheme in zip(consoles.items(), itertools.cycle(("dark", "light"))):
            expect(page.locator("#cut")).to_be_visible(timeout=15000)
            unfold(page)
            found[language] = faults(page, scheme)
    finally:
        process.start()
    for page in consoles.values():
        expect(page.locator("#cut")).to_be_hidden(timeout=20000)
    assert found == {"fr": [], "en": []}
    assert full.station.store.read_now(calls.conversations) == []


def _same(consoles: Consoles, where: str) -> set[str]:
    """What both languages say alike there, and no row does."""
    both = [texts(page, where) for page in consoles.values()]
    return {text for text in both[0] & both[1] if "Saint-Georges" not in text}


@pytest.mark.deep
@pytest.mark.timeout(180)
def test_whoever_typed_their_code_pops_as_known(
    full: FullStation, consoles: Consoles, axe: Consoles
) -> None:
    full.rings_for(NAME, full.asks_by_code(STRANGER, QUIET[0], "2580"))
    assert wrong(consoles, axe, "#pop", "#pop [data-how=code]") == {}
    pop = consoles["fr"].locator("#pop")
    expect(pop).to_contain_text("par le code tapé dans le menu")
    expect(pop.locator(".candidate")).to_have_count(1)
