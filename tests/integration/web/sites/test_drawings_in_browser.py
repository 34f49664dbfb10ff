"""A zone is placed on a site's floor plan by a click, and by typed numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.sites.drawings import Place
from callflow.handling.sites import drawings
from callflow.handling.sites.drawings import Picture
from callflow.paper.pictures import picture, size_of
from callflow.storage.sites import drawings as rows
from tests.integration.web.kit.test_browser import log_in, watched
from tests.support.outside.pictures import a_picture
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.SUPERVISOR)
    station.site()
    content = picture(a_picture((800, 400)), 2000)
    plan = Picture(content, *size_of(content))
    station.do(lambda tx: drawings.add(tx, station.vault, "1001", "Plan", plan, NAME, clock.now()))
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


HERE = "/sites/1001/drawings"


def places(station: WebStation) -> tuple[Place, ...]:
    (drawing,) = station.store.read_now(lambda tx: rows.of_site(tx, "1001"))
    return drawing.places


def test_a_zone_is_placed_by_a_click_and_by_typed_numbers(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    said = watched(page)
    log_in(page, process)
    page.goto(f"{process.url}{HERE}")
    shown = page.locator("svg.drawing")
    picture = shown.locator("image")
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    expect(shown.locator(".fresh")).to_have_count(1)
    form = page.locator("#place")
    x, y = (int(form.locator(f"[name={name}]").input_value()) for name in "xy")
    assert abs(x - 250) <= 2
    assert abs(y - 500) <= 2
    form.get_by_role("button").click()
    expect(shown.locator(".mark:not(.fresh)")).to_have_count(1)
    assert places(station) == (Place("1001", "3", x, y),)
    form.locator("[name=x]").fill("900")
    form.locator("[name=y]").fill("100")
    form.locator("[name=y]").press("Enter")
    expect(page.locator(".drawings .keys")).to_contain_text("900")
    assert places(station) == (Place("1001", "3", 900, 100),)
    picture.click(position={"x": 10, "y": 10})  # the script outlives the page
    expect(shown.locator(".fresh")).to_have_count(1)
    assert said == []
