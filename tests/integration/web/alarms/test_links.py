"""Links inside a signal wait for a person (D24): shown, never asked for by page or machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.signals.signal import Signal
from callflow.handling.alarms import receiving
from callflow.handling.base import storing
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.integration.web.payloads import PAYLOADS
from tests.integration.web.walks.test_hostile_texts import Read
from tests.support.stations.canary import Canary
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as server:
        yield server


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.site("1001", name="Boulangerie")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def alarm(station: WebStation, extra: str) -> str:
    """An alarm with further data blocks, correlated; its incident's id."""
    row = station.alarm("1001")
    now = clock.now()
    sent = Signal(
        account="1001",
        format="SIA-DCS",
        code="BA",
        zone="3",
        partition="2",
        user="14",
        text="Vitrine",
        received_at=now,
        line="surgard/01-03",
        caller="+33639980001",
        extra=extra,
        deduplication="with links",
    )
    station.do(lambda tx: storing.store_signals(tx, [sent]))
    station.do(lambda tx: receiving.correlate(tx, clock.now()))
    return str(row.id)


def test_a_link_is_shown_and_only_a_person_follows_it(
    page: Page, web: tuple[WebStation, WebProcess], canary: Canary
) -> None:
    station, process = web
    said = watched(page)
    log_in(page, process)
    link = canary.link("/clip.jpg?zone=3&n=1")
    incident = alarm(station, f"[X002E21.134][Y48N51.503][V{link}][Vjavascript:alert(1)][Q1]")
    expect(page.locator("#list-queue, #list-machine").get_by_text("Boulangerie")).to_be_visible()
    page.goto(f"{process.url}/incidents/{incident}")
    shown = page.get_by_role("link", name=link)
    expect(shown).to_be_visible()
    assert shown.get_attribute("target") == "_blank"
    assert set(str(shown.get_attribute("rel")).split()) == {"noopener", "noreferrer", "nofollow"}
    signals = page.locator("#view-messages")
    for text in (
        "longitude 002E21.134",
        "latitude 48N51.503",
        "javascript:alert(1)",
        "Q 1",
        "partition 2",
        "utilisateur 14",
        "ligne surgard/01-03",
        "06 39 98 00 01",
        "rattaché à l'alarme",
    ):
        expect(signals).to_contain_text(text)
    expect(signals.get_by_role("link")).to_have_count(1)
    expect(signals.locator("img, iframe, video, object, embed")).to_have_count(0)
    assert violations(page) == []
    shown.hover()
    shown.focus()
    station.alarm("1001", zone="4")
    expect(page.locator("#h-signals .count")).to_have_text("3")
    with page.expect_response(f"{process.url}/incidents/{incident}"):
        station.alarm("1001", zone="5")
    assert (canary.connected, canary.asked) == (0, [])
    assert said == []
    with page.context.expect_page() as opened:
        shown.click()
    assert canary.rung.wait(timeout=10), "the canary is deaf: what it did not hear proves nothing"
    assert canary.asked == [("/clip.jpg?zone=3&n=1", None)]  # no word of where the person was
    assert opened.value.evaluate("window.opener") is None


def test_a_deferred_signal_shows_the_panels_time(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    log_in(page, process)
    now = clock.now()
    late = Signal(
        account="1001",
        format="SIA-DCS",
        code="BA",
        zone="3",
        received_at=now,
        panel_time=now - timedelta(minutes=40),
        line="dc09-tcp",
        deduplication="late",
    )
    station.do(lambda tx: storing.store_signals(tx, [late]))
    station.do(lambda tx: receiving.correlate(tx, clock.now()))
    page.get_by_role("link", name="Boulangerie").first.click()
    shown = page.locator(".deferred")
    expect(shown).to_contain_text("différé")
    local = (now - timedelta(minutes=40)).astimezone(ZoneInfo("Europe/Paris"))
    expect(shown).to_contain_text(f"{local:%H:%M:%S}")
    assert violations(page) == []


async def test_hostile_blocks_are_text(station: WebStation, operator: httpx.AsyncClient) -> None:
    """Whatever stands where a link, a place, a user or a line should: no tag, no address."""
    station.site("1001")
    incident = station.alarm("1001").id
    sent = [
        Signal(
            account="1001",
            format="SIA-DCS",
            code="BA",
            zone="3",
            partition=payload[:16],
            user=payload[:16],
            received_at=clock.now(),
            line=payload[:32],
            caller=payload[:32],
            extra=f"[V{payload}][X{payload}][{payload}][Vhttps://camera.example/{number}]",
            deduplication=f"hostile {number}",
        )
        for number, payload in enumerate(payload for payload in PAYLOADS if "\0" not in payload)
    ]
    harmless = (await operator.get(f"/incidents/{incident}")).text
    for one in sent:
        station.do(lambda tx, one=one: storing.store_signals(tx, [one]))
        station.do(lambda tx: receiving.correlate(tx, clock.now()))
    page = (await operator.get(f"/incidents/{incident}")).text
    anchors = [a for a in re.findall(r"<a [^>]*>", page) if 'class="map"' not in a]
    links = [a for a in anchors if "_blank" in a and 'href="/' not in a]
    addresses = [re.search(r'href="([^"]*)"', link) for link in links]
    assert [found and found[1] for found in addresses] == [
        f"https://camera.example/{number}" for number in range(len(sent))
    ]
    every = re.findall(r'href="([^"]*)"', " ".join(anchors))
    others = [a for a in every if not a.startswith(("/", "?", "#"))]
    assert others == [found and found[1] for found in addresses]
    shown = ("tr", "td", "b", "span", "time", "bdi", "a", "ul", "li", "svg", "use")
    growing = (*shown, "form", "input", "button")  # to have a link fetched
    rest = [[t for t in Read(p).tags if t[0] not in growing] for p in (harmless, page)]
    assert rest[0] == rest[1]
    known = {names for _, names in Read(harmless).tags} | {("href", "target", "rel")}
    assert {names for tag, names in Read(page).tags if tag in growing} <= known | {
        ("class", "aria-label"),
        ("class", "method", "action", "data-act"),
    }


async def test_many_links_and_places_keep_their_order(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    links = [f"https://camera.example/{number}" for number in range(8)]
    await api.post("/signals", json={"account": "1001", "code": "BA", "links": links})
    assert (await api.get("/signals")).json()["items"][0]["links"] == links
