"""Images, evidence and the verification form in Chromium: by keyboard, under axe, as they come."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.messages.outbox import Channel, Fault, Message, Still, Take, Undelivered
from callflow.core.records import audit
from callflow.handling.messages import delivery
from callflow.storage.records import logbook
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.outside import cameras
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

HALL = {"id": "hall", "name": "Hall", "url": "http://10.0.0.1/snap", "zones": ["3"]}
YARD = {"id": "cour", "name": "Cour", "url": "rtsp://10.0.0.2/live", "pre_alarm": True}


class Shown:
    """An alarm of a site with two cameras, on its page."""

    def __init__(self, station: WebStation, web: WebProcess, page: Page) -> None:
        self.station, self.web, self.page = station, web, page
        station.site(cameras=[HALL, YARD])
        self.incident = str(station.alarm().id)
        self.jpeg, self.mp4 = _apart()

    def open(self, language: str = "fr") -> None:
        log_in(self.page, self.web, f"/incidents/{self.incident}?lang={language}")
        expect(self.page.locator("#incident")).to_be_visible()

    def due(self, after: float) -> list[Message]:
        """What the worker would claim so many seconds from now."""
        at = clock.now() + timedelta(seconds=after)
        room = {Channel.IMAGES: 100}
        return list(self.station.do(lambda tx: delivery.claim_messages(tx, at, room)))

    def comes(self, message: Message) -> None:
        """The camera gives what it was asked for."""
        clip = message.data["take"] == "clip"
        content, ending = (self.mp4, ".mp4") if clip else (self.jpeg, ".jpg")
        path = f"{self.incident}/{message.id}{ending}"
        file = self.station.settings.images_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        now, sha256 = clock.now(), hashlib.sha256(content).hexdigest()
        still = Still(path=path, sha256=sha256)
        if clip:
            ends = now + timedelta(seconds=2)
            still = replace(still, take=Take.CLIP, begins_at=now, ends_at=ends)
        self.station.do(lambda tx: delivery.image_fetched(tx, message.id, still, now))

    def looks(self) -> list[str]:
        """What the audit tells of images that were looked at, the oldest first."""
        entries = self.station.store.read_now(lambda tx: logbook.page(tx, incident=self.incident))
        return [entry.kind for entry in entries if entry.kind in audit.LOOKS["images"]]

    def fails(self, message: Message) -> None:
        failed, now = Undelivered(Fault.NO_DECODER, "apt-get install ffmpeg"), clock.now()
        sent, attempt = message.id, message.attempts
        self.station.do(
            lambda tx: delivery.message_failed(tx, sent, attempt, failed, now, jitter=0)
        )


def _apart() -> tuple[bytes, bytes]:
    """In a thread: playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_pictures())).result()


async def _pictures() -> tuple[bytes, bytes]:
    return await cameras.jpeg(), await cameras.mp4()


@pytest.fixture
def shown(tmp_path: Path, page: Page) -> Iterator[Shown]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    process = WebProcess(station)
    process.start()
    yield Shown(station, process, page)
    process.kill()
    station.close()


@pytest.mark.parametrize("language", ["fr", pytest.param("en", marks=pytest.mark.deep)])
def test_images_come_by_themselves_and_what_fails_says_what_to_do(
    shown: Shown, language: str
) -> None:
    said = watched(shown.page)
    shown.open(language)
    waits = {"fr": "Demandées, en route", "en": "Asked for, on their way"}[language]
    expect(shown.page.locator(".images")).to_contain_text(waits)
    messages = shown.due(60)
    assert len(messages) == 7  # three stills of each, and a clip
    for message in messages:
        if message.to == "cour" and message.data["take"] == "still":
            shown.fails(message)
        else:
            shown.comes(message)
    hall = shown.page.locator(".camera", has_text="Hall")
    expect(hall.locator(".series li")).to_have_count(3)
    expect(hall.locator("figure img")).to_have_js_property("naturalWidth", 320)
    yard = shown.page.locator(".camera", has_text="Cour")
    expect(yard.locator("video")).to_be_visible()
    expect(yard.locator(".refused")).to_contain_text("apt-get install ffmpeg")
    expect(yard.locator(".refused")).to_have_count(1)
    expect(shown.page.locator(".images")).not_to_contain_text(waits)
    assert violations(shown.page) == []
    shown.page.locator(".services details").first.locator("summary").click()
    assert violations(shown.page) == []
    assert said == []


def test_the_series_is_walked_by_keyboard_and_a_clip_plays(shown: Shown) -> None:
    for message in shown.due(60):
        shown.comes(message)
    shown.open()
    series = shown.page.locator(".camera", has_text="Hall").locator(".series")
    series.focus()
    expect(series).to_be_focused()
    shown.page.keyboard.press("Tab")
    expect(series.locator("a").first).to_be_focused()
    # Seen before the clip: it is fetched when it comes into sight.
    expect(shown.page.locator(".camera figure img").first).not_to_have_js_property(
        "naturalWidth", 0
    )
    video = shown.page.locator("video")
    video.focus()
    shown.page.keyboard.press("Space")
    shown.page.wait_for_function("() => document.querySelector('video').currentTime > 0.2")
    assert shown.looks() == ["images_seen", "clip_played"]


def test_an_open_page_is_one_look_whatever_comes(shown: Shown) -> None:
    first, *later = shown.due(60)
    shown.comes(first)
    shown.open()
    newest = shown.page.locator(".camera figure img").first
    expect(newest).to_have_js_property("naturalWidth", 320)
    for message in later:
        shown.comes(message)
    yard = shown.page.locator(".camera", has_text="Cour")
    expect(yard.locator("figure img")).to_have_js_property("naturalWidth", 320)
    expect(yard.locator("video")).to_be_visible()
    assert shown.looks() == ["images_seen"]
    with shown.page.context.expect_page() as opened:
        newest.click()
    opened.value.wait_for_load_state()
    assert shown.looks() == ["images_seen", "image_opened"]


def test_what_was_chosen_stays_chosen_when_another_image_comes(shown: Shown) -> None:
    first, second, *_ = sorted(shown.due(60), key=lambda message: message.data["take"] == "clip")
    shown.comes(first)
    shown.open()
    shown.page.get_by_text("Enregistrer une levée de doute").click()
    form = shown.page.locator("form[data-act=verify]")
    form.locator("[name=means]").select_option("images")
    form.locator("[name=image]").select_option(first.id)
    form.locator("[name=text]").fill("deux hommes")
    shown.comes(second)
    expect(shown.page.locator(f"#still-{second.id}, #newest-{second.id}").first).to_be_attached()
    expect(form.locator("[name=image] option")).to_have_count(3)
    expect(form.locator("[name=image]")).to_have_value(first.id)
    expect(form.locator("[name=means]")).to_have_value("images")
    form.locator("[name=result]").select_option("confirmed")
    form.get_by_role("button", name="Enregistrer").press("Enter")
    expect(shown.page.locator(".services .done")).to_contain_text("Images")
    done = shown.page.locator(".services .done a")
    expect(done).to_have_attribute("href", f"/images/{first.id}")
    expect(shown.page.locator(".evidence .signs")).to_contain_text("Infraction constatée : Images")


def test_a_person_looks_again(shown: Shown) -> None:
    shown.due(60)
    shown.open()
    shown.page.get_by_role("button", name="Regarder de nouveau").press("Enter")
    asked = shown.page.locator(".log li", has_text="Images demandées : Hall, Cour")
    expect(asked).to_have_count(2)
    assert {message.to for message in shown.due(0)} >= {"hall", "cour"}
