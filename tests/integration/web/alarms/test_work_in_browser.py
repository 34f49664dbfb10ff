"""One alarm in the console in Chromium: what its first seconds need is in sight, one act stands
before all others, closing is asked for, one view is seen at a time, keys go round the zones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.core.sites.instructions import Instruction, InstructionKind
from callflow.handling.interventions import directory
from callflow.handling.sites import instructions
from callflow.storage import Tx
from tests.integration.web.interventions.test_services import LINE
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, WebProcess, WebStation, site_body
from web.access.users import Role

Web = tuple[WebStation, WebProcess]
#: What an operator needs in the first seconds of a vital alarm, by where it stands.
NEEDED = (
    "#h-incident",
    "#incident .whereabouts",
    "#incident .facts",
    "#incident .timer",
    "#incident .next .primary",
    "#incident .say blockquote",
    "#form-password [name=heard]",
    ".step.stopped",
    "#form-note textarea",
    "#h-phone",
    "#incident .provisional li",
    "#incident .contacts li:nth-child(1)",
    "#incident .contacts li:nth-child(3) button",
    "#gate-police",
)
_HIDDEN = """(selectors) => selectors.filter((selector) => {
  const one = document.querySelector(selector);
  if (!one) return true;
  const box = one.getBoundingClientRect();
  const [x, y] = [box.x + Math.min(20, box.width / 2), box.y + Math.min(12, box.height / 2)];
  const at = document.elementFromPoint(x, y);
  return box.bottom > innerHeight || !at || !(one.contains(at) || at.contains(one));
})"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A fire at a shop that has everything: a password, an instruction, a police line."""
    station = WebStation(tmp_path)
    shop(station)
    station.do(partial(instructs, now=clock.now()))
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def shop(station: WebStation, *others: dict[str, Any]) -> None:
    """Who works there; a shop with passwords, its people and ``others``, and its police line."""
    station.user(NAME, Role.OPERATOR)
    contacts = site_body("1001")["contacts"]
    contacts[1] |= {"password": "Été indien", "duress_password": "hiver"}
    station.site("1001", name="Boulangerie", contacts=[*contacts, *others], postcode="35000")
    station.do(lambda tx: directory.put_directory(tx, [LINE], "admin", clock.now()))


def instructs(tx: Tx, now: datetime) -> None:
    said = "Travaux dans la cour : ne pas appeler le voisin"
    made = Instruction(
        id="",
        site_id="1001",
        kind=InstructionKind.NOTE,
        text=said,
        author=NAME,
        made_at=now,
        begins_at=now,
        ends_at=now + timedelta(hours=5),
    )
    instructions.make(tx, "1001", made, lowers=False, now=now)


def opened(page: Page, web: Web, code: str = "FA") -> str:
    row = web[0].alarm("1001", code=code)
    log_in(page, web[1])
    page.locator(".row a.title").first.click()
    expect(page.locator("#incident h1")).to_contain_text("Boulangerie")
    return str(row.id)


def takes(page: Page) -> None:
    page.locator("#incident .next").get_by_role("button", name="Prendre", exact=True).click()
    expect(page.locator(".facts")).to_contain_text(f"{NAME} (vous)")


@pytest.mark.parametrize("screen", [(1440, 900), (1920, 1080)], ids=str)
def test_what_the_first_seconds_need_is_seen_without_scrolling(
    page: Page, web: Web, screen: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": screen[0], "height": screen[1]})
    opened(page, web)
    takes(page)
    assert page.evaluate(_HIDDEN, list(NEEDED)) == []
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    assert violations(page) == []


def test_one_act_stands_first_and_closing_is_asked_for_after_taking(page: Page, web: Web) -> None:
    said = watched(page)
    opened(page, web, "BA")
    acts = page.locator("#incident .next")
    expect(acts.locator(".primary")).to_have_text("Prendre")
    expect(page.locator("#closing, #more-acts")).to_have_count(0)
    page.keyboard.press("c")
    expect(page.locator("#form-close")).to_have_count(0)
    takes(page)
    expect(acts.locator(".primary")).to_have_count(1)
    expect(acts.locator(".primary")).to_have_text("Appeler Accueil")  # the counter-call, by hand
    form = page.locator("#form-close")
    expect(form).to_be_hidden()
    page.keyboard.press("c")
    expect(form.locator("[name=code]")).to_be_focused()
    assert violations(page) == []
    form.locator("[name=code]").select_option("false_alarm")
    form.locator("[name=text]").fill("erreur de code")
    form.get_by_role("button", name="Acquitter", exact=True).press("Enter")
    expect(page.locator(".facts")).to_contain_text("attente")
    expect(form).to_have_count(0)  # it is nobody's any more
    assert said == []


def test_who_speaks_with_the_machine_is_taken_over_by_the_first_act(page: Page, web: Web) -> None:
    opened(page, web, "BA")
    web[0].call(None)
    takes(page)
    first = page.locator("#incident .next .primary")
    expect(first).to_have_text("Reprendre cet appel")
    expect(page.locator("#incident").get_by_role("button", name="Reprendre")).to_have_count(1)
    with page.expect_response("**/take-over") as answer:
        first.click()
    assert answer.value.status == 303


def test_the_plan_the_signals_and_the_logbook_are_seen_one_at_a_time(page: Page, web: Web) -> None:
    opened(page, web, "BA")
    web[0].call(Outcome.NO_ANSWER, answered=False)
    plan, signals, log = (
        page.locator(f"#view-{name} .viewed") for name in ("plan", "messages", "log")
    )
    expect(plan).to_be_visible()
    expect(signals).to_be_hidden()
    page.locator("#h-signals").click()
    expect(signals).to_be_visible()
    expect(plan).to_be_hidden()
    assert violations(page) == []
    page.locator("#view-log > summary").press("Enter")
    expect(log).to_contain_text("Accueil")
    expect(signals).to_be_hidden()
    web[0].alarm("1001", zone="5")  # what happens meanwhile opens nothing else
    expect(page.locator("#h-signals .count")).to_have_text("2")
    expect(log).to_be_visible()
    takes(page)
    page.keyboard.press("o")  # a key leads to its form, wherever that is
    expect(page.locator("#form-measure [name=text]")).to_be_focused()
    expect(plan).to_be_visible()
    expect(log).to_be_hidden()
    expect(page.locator("#form-note textarea")).to_be_in_viewport()


def test_f6_goes_round_the_zones_and_alt_calls_a_person(page: Page, web: Web) -> None:
    opened(page, web, "BA")
    takes(page)
    page.keyboard.press("l")
    for zone in (".work", ".telephone, .side", "#lists"):
        page.keyboard.press("F6")
        assert page.evaluate("(at) => Boolean(document.activeElement.closest(at))", zone), zone
    with page.expect_request("**/call") as called:
        page.keyboard.press("Alt+2")
    assert "contact=1001-1" in str(called.value.post_data)


def test_the_second_press_of_a_double_click_does_nothing(page: Page, web: Web) -> None:
    """By then another act stands there: whom the plan would call."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    opened(page, web, "BA")
    takes(page)
    first = page.locator("#incident .next .primary")
    expect(first).to_have_text("Appeler Accueil")
    first.hover()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.keyboard.press("g")
    expect(first).to_have_count(0)  # the call is asked for
    assert asked.count("call") == 1
