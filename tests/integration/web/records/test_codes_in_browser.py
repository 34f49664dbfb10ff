"""A note is written by its code, by keyboard alone; the book folds its calls, under axe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.core.signals.signal import Kind
from callflow.handling.base.telling import tell
from callflow.handling.records import corrected_entries, mnemonics
from callflow.storage import Tx
from callflow.storage.records import logbook
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path_factory.mktemp("codes"))
    station.user(NAME, Role.ADMINISTRATOR)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def looked_at(page: Page, name: str) -> None:
    """A picture of it, where somebody wants to look."""
    if folder := os.environ.get("CALLFLOW_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def told(station: WebStation, incident: str) -> list[str]:
    entries = station.store.read_now(partial(logbook.page, incident=incident))
    return [entry.text for entry in entries if entry.kind == "note"]


def test_a_code_becomes_its_text_and_tab_goes_through_the_blanks(
    web: tuple[WebStation, WebProcess], page: Page
) -> None:
    station, process = web
    said, now = watched(page), clock.now()
    station.do(
        lambda tx: mnemonics.change(
            tx, "RAM", "[qui] ramasse les clés à [heure]", [Kind.INTRUSION], "admin", now
        )
    )
    station.site()
    alarm = station.alarm()
    incident = alarm.id
    log_in(page, process, f"/incidents/{incident}")
    note = page.locator("#form-note textarea")
    note.focus()
    page.keyboard.type("Vu. ra")
    options = page.locator("#codes [role=option] b")
    expect(options).to_have_text(["RAM", "RAS"])  # the alarm's kind first
    looked_at(page, "codes")
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(note).to_have_value("Vu. [qui] ramasse les clés à [heure]")
    page.keyboard.type("Le gardien")
    page.keyboard.press("Shift+Tab")  # nothing before: it leaves the field
    note.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Tab")
    selected = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
    assert note.evaluate(selected) == "[heure]"
    page.locator("#form-note button").press("Enter")  # a blank is left: it is not sent
    expect(note).to_be_focused()
    assert told(station, incident) == []
    note.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Tab")
    page.keyboard.type("8 h [à peu près]")  # brackets of one's own are no blank
    page.keyboard.press("Tab")
    expect(page.locator("#form-note button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(note).to_have_value("")
    assert told(station, incident) == ["Vu. Le gardien ramasse les clés à 8 h [à peu près]"]
    note.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#codes [role=option]").first).to_contain_text("EFF")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#codes [aria-selected=true]")
    second = chosen.inner_text()
    station.do(lambda tx: tell(tx, "note", clock.now(), alarm, who_did=NAME, note="vu de la rue"))
    expect(page.locator("#incident")).to_contain_text("vu de la rue")
    expect(chosen).to_have_text(second)  # what comes meanwhile takes nobody's choice away
    page.keyboard.press("Escape")
    expect(page.locator("#codes")).to_have_count(0)
    expect(note).to_have_value("")
    assert said == []


@pytest.mark.deep
def test_the_book_and_the_alarm_fold_calls_and_show_what_is_corrected(
    web: tuple[WebStation, WebProcess], page: Page
) -> None:
    station, process = web
    station.site()
    incident = station.alarm()
    station.call(Outcome.NO_KEY, seconds=42)
    station.do(partial(_noted, incident=incident))
    (entry,) = station.store.read_now(lambda tx: logbook.last(tx, limit=1))
    station.do(lambda tx: corrected_entries.correct(tx, entry.id, "porte sud", NAME, clock.now()))
    log_in(page, process)
    for name, address in {
        "logbook": "/logbook?q=porte+OR+appel",
        "book": "/logbook",
        "entry": f"/logbook/{entry.id}",
        "texts": "/settings/texts?code=GAR",
    }.items():
        page.goto(f"{process.url}{address}")
        assert violations(page) == [], name
        looked_at(page, name)
    page.goto(f"{process.url}/logbook")
    expect(page.locator("s").first).to_have_text("porte nord")
    call = page.locator("details.call")
    expect(call.locator("li").first).to_be_hidden()
    call.locator("summary").press("Enter")
    expect(call.locator("li").first).to_be_visible()
    looked_at(page, "open")
    page.goto(f"{process.url}/incidents/{incident.id}")
    expect(page.locator("details.call summary")).to_contain_text("Accueil")
    looked_at(page, "alarm")


def _noted(tx: Tx, incident: object) -> None:
    tell(tx, "note", clock.now(), incident, who_did=NAME, note="porte nord")  # type: ignore[arg-type]
