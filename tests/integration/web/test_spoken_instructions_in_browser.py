"""An instruction that was spoken on the phone: listened to, written down, countersigned (D19)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from callflow import clock, handling
from callflow.handling import instructing, speaking
from callflow.instructions import Instruction, InstructionKind
from callflow.storage import Tx, instructions
from ivr.recording import sha256_of
from tests.integration.web.test_browser import log_in, violations
from tests.support.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.accounts import Role

CHIEF = "Denis Aubry"
VOICE = "1795200000.1.1"
Web = tuple[WebStation, WebProcess]


def spoken(station: WebStation, **more: Any) -> None:
    """A client said something for two seconds, and confirmed it."""
    call_id, now = VOICE.rpartition(".")[0], clock.now()
    file = station.settings.recordings_dir / "spoken" / f"{VOICE}.wav"
    file.parent.mkdir(parents=True)
    soundfile.write(file, np.sin(np.arange(16_000) / 3) * 0.3, 8000, subtype="PCM_16")
    kept: dict[str, Any] = dict(
        name=VOICE, path=f"spoken/{VOICE}.wav", sha256=sha256_of(file), duration=2.0
    )
    made = Instruction(
        id="",
        site="1001",
        kind=InstructionKind.NOTE,
        begins_at=now,
        ends_at=now + timedelta(days=2),
        author="Camille Le Goff",
        made_at=now,
        voice=VOICE,
    )

    def run(tx: Tx) -> None:
        handling.incoming_call(tx, call_id, "+33639980150", station.settings.node, now)
        speaking.said(tx, call_id, now=now, **kept)
        instructing.make(tx, "1001", made, lowers=False, asked_by=None, now=now)
        speaking.confirmed(tx, call_id, now)

    station.do(run)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.user(CHIEF, Role.SUPERVISOR)
    station.site("1001", name="Boulangerie du Marché")
    spoken(station)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def stored(station: WebStation) -> dict[str, Any]:
    (row,) = station.store.read_now(lambda tx: instructions.of_site(tx, "1001", limit=9))
    return row


def shows(page: Page, web: Web, who: str = NAME) -> None:
    page.goto(f"{web[1].url}/login?next=/sites/1001")
    page.locator("[name=name]").fill(who)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button.primary").click()
    expect(page.locator("#site .instructions")).to_be_visible()


def test_it_is_heard_written_down_and_counts_then(page: Page, web: Web) -> None:
    shows(page, web)
    listed = page.locator("#site .instructions")
    expect(listed).to_contain_text("personne ne l'a encore écoutée")
    sound = listed.locator("audio")
    sound.evaluate("element => element.play()")
    expect(sound).to_have_js_property("duration", 2)
    assert violations(page) == []
    form = listed.locator("form.heard")
    expect(form.locator("textarea")).to_have_value("")  # nobody guessed at the words
    form.locator("textarea").fill("Le peintre entre à sept heures.")
    form.get_by_role("button", name="Je l'ai écoutée").click()
    expect(listed).to_contain_text("Le peintre entre à sept heures.")
    expect(listed).not_to_contain_text("inactive")
    assert (stored(web[0])["transcriber"], stored(web[0])["lowers"]) == (NAME, [])
    assert violations(page) == []


def test_what_lowers_protection_waits_for_somebody_else(
    page: Page, browser: Browser, web: Web
) -> None:
    shows(page, web)
    form = page.locator("#site form.heard")
    form.locator("textarea").fill("N'envoyez personne cette nuit.")
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Je l'ai écoutée").click()
    expect(page.locator("#site .instructions")).to_contain_text("pas contresignée")
    expect(page.get_by_role("button", name="Contresigner")).to_have_count(0)
    with browser.new_context() as context:
        chief = context.new_page()
        shows(chief, web, CHIEF)
        chief.get_by_role("button", name="Contresigner").click()
        expect(chief.locator("#site .instructions")).not_to_contain_text("inactive")
    assert stored(web[0])["signer"] == CHIEF


def test_it_can_be_refused_and_an_alarm_shows_that_it_waits(page: Page, web: Web) -> None:
    incident = web[0].alarm("1001")
    log_in(page, web[1])
    page.goto(f"{web[1].url}/incidents/{incident['id']}")
    shown = page.locator("#incident .instructions")
    expect(shown).to_contain_text("personne ne l'a encore écoutée")
    expect(shown.locator("audio")).to_be_visible()
    page.goto(f"{web[1].url}/sites/1001")
    page.get_by_role("button", name="Retirer cette consigne").click()
    expect(page.locator("#site .instructions")).to_have_count(0)
    assert stored(web[0])["withdrawn_by"] == NAME
