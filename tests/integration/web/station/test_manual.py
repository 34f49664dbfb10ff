"""The manual on the station's pages: who is logged in reads it, and each page opens its topic."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.support.pages.routes import all_routes
from tests.support.stations.web_station import WebStation
from web.pages.station import manual

_DOCS = Path(__file__).parents[4] / "docs"
_GENERATED = {"reference/events"}


@pytest.fixture
def pages(tmp_path: Path, station: WebStation) -> Path:
    """A manual of two pages, where the station finds it; a secret lies beside."""
    made = tmp_path / "manual"
    for name in ("index.html", "how-to/fr/shift.html"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(f"<title>{name}</title>", "utf-8")
    (made / "_static").mkdir()
    (made / "_static" / "a.js").write_text("1")
    (tmp_path / "secret").write_text("key")
    (made / "way-out").symlink_to(tmp_path / "secret")
    station.settings.manual_dir = made
    return made


@pytest.mark.usefixtures("pages")
async def test_a_stranger_reads_nothing_of_it(stranger: httpx.AsyncClient) -> None:
    for path in ("/help", "/help/", "/help/index.html", "/help/_static/a.js"):
        answer = await stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


@pytest.mark.usefixtures("pages")
async def test_it_is_served_under_the_policy_of_every_page(operator: httpx.AsyncClient) -> None:
    for path, kind in (("/help/", "text/html"), ("/help/_static/a.js", "text/javascript")):
        answer = await operator.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self';"
        )
        assert answer.headers["cache-control"] == "private, no-cache"
        again = await operator.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    "path",
    [
        "/help/gone.html",
        "/help/../secret",
        "/help/%2e%2e/secret",
        "/help/..%2fsecret",
        "/help/_static/..%2f..%2f..%2fsecret",
        "/help//etc/passwd",
        "/help/way-out",
        "/help/_static",
        "/help/%00",
    ],
)
async def test_nothing_else_is(path: str, operator: httpx.AsyncClient) -> None:
    answer = await operator.get(path)
    assert answer.status_code == 404
    assert answer.text != "key"


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://station/shift", "/help/how-to/fr/shift.html"),
        ("http://station/incidents/abc?x=1", "/help/how-to/fr/alarm.html"),
        ("", "/help/how-to/fr/alarm.html"),
        ("http://[", "/help/how-to/fr/alarm.html"),
        ("no:address", "/help/how-to/fr/alarm.html"),
        ("http://station/settings/trunks", "/help/how-to/trunks.html"),
    ],
)
async def test_a_page_opens_its_topic(
    came_from: str, leads_to: str, operator: httpx.AsyncClient
) -> None:
    answer = await operator.get("/help", headers={"Referer": came_from})
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


async def test_a_station_without_it_says_so(operator: httpx.AsyncClient) -> None:
    answer = await operator.get("/help")
    assert answer.status_code == 200
    assert "./run docs" in answer.text
    assert (await operator.get("/help/index.html")).headers["location"] == "/help"


def test_every_page_has_a_topic_that_is_written(app: FastAPI) -> None:
    paths = {
        route.path for route in all_routes(app) if route.method == "GET" and not route.by_token
    }
    for path in paths:
        for language in ("fr", "en"):
            found = manual.topic(path, language)
            assert found in _GENERATED or (_DOCS / f"{found}.md").is_file(), (path, found)


def test_no_topic_is_of_a_page_that_is_gone(app: FastAPI) -> None:
    paths = [route.path for route in all_routes(app) if route.method == "GET"]
    for start in manual.TOPICS:
        assert any(path == start or path.startswith(f"{start}/") for path in paths), start
