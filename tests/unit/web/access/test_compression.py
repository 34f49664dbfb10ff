"""Large pages are compressed where the browser takes it so; nothing else is."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from web.access.compression import SMALLEST, Compression, compressed

LARGE = "<p>Bijouterie du Parlement — é</p>" * 2000


async def page(request: Request) -> Response:
    return HTMLResponse(LARGE, headers={"Vary": "Accept-Language"})


async def other(request: Request) -> Response:
    made: Callable[[], Response] = {
        "small": lambda: HTMLResponse("<p>" * 100),
        "problem": lambda: HTMLResponse(LARGE, 409),
        "json": lambda: JSONResponse([LARGE]),
        "stream": lambda: StreamingResponse(iter([LARGE[:9], LARGE[9:]]), media_type="text/html"),
        "events": lambda: StreamingResponse(iter([LARGE]), media_type="text/event-stream"),
        "packed": lambda: HTMLResponse(LARGE, headers={"Content-Encoding": "identity"}),
    }[request.path_params["what"]]
    return made()


def asked() -> httpx.AsyncClient:
    methods = ["GET", "HEAD", "POST"]
    app = Starlette(routes=[Route("/", page, methods=methods), Route("/{what}", other)])
    transport = httpx.ASGITransport(Compression(app))
    return httpx.AsyncClient(transport=transport, base_url="http://station")


@pytest.mark.parametrize("taken", ["gzip", "br, GZIP;q=0.5", "deflate, gzip ; q = 1"])
async def test_a_large_page_is(taken: str) -> None:
    async with asked() as browser:
        answer = await browser.get("/", headers={"Accept-Encoding": taken})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(LARGE) / 10
    assert answer.headers["vary"] == "Accept-Language, Accept-Encoding"
    assert answer.text == LARGE


@pytest.mark.parametrize("taken", ["", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "*"])
async def test_a_browser_that_does_not_take_it_gets_it_as_it_is(taken: str) -> None:
    async with asked() as browser:
        answer = await browser.get("/", headers={"Accept-Encoding": taken})
    assert "content-encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["vary"]
    assert answer.text == LARGE


@pytest.mark.parametrize("what", ["small", "problem", "json", "stream", "events"])
async def test_nothing_else_is(what: str) -> None:
    async with asked() as browser:
        answer = await browser.get(f"/{what}", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert len(answer.content) >= 300


async def test_what_an_act_is_answered_with_is_not() -> None:
    """A password may stand in it, which is shown this once."""
    async with asked() as browser:
        answer = await browser.post("/", headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in answer.headers
        head = await browser.head("/", headers={"Accept-Encoding": "gzip"})
    assert head.headers["content-length"] == str(len(LARGE.encode()))


def test_the_same_page_is_not_as_long_each_time() -> None:
    body = b"x" * SMALLEST
    made = [compressed(body) for _ in range(40)]
    assert {gzip.decompress(one) for one in made} == {body}
    assert len({len(one) for one in made}) > 10
