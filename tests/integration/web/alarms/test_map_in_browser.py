"""The map as a browser draws it: by what the station serves alone, and by itself as alarms come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.integration.web.kit.test_browser import log_in, watched
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.site(postcode="35000", latitude=48.117, longitude=-1.678)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def test_the_station_alone_draws_it_and_an_alarm_comes_by_itself(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    said, asked = watched(page), set[str]()
    log_in(page, process)
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{process.url}/map")
    brittany = page.locator("use[href$='#d35']")
    expect(brittany).to_have_class("ours")
    page.wait_for_function(
        "() => document.querySelector(\"use[href$='#d35']\").getBBox().width > 20"
    )
    box, dots = brittany.bounding_box(), page.locator(".dots").bounding_box()
    assert box is not None
    assert dots is not None
    assert box["x"] < dots["x"] < box["x"] + box["width"]
    assert box["y"] < dots["y"] < box["y"] + box["height"]
    row = station.alarm(zone="3")
    link = page.locator(f"#d-35 a[href='/incidents/{row.id}']")
    expect(link).to_be_visible(timeout=60_000)
    expect(page.locator(f".mark.p{row.priority}")).to_have_count(1)
    assert {url for url in asked if not url.startswith(process.url)} == set()
    assert said == []
