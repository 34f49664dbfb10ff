"""Away from the console nothing is gone: telephone, sounds, vital count, stream on every page.

A page that is followed is shown in the place of the main part: the script that holds the telephone,
and with it a conversation, is the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from callflow import clock
from callflow.handling.alarms import operating
from callflow.handling.calls import calling
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.records import logbook
from tests.integration.web.desks.test_desk import on_shift
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.integration.web.kit.test_sounds_in_browser import LISTEN, SOUND, hears, silence
from tests.support.stations.full_station import FullStation
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]
CALLER = "+33639981001"  # the keyholder's of the bakery


@pytest.fixture
def web(tmp_path: Path, page: Page) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.ADMINISTRATOR)
    on_shift(station)
    station.site("1001", name="Boulangerie")
    station.site("1002", name="Garage")
    page.add_init_script(LISTEN)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def is_the_same(page: Page) -> bool:
    """Whether the script that the test marked still runs."""
    return bool(page.evaluate("window.marked === true"))


def go(page: Page, link: str, heading: str) -> None:
    there = page.locator(".pages").get_by_role("link", name=link, exact=True)
    if not there.count():  # in the menu
        page.locator("#more-pages summary").click()
    there.click()
    expect(page.locator("main").get_by_role("heading", name=heading).first).to_be_visible()
    assert is_the_same(page), f"{link} was loaded anew"


def follow(page: Page, address: str) -> None:
    """A link of a page's own."""
    link = f"<a id=followed href={address}>x</a>"
    page.evaluate(
        "(link) => document.querySelector('main').insertAdjacentHTML('afterbegin', link)", link
    )
    page.locator("#followed").click()


def test_a_page_is_shown_once_its_script_hears_the_first_click(page: Page, web: Web) -> None:
    log_in(page, web[1])
    held = list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/headset.js*", hold)
    page.get_by_role("link", name="Vacation").click()
    while not held:
        page.wait_for_timeout(20)
    sound = page.locator("section.sound")
    expect(sound).to_have_count(0)
    held[0].continue_()
    sound.get_by_role("button", name="Mesurer mon micro").click()
    expect(sound.locator("output")).to_have_text("Parlez comme au téléphone…")


@pytest.mark.timeout(180)
def test_pages_are_read_while_the_telephone_goes_on(page: Page, web: Web) -> None:
    station, process = web
    said = watched(page)
    log_in(page, process)
    expect(page.locator("#tally-vital")).to_have_text("0 vitale non prise")  # the stream is there
    page.evaluate("window.marked = true")
    for link, heading in (
        ("Main courante", "Main courante"),
        ("Sites", "Sites"),
        ("Vacation", "Prise de poste"),
        ("Réglages", "Réglages"),
        ("Consignes", "Consignes"),
    ):
        go(page, link, heading)
    go(page, "Main courante", "Main courante")
    assert violations(page) == []
    expect(page.locator("#telephone")).to_be_hidden()
    silence(page)
    row = station.alarm("1001", code="FA")
    expect(page.locator("#tally-vital")).to_have_text("1 vitale non prise")
    expect(page.locator("#said-vital")).to_have_text(
        "Nouvelle alarme vitale : Boulangerie, Alarme incendie"
    )
    expect(page).to_have_title(re.compile(r"^\(1\) .*Main courante|^\(1\) "))
    hears(page, *SOUND[1])

    full = FullStation(station)
    leg = full.rings_for(NAME, full.waits(CALLER))
    card = page.locator(".leg")
    expect(card).to_contain_text("En ligne pour vous : Anne Le Goff")
    expect(card).to_contain_text("Boulangerie · Alarme incendie")
    expect(card).to_contain_text("alarme vitale")
    expect(page.locator("#telephone #pop")).to_contain_text("Boulangerie")
    hears(page, 440, 480)
    assert violations(page) == []
    # It is answered: the alarm opens, and the page's script is the same.
    station.do(lambda tx: calling.call_answered(tx, leg, clock.now()))
    expect(page.locator("#incident h1")).to_contain_text("Boulangerie")
    expect(page).to_have_url(re.compile(rf"/incidents/{row.id}$"))
    expect(card).to_contain_text("En conversation avec Anne Le Goff")
    assert is_the_same(page)
    page.go_back()
    expect(page.locator("main").get_by_role("heading", name="Main courante")).to_be_visible()
    expect(card).to_contain_text("En conversation avec Anne Le Goff")
    assert is_the_same(page)
    # A form sends, a list is filtered, and nothing is loaded anew.
    page.locator("main input[name=who]:not([type=hidden])").fill("yves")
    page.locator("main input[name=who]:not([type=hidden])").press("Enter")
    expect(page).to_have_url(re.compile("who=yves"))
    page.locator("#my-menu summary").click()
    page.locator(".user").click()
    expect(page.locator("main h1")).to_contain_text(NAME)
    assert is_the_same(page)
    # Back at the console its rows are true, though it was away.
    station.alarm("1002", code="FA")
    expect(page.locator("#tally-unclaimed")).to_contain_text("attend")
    page.locator(".brand").click()
    expect(page.locator("#list-queue .row")).to_have_count(2)
    expect(page.locator("#list-queue .row", has_text="Garage")).to_be_visible()
    assert is_the_same(page)
    station.alarm("1002", code="BA", zone="9")
    expect(page.locator("#list-machine .row, #list-queue .row")).to_have_count(3)
    full.ends_calls()
    expect(card).to_have_count(0)
    assert said == []


