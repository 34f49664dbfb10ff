"""Tiles beneath the map: the station's own archive, for whoever is logged in, drawn under the same
policy as every page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from tests.integration.web.kit.test_browser import log_in, watched
from tests.support.outside.tiles import archive
from tests.support.pages.looking import violations
from tests.support.pages.visitors import somebody
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.security import POLICY
from web.access.users import Role

TILES, SITES = "/map/tiles.pmtiles", "/map/sites.json"
EVIL = "<img src=x onerror=alert(1)> somebody's survey"
MOVED = """() => new Promise((done) => {
  const sum = (list) => done(list.getEntries().reduce((all, one) => all + one.value, 0));
  new PerformanceObserver(sum).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done(0)));
})"""
NO_WEBGL = "HTMLCanvasElement.prototype.getContext = () => null;"


def placed(station: WebStation, path: Path, content: bytes, patch: pytest.MonkeyPatch) -> Path:
    path.write_bytes(content)
    patch.setattr(station.settings, "map_tiles", path)
    return path


async def test_an_archive_is_read_by_ranges_by_whoever_is_logged_in(
    station: WebStation, app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with somebody(station, app, "lea", Role.READER) as lea:
        part = {"Range": "bytes=0-6"}
        assert (await lea.client.get(TILES, headers=part)).status_code == 404
        assert "page.js" not in (await lea.see("/map")).text
        there = placed(station, tmp_path / "france.pmtiles", archive(), monkeypatch)
        answer = await lea.client.get(TILES, headers=part)
        assert (answer.status_code, answer.content) == (206, b"PMTiles")
        assert answer.headers["etag"]
        assert answer.headers["cache-control"] == "no-store"
        shown = await lea.see("/map")
        assert "page.js" in shown.text
        assert shown.headers["content-security-policy"] == POLICY
        lea.client.cookies.clear()
        for address in (TILES, SITES):
            stranger = await lea.client.get(address, headers=part)
            assert (stranger.status_code, stranger.headers["location"][:6]) == (303, "/login")
        there.unlink()


@pytest.mark.parametrize(
    "asked",
    [
        *("", "bytes=0-", "bytes=-7", "bytes=7-0", "lines=0-6"),
        *("bytes=0-99999999", "bytes=0-1,2-3", "bytes=0-1,0-1,0-1,0-1", "bytes=1e3-9"),
    ],
)
async def test_nobody_gets_the_whole_of_it_at_once(
    station: WebStation,
    app: FastAPI,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
) -> None:
    placed(station, tmp_path / "france.pmtiles", archive(), monkeypatch)
    async with somebody(station, app, "lea", Role.READER) as lea:
        answer = await lea.client.get(TILES, headers={"Range": asked} if asked else {})
        assert answer.status_code == 416


async def test_another_file_named_by_mistake_is_given_to_nobody(
    station: WebStation, app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with somebody(station, app, "lea", Role.READER) as lea:
        for name, content in (("other.db", b"SQLite format 3\0"), ("old", b"PMTiles\x02")):
            placed(station, tmp_path / name, content, monkeypatch)
            answer = await lea.client.get(TILES, headers={"Range": "bytes=0-6"})
            assert answer.status_code == 404
            assert "page.js" not in (await lea.see("/map")).text
        monkeypatch.setattr(station.settings, "map_tiles", tmp_path)  # a folder
        assert (await lea.client.get(TILES, headers={"Range": "bytes=0-6"})).status_code == 404


async def test_sites_on_tiles_are_coordinates_and_nothing_else(
    station: WebStation, app: FastAPI
) -> None:
    station.site("1001", name=EVIL, latitude=48.117, longitude=-1.678)
    station.site("1002", latitude=48.117004, longitude=-1.678004)  # some centimetres away
    station.site("1003")
    async with somebody(station, app, "lea", Role.READER) as lea:
        answer = await lea.client.get(SITES)
        assert answer.json() == {"type": "MultiPoint", "coordinates": [[-1.678, 48.117]]}


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path)
    tiles = tmp_path / "france.pmtiles"
    tiles.write_bytes(archive(EVIL))
    monkeypatch.setenv("CALLFLOW_MAP_TILES", str(tiles))
    station.user(NAME, Role.OPERATOR)
    station.site(postcode="35000", latitude=48.117, longitude=-1.678)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def test_a_browser_draws_them_and_asks_nobody_else(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    said, asked = watched(page), set[str]()
    log_in(page, process)
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{process.url}/map?site=1001")
    tiles = page.locator("#tiles")
    expect(tiles).to_have_attribute("data-drawn", "[]", timeout=120_000)
    expect(page.locator("#map figure")).to_be_hidden()
    expect(page.locator("[data-by]")).to_have_text("somebody's survey")
    assert page.evaluate(MOVED) < 0.02
    assert {f"{process.url}{TILES}", f"{process.url}{SITES}"} <= asked
    assert {url for url in asked if not url.startswith(f"{process.url}/")} == set()
    canvas = page.locator("#tiles canvas")
    before = canvas.screenshot()
    row = station.alarm(zone="3")
    drawn = f"[[48.117, -1.678, {row.priority}, 1]]"
    expect(tiles).to_have_attribute("data-drawn", drawn, timeout=120_000)
    assert canvas.screenshot() != before
    page.get_by_role("button", name="Plus loin").click()
    assert said == []


@pytest.mark.deep
def test_an_alarm_shows_where_its_site_is_when_somebody_looks(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    row = station.alarm(zone="3")
    said, asked = watched(page), set[str]()
    page.on("request", lambda request: asked.add(request.url))
    log_in(page, process)
    page.goto(f"{process.url}/?incident={row.id}")
    inset = page.locator("#incident .inset")
    expect(inset).to_be_attached()
    assert not [url for url in asked if "maplibre" in url or "/map/" in url]
    inset.scroll_into_view_if_needed()
    drawn = inset.locator("[data-drawn]")
    expect(drawn).to_be_attached(timeout=120_000)
    expect(inset).to_contain_text("somebody's survey")
    assert page.evaluate(MOVED) < 0.02
    drawn.evaluate("(e) => { globalThis.before = e; }")
    station.alarm(zone="4")  # the pane is read anew
    expect(page.locator("#incident .whereabouts")).to_contain_text("4")
    assert drawn.evaluate("(e) => e === globalThis.before")
    assert violations(page) == []
    assert {url for url in asked if not url.startswith(f"{process.url}/")} == set()
    assert said == []


def test_an_alarm_shows_outlines_where_a_browser_draws_no_tiles(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    row = web[0].alarm(zone="3")
    page.add_init_script(NO_WEBGL)
    log_in(page, web[1])
    page.goto(f"{web[1].url}/incidents/{row.id}")
    inset = page.locator("#incident .inset")
    inset.scroll_into_view_if_needed()
    expect(inset.locator("use[href$='#d35']")).to_be_visible()
    expect(inset.locator("canvas")).to_have_count(0)


@pytest.mark.deep
def test_the_outlines_stay_where_a_browser_draws_no_tiles(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    page.add_init_script(NO_WEBGL)
    log_in(page, web[1])
    with page.expect_console_message(lambda said: said.text.startswith("no tiles:")):
        page.goto(f"{web[1].url}/map")
    expect(page.locator("#map figure")).to_be_visible()
    expect(page.locator("#tiles")).to_be_hidden()
