"""What an alarm costs a person, in acts: clicks and turns of the wheel by mouse, keys by keyboard.

Counted in Chromium at 1440×900; choosing in a list is two acts by mouse, one by keyboard; what was
said is typed in both, and is none. What it took before is the console of one column, of commit
e4a76394.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.calls.calling import call_ended
from tests.integration.web.alarms.test_work_in_browser import shop
from tests.integration.web.kit.test_browser import log_in
from tests.support.stations.web_station import NAME, WebProcess, WebStation

Web = tuple[WebStation, WebProcess]
TAKE, PASSWORD, GUARD, POLICE, CLOSE = (
    "take it and speak to who is called",
    "check a password",
    "send a guard",
    "verify and call the police",
    "close",
)
ALL = (TAKE, PASSWORD, GUARD, POLICE, CLOSE)
BEFORE = {"by_mouse": (5, 2, 4, 32, 30), "by_keyboard": (20, 2, 1, 10, 4)}
NOW = {"by_mouse": (2, 1, 2, 9, 5), "by_keyboard": (4, 1, 1, 10, 4)}
#: Scrolls until it is in sight, as a wheel does that goes 100 px a turn; how many turns.
_TURNS = """(e) => {
  let turns = 0;
  for (let at = e.parentElement; at; at = at.parentElement) {
    const scrolls = /auto|scroll/.test(getComputedStyle(at).overflowY);
    if (!scrolls || at.scrollHeight <= at.clientHeight) continue;
    const [box, its] = [e.getBoundingClientRect(), at.getBoundingClientRect()];
    const by = Math.max(0, box.bottom - its.bottom) || Math.min(0, box.top - its.top);
    const many = Math.ceil(Math.abs(by) / 100);
    at.scrollTop += Math.sign(by) * many * 100;
    turns += many;
  }
  return turns;
}"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A fire, where the machine speaks with somebody; an intrusion at a shop with everything."""
    station = WebStation(tmp_path)
    guard = {"id": "garde", "name": "Ouest Garde", "role": "guard", "phone": "+33639980301"}
    shop(station, guard)
    station.site("1022", name="Garage")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


@dataclass
class Counted:
    """The acts of one person at one page."""

    page: Page
    acts: int = 0
    told: dict[str, int] = field(default_factory=dict)

    def tells(self, what: str) -> None:
        """So much was needed for it."""
        self.told[what], self.acts = self.acts, 0

    # --- by mouse ---

    def clicks(self, what: Locator) -> None:
        self.acts += 1 + int(what.evaluate(_TURNS))
        what.click()

    def chooses(self, what: Locator, value: str) -> None:
        self.acts += 2 + int(what.evaluate(_TURNS))
        what.select_option(value)

    # --- by keyboard ---

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.acts += 1
            self.page.keyboard.press(key)

    def picks(self, text: str) -> None:
        """In the list that has the focus, by its first letters."""
        self.acts += 1
        self.page.keyboard.type(text)

    def types(self, text: str) -> None:
        self.page.keyboard.type(text)


def is_mine(page: Page) -> None:
    expect(page.locator(".facts")).to_contain_text(f"{NAME} (vous)")


def comes(page: Page, web: Web) -> str:
    """Beside an intrusion, a fire; somebody is on the line of both. The first one's call."""
    web[0].alarm("1001")
    call = web[0].call(None)
    web[0].alarm("1022", code="FA")
    web[0].call(None)
    log_in(page, web[1])
    expect(page.locator("#list-queue .row")).to_have_count(1)
    return call


def is_another(page: Page) -> None:
    """The intrusion, which this operator holds, with somebody whom they took over."""
    page.locator("#list-machine a.title").click()
    expect(page.locator("#incident h1")).to_contain_text("Boulangerie")
    page.keyboard.press("a")
    is_mine(page)
    expect(page.locator("#incident .next .primary")).to_have_text("Reprendre cet appel")
    page.keyboard.press("g")
    expect(page.locator("#form-password [name=heard]")).to_be_focused()


def hangs_up(page: Page, web: Web, call: str) -> None:
    web[0].do(lambda tx: call_ended(tx, call, outcome=Outcome.OPERATOR, now=clock.now()))
    expect(page.locator(f"#c-{call} .times [data-since]")).to_have_count(0)