def test_what_i_hold_says_that_it_goes_back_and_i_go_on(page: Page, web: Web) -> None:
    station, process = web
    row = station.alarm("1001", code="FA")
    station.do(lambda tx: operating.claim(tx, row.id, NAME, clock.now()))
    log_in(page, process, "/logbook")
    expect(page.locator("#tally-vital")).to_have_text("0 vitale non prise")
    expect(page.locator("#returns p")).to_have_count(0)

    def soon(tx: Tx) -> None:
        found = incidents.get(tx, row.id)
        assert found is not None
        incidents.change(tx, found, queue_due=clock.now() + timedelta(seconds=28))

    station.do(soon)
    line = page.locator("#returns p")
    expect(line).to_contain_text("Boulangerie, Alarme incendie revient à la file dans 0:")
    assert violations(page) == []
    line.get_by_role("button", name="Je continue").click()
    expect(line).to_have_count(0)
    found = station.store.read_now(lambda tx: incidents.get(tx, row.id))
    assert found is not None
    assert found.holder == NAME
    assert found.queue_due is not None
    assert found.queue_due > clock.now() + timedelta(seconds=90)
    told = station.store.read_now(lambda tx: logbook.page(tx, incident=row.id, limit=500))
    assert "goes_on" in [entry.kind for entry in told]


def test_a_form_that_changes_something_is_sent_and_its_page_is_shown(page: Page, web: Web) -> None:
    _station, process = web
    log_in(page, process, "/call-backs")
    expect(page.locator("#tally-vital .says")).to_have_text("0 vitale non prise")
    page.evaluate("window.marked = true")
    follow(page, "/sites/1001/edit")
    name = page.locator("main input[name=name]").first
    name.fill("Boulangerie du Port")
    name.press("Enter")
    expect(page.locator("main")).to_contain_text("Enregistré")
    assert is_the_same(page)
    # What is refused is a page too, and what does not exist.
    follow(page, "/sites/none")
    expect(page.locator("main h1")).to_have_text("404")
    assert is_the_same(page)
    page.locator("main a.button").click()
    expect(page.get_by_role("heading", name="File des opérateurs")).to_be_visible()
    assert is_the_same(page)


@pytest.mark.parametrize("address", ["/logbook", pytest.param("/", marks=pytest.mark.deep)])
def test_the_banner_of_a_cut_stream_is_seen(page: Page, web: Web, address: str) -> None:
    """It hid under the header where that had two lines."""
    page.set_viewport_size({"width": 1280, "height": 600})
    log_in(page, web[1])
    page.goto(f"{web[1].url}{address}")
    expect(page.locator("#tally-vital .says")).not_to_be_empty()  # the stream is there
    web[1].kill()
    expect(page.locator("#cut")).to_be_visible(timeout=30_000)
    page.mouse.wheel(0, 600)
    assert page.evaluate(
        """() => {
          const [box, bar] = ["#cut", ".top"]
            .map((at) => document.querySelector(at).getBoundingClientRect());
          const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          return box.height > 20 && box.top >= bar.bottom - 1 && there.closest("#cut") !== null;
        }"""
    )


def test_a_new_vital_alarm_below_the_fold_is_announced_as_one(page: Page, web: Web) -> None:
    station, process = web
    for place in range(1, 15):
        station.site(f"2{place:03d}", name=f"Banque {place}")
        station.alarm(f"2{place:03d}", code="FA")
    page.set_viewport_size({"width": 1280, "height": 700})
    log_in(page, process)
    expect(page.locator("#tally-vital")).to_have_text("14 vitales non prises")
    row = station.alarm("1001", code="FA")  # the newest of them: the last of its priority
    expect(page.locator("#said-vital")).to_contain_text("Boulangerie, Alarme incendie")
    more = page.get_by_role("button", name="1 nouvelle alarme vitale ↑")
    expect(more).to_be_in_viewport()
    assert violations(page) == []
    more.click()
    expect(page.locator(f"#i-{row.id} a.title")).to_be_focused()
    expect(page.locator(f"#i-{row.id}")).to_be_in_viewport()
    expect(more).to_be_hidden()
