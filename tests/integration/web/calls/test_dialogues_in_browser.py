"""The dialogues in Chromium: heard, walked by the keyboard's keys, a studio's recording put in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.integration.web.kit.test_browser import log_in, watched
from tests.support.outside.studio import recording
from tests.support.pages.looking import faults
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

PLAYED = """(audio) => new Promise((done) => {
  audio.addEventListener("ended", () => done(audio.duration));
  audio.play();
})"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebProcess]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.ADMINISTRATOR)
    station.site()  # no first start
    process = WebProcess(station)
    process.start()
    yield process
    process.kill()
    station.close()


@pytest.mark.timeout(240)
def test_a_dialogue_is_read_heard_and_walked(page: Page, web: WebProcess) -> None:
    said = watched(page)
    log_in(page, web)
    page.locator("#more-pages summary").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dialogues").click()
    page.get_by_role("link", name="Appel entrant", exact=False).first.click()
    button = page.locator("#scene-account [data-play]").first
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_attribute("aria-pressed", "false", timeout=60_000)  # it was said
    page.get_by_role("link", name="Le parcourir").click()
    pad = page.locator("[data-pad] input[name=keys]")
    expect(pad).to_be_focused()
    page.keyboard.type("1001#")
    page.keyboard.press("Enter")
    expect(page.locator(".heard")).to_contain_text("Tapez votre code")
    expect(pad).to_be_focused()
    page.keyboard.type("2580#")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="client reconnu", exact=True).press("Enter")
    expect(page.locator(".heard")).to_contain_text("Merci, code reconnu.")
    assert page.locator("main audio").evaluate(PLAYED) > 5
    page.keyboard.press("2")  # the keyboard's keys are the phone's
    expect(page.locator(".heard")).to_contain_text("Vous avez demandé de l'aide.")
    expect(page.locator(".past")).to_contain_text("mis en relation")
    assert faults(page, "dark", "light") == []
    page.get_by_role("button", name="Tout est dit").press("Enter")
    expect(page.get_by_role("heading", name="L'appel est fini")).to_be_visible()
    assert said == []


@pytest.mark.timeout(240)
def test_a_studio_s_recording_is_put_in_heard_and_taken_away(page: Page, web: WebProcess) -> None:
    said = watched(page)
    log_in(page, web, "/announcements?q=REVOIR")
    page.locator("a.named[href='/announcements/goodbye']").click()
    french = page.locator("section", has=page.get_by_role("heading", name="FR"))
    french.locator("[type=file]").set_input_files(
        {"name": "goodbye.txt", "mimeType": "text/plain", "buffer": b"<script>alert(1)</script>"}
    )
    french.get_by_role("button", name="Mettre à sa place").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("ni WAV ni FLAC")
    french.locator("[type=file]").set_input_files(
        {"name": "goodbye.wav", "mimeType": "audio/wav", "buffer": recording(440)}
    )
    french.get_by_role("button", name="Mettre à sa place").press("Enter")
    expect(french.get_by_role("heading")).to_contain_text("enregistrement du studio, 1.2 s")
    assert french.locator("audio").evaluate(PLAYED) == pytest.approx(1.16, abs=0.05)
    assert faults(page, "dark", "light") == []
    french.get_by_role("button", name="Retirer l'enregistrement").press("Enter")
    expect(french.get_by_role("heading")).to_contain_text("dite par la voix")
    assert [line for line in said if "422" not in line] == []
