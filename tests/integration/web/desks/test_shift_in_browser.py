"""A shift's pages in Chromium: without a fault for axe, and one key says *I am here*."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.desks.roster import Part
from callflow.core.time.hours import Span
from callflow.handling.alarms import operating
from callflow.handling.base import policy
from callflow.handling.desks import rosters
from callflow.storage.desks import shifts
from callflow.storage.people import users
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

#: How many tones the page has begun stands on its root element.
LISTEN = """
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) {
  const root = document.documentElement.dataset;
  root.tones = Number(root.tones ?? 0) + 1;
  return start.apply(this, at);
};
"""
HOSTILE = "</title><b>x</b>\u202e<script>window.x=1</script>"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    """A supervisor on shift who holds two alarms of three, with a colleague, a note, a roster."""
    station = WebStation(tmp_path)
    station.user(NAME, Role.SUPERVISOR)
    station.user("david", Role.OPERATOR)
    held = []
    for account, code in (("1001", "FA"), ("1002", "BA"), ("1003", "AT")):
        station.site(account, name=f"Boulangerie {account} {HOSTILE}")
        held.append(station.alarm(account, code).id)
    now = clock.now()
    spans = [Span(now - timedelta(hours=n), now + timedelta(hours=9 - n)) for n in (1, 2)]
    station.do(
        lambda tx: rosters.add_duties(
            tx, Part.TECHNICIAN, HOSTILE, "+33639989920", spans, NAME, now
        )
    )
    ids = {name: user_id(station, name) for name in (NAME, "david")}
    left = station.do(lambda tx: shifts.begin(tx, ids["david"], now))
    station.do(lambda tx: shifts.end(tx, left, now, note=f"Clé du 1003 {HOSTILE}"))
    for name in (NAME, "david"):
        station.do(lambda tx, n=name: shifts.begin(tx, ids[n], clock.now()))
    for incident in held[:2]:
        station.do(lambda tx, i=incident: operating.claim(tx, i, NAME, clock.now()))
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


@pytest.mark.deep
@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing_on_the_pages_of_a_shift(
    page: Page, web: tuple[WebStation, WebProcess], language: str
) -> None:
    said = watched(page)
    log_in(page, web[1])
    for path in ("/shift", "/shift/end", "/roster"):
        page.goto(f"{web[1].url}{path}?lang={language}")
        expect(page.locator(".on-shift")).to_be_visible()
        assert violations(page) == []
        small = page.evaluate(
            """[...document.querySelectorAll("body *")].filter((e) =>
                 [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) &&
                 parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.outerHTML)"""
        )
        assert small == []
        assert page.evaluate("window.x") is None
    alone(web[0], "david")
    page.goto(f"{web[1].url}/shift/end?lang={language}")  # nobody left: a supervisor's reason
    assert violations(page) == []
    end_all(web[0])
    page.goto(f"{web[1].url}/shift?lang={language}")  # to be ticked and signed
    expect(page.locator(".tick")).to_have_count(3)
    assert violations(page) == []
    assert said == []


def test_a_headset_is_heard_measured_and_kept(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    said = watched(page)
    log_in(page, process)
    page.get_by_role("link", name="Vacation").click()  # in the shell, as people come here
    sound = page.locator("section.sound")
    tone = sound.get_by_role("button", name="Faire entendre le signal")
    tone.click()
    expect(tone).to_have_attribute("aria-pressed", "true")
    expect(tone).to_have_attribute("aria-pressed", "false")
    sound.get_by_label("Je l’entends dans mon casque").check()
    sound.get_by_role("button", name="Mesurer mon micro").click()
    expect(sound.locator("output")).to_have_text("Parlez comme au téléphone…")
    expect(sound.locator("output")).to_have_text("Assez fort.")
    assert violations(page) == []
    sound.get_by_role("button", name="Conserver cet essai").click()
    expect(page.locator(".facts").first).to_contain_text("casque en ordre")
    on = station.store.read_now(shifts.on_shift)
    mine = next(one for one in on if one.name == NAME)
    assert mine.sound_level is not None
    assert -45 <= mine.sound_level <= 0
    assert said == []


def test_one_key_says_i_am_here_and_takes_no_focus(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    page.add_init_script(LISTEN)
    ask_often(station)
    alone(station, "david")
    said = watched(page)
    log_in(page, process, "/roster")
    asked = page.get_by_role("alertdialog", name="Vous êtes seul en poste")
    expect(asked).to_be_visible(timeout=15_000)
    assert violations(page) == []
    page.wait_for_function("Number(document.documentElement.dataset.tones) >= 3")
    page.locator("#drawer-add > summary").press("Enter")
    name = page.get_by_label("Qui")
    name.fill("An")
    page.keyboard.press("F9")
    expect(asked).to_be_hidden()
    page.keyboard.type("a")  # the focus stayed where it was
    expect(name).to_have_value("Ana")
    (row,) = station.store.read_now(shifts.on_shift)
    assert row.attended_at is not None
    assert said == []


@pytest.mark.deep
def test_the_question_is_answered_by_the_button_too(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    ask_often(station)
    alone(station, "david")
    log_in(page, process)
    asked = page.get_by_role("alertdialog")
    expect(asked).to_be_visible(timeout=15_000)
    asked.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(asked).to_be_hidden()
    expect(page).to_have_url(f"{process.url}/")


def user_id(station: WebStation, name: str) -> str:
    found = station.store.read_now(lambda tx: users.user_by_name(tx, name))
    assert found is not None
    return str(found.id)


def alone(station: WebStation, leaving: str) -> None:
    """Only one of the two is left."""
    for row in station.store.read_now(shifts.on_shift):
        if row.name == leaving:
            station.do(lambda tx, i=row.id: shifts.end(tx, i, clock.now()))


def end_all(station: WebStation) -> None:
    for name in (NAME, "david"):
        alone(station, name)


def ask_often(station: WebStation) -> None:
    quick = station.settings.model_copy(update={"dead_man_night": 5, "dead_man_day": 5})
    station.do(lambda tx: policy.save_policy(tx, quick))