def by_mouse(page: Page, web: Web) -> dict[str, int]:
    hand, pane = Counted(page), page.locator("#incident")
    call = comes(page, web)
    page.locator("#list-queue .row").hover()
    hand.clicks(page.locator("#list-queue").get_by_role("button", name="Prendre", exact=True))
    with page.expect_response("**/take-over"):
        hand.clicks(pane.get_by_role("button", name="Reprendre cet appel"))
    hand.tells(TAKE)

    is_another(page)
    hand.types("été indien")
    hand.presses("Enter")
    expect(pane.locator(".verdicts")).to_contain_text("mot de passe juste")
    hand.tells(PASSWORD)
    hangs_up(page, web, call)

    hand.clicks(pane.locator("#more-acts > summary"))
    hand.clicks(pane.locator("form[data-act=send-guard] button"))
    expect(pane.locator(".byhand .task.open")).to_contain_text("Ouest Garde")
    hand.tells(GUARD)

    verify = pane.locator("form[data-act=verify]")
    hand.clicks(pane.get_by_text("Enregistrer une levée de doute"))
    hand.chooses(verify.locator("[name=means]"), "guard")
    hand.chooses(verify.locator("[name=result]"), "confirmed")
    hand.clicks(verify.get_by_role("button", name="Enregistrer"))
    expect(page.locator("#gate-police")).to_have_class("gate open")
    with page.expect_response("**/call-service"):
        hand.clicks(page.locator("#gate-police form[data-act=call-service] button"))
    hand.tells(POLICE)

    close = page.locator("#form-close")
    hand.clicks(page.locator("#closing > summary"))
    hand.chooses(close.locator("[name=code]"), "intervention")
    hand.clicks(close.locator("[name=text]"))
    hand.types("remis à la police")
    hand.clicks(close.get_by_role("button"))
    expect(page.locator(".facts")).to_contain_text("attente")
    hand.tells(CLOSE)
    return hand.told


def by_keyboard(page: Page, web: Web) -> dict[str, int]:
    hand, pane = Counted(page), page.locator("#incident")
    call = comes(page, web)
    hand.presses("F8", "a")
    expect(page.locator(".row.own")).to_have_count(1)
    hand.presses("Enter")
    is_mine(page)
    with page.expect_response("**/take-over"):
        hand.presses("g")
    hand.tells(TAKE)

    is_another(page)
    hand.types("été indien")
    hand.presses("Enter")
    expect(pane.locator(".verdicts")).to_contain_text("mot de passe juste")
    page.keyboard.press("Escape")
    hand.tells(PASSWORD)
    hangs_up(page, web, call)

    hand.presses("w")
    expect(pane.locator(".byhand .task.open")).to_contain_text("Ouest Garde")
    hand.tells(GUARD)

    verify = pane.locator("form[data-act=verify]")
    hand.presses("d")
    hand.picks("ag")
    expect(verify.locator("[name=means]")).to_have_value("guard")
    hand.presses("Tab", "Tab", "Tab", "ArrowDown", "Tab", "Enter")
    expect(page.locator("#gate-police")).to_have_class("gate open")
    hand.presses("s")
    with page.expect_response("**/call-service"):
        hand.presses("Enter")
    hand.tells(POLICE)

    close = page.locator("#form-close")
    hand.presses("c")
    hand.picks("inter")
    expect(close.locator("[name=code]")).to_have_value("intervention")
    hand.presses("Tab")
    hand.types("remis à la police")
    hand.presses("Enter")
    expect(page.locator(".facts")).to_contain_text("attente")
    hand.tells(CLOSE)
    return hand.told


@pytest.mark.parametrize("means", [by_mouse, by_keyboard])
def test_an_alarm_takes_no_more_acts_than_it_did(
    page: Page, web: Web, means: Callable[[Page, Web], dict[str, int]]
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    told, at_most = means(page, web), dict(zip(ALL, NOW[means.__name__], strict=True))
    assert {what: acts for what, acts in told.items() if acts > at_most[what]} == {}


def test_by_mouse_each_takes_half_of_what_it_did() -> None:
    for before, now in zip(BEFORE["by_mouse"], NOW["by_mouse"], strict=True):
        assert now * 2 <= before
