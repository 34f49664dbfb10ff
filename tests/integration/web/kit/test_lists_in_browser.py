"""Tables, drawers and sites' fields by keys alone: in Chromium, on the pages that have them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from callflow.storage.people import users
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]
#: So many that no screen shows them all.
MANY = 40
#: The head of a table stands at the upper edge of its box.
HEAD_IS_THERE = """(box) => Math.abs(box.querySelector("thead th").getBoundingClientRect().top
  - box.getBoundingClientRect().top) <= 2 && box.scrollTop > 0"""
HOSTILE = '"><img src=x onerror=window.x=1>'


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """An administrator, who has colleagues and many sites."""
    station = WebStation(tmp_path_factory.mktemp("lists"))
    station.user(NAME, Role.ADMINISTRATOR)
    station.user("david", Role.OPERATOR)
    for number in range(MANY):
        station.site(f"{1000 + number}", name=f"Boutique {number:02}")
    station.site("2000", name=f"Librairie {HOSTILE}")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


@pytest.fixture(scope="module")
def page(browser: Browser, web: Web) -> Iterator[Page]:
    with browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900}) as context:
        found = context.new_page()
        log_in(found, web[1])
        yield found


def go(page: Page, web: Web, path: str) -> None:
    page.goto(f"{web[1].url}{path}")
    expect(page.locator("[data-clock]")).not_to_have_text("--:--:--")


def row(page: Page, number: int) -> Locator:
    """What the keys come to in a row of the page's table; from 0."""
    return page.locator("table.listed tbody tr").nth(number).locator("th a")


def test_keys_go_through_a_list_and_open_what_is_in_it(page: Page, web: Web) -> None:
    said = watched(page)
    go(page, web, "/sites")
    page.keyboard.press("j")
    expect(row(page, 0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row(page, 1)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("ArrowUp")
    expect(row(page, 0)).to_be_focused()
    page.keyboard.press("ArrowUp")  # it is the first
    expect(row(page, 0)).to_be_focused()
    page.keyboard.press("End")
    expect(row(page, MANY)).to_be_focused()
    expect(row(page, MANY)).to_be_in_viewport()
    assert page.locator("#scroll-sites").evaluate(HEAD_IS_THERE)
    page.keyboard.press("Home")
    expect(row(page, 0)).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Boutique 00")
    assert said == []


def test_letters_are_text_in_a_field_of_a_list_s_page(page: Page, web: Web) -> None:
    go(page, web, "/sites")
    field = page.locator("main form.search [name=q]")
    field.press_sequentially("jk")
    field.press("ArrowDown")
    expect(field).to_be_focused()
    expect(field).to_have_value("jk")


def test_somebody_is_changed_in_a_drawer_by_keys_alone(page: Page, web: Web) -> None:
    said = watched(page)
    go(page, web, "/people")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    drawer = page.locator("details.drawer[open] .drawn")
    expect(drawer.get_by_role("heading", name="david")).to_be_visible()
    expect(drawer.locator("[name=role]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    change = page.get_by_label("Modifier : david")
    expect(change).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")  # the next role, not the next row
    expect(drawer.locator("[name=role]")).to_be_focused()
    chosen = drawer.locator("[name=role]").input_value()
    page.keyboard.press("Tab")  # what pages call them
    page.keyboard.press("Tab")
    page.keyboard.type("fr en")
    page.keyboard.press("Enter")
    expect(page.locator("tr", has_text="david").locator("td").nth(1)).to_have_text("FR, EN")
    user = web[0].store.read_now(lambda tx: users.user_by_name(tx, "david"))
    assert user is not None
    assert (user.role, user.languages) == (chosen, ("fr", "en"))
    assert said == []


def test_what_is_refused_is_said_in_the_drawer_and_what_was_typed_stays(
    page: Page, web: Web
) -> None:
    go(page, web, "/people")
    page.locator("#drawer-add > summary").press("Enter")
    drawer = page.locator("details.drawer[open] .drawn")
    drawer.locator("[name=name]").fill(NAME)  # there is one
    drawer.locator("[name=skill]").fill("ascenseurs")
    drawer.locator("[name=password]").fill(PASSWORD)
    drawer.locator("[name=name]").press("Enter")
    expect(drawer.get_by_role("alert")).to_be_visible()
    expect(drawer.locator("[name=skill]")).to_have_value("ascenseurs")
    assert page.get_by_role("alert").count() == 1


@pytest.mark.parametrize("where", ["/sites", "/firms", "/plans"])
def test_what_is_added_is_typed_in_a_drawer_and_a_refusal_is_said_in_it(
    page: Page, web: Web, where: str
) -> None:
    go(page, web, where)
    page.locator("#drawer-add > summary").press("Enter")
    drawer = page.locator("#drawer-add[open] .drawn")
    typed = {
        "/sites": {"account": "1000"},
        "/firms": {"phone": "12"},
        "/plans": {"id": "intrusion"},
    }
    name = drawer.locator("[name=name]")
    name.fill("Nouveau")
    for field, text in typed[where].items():
        drawer.locator(f"[name={field}]").fill(text)
    name.press("Enter")
    expect(drawer.get_by_role("alert")).to_be_visible()
    expect(name).to_have_value("Nouveau")
    expect(drawer.locator("[aria-invalid=true]")).to_have_attribute("aria-describedby", "wrong")
    assert violations(page) == []


def test_a_site_is_offered_by_its_name_and_its_key_is_sent(page: Page, web: Web) -> None:
    said = watched(page)
    go(page, web, "/logbook")
    field = page.locator("#of-site")
    field.press_sequentially("librair")
    offered = page.locator("#of-site-found option")
    expect(offered).to_have_count(1)
    assert offered.get_attribute("value") == "2000"
    assert HOSTILE in (offered.get_attribute("label") or "")
    field.fill("2000")
    field.press("Enter")
    expect(page.locator("h1")).to_contain_text("Librairie")
    assert page.evaluate("window.x") is None
    assert said == []
