"""No identifier of the code on any page, in French or English: what a vocabulary calls a thing in
rows is for programs. Nor a script or a style that is written in it."""

from __future__ import annotations

import html
import re

import httpx
import pytest
from fastapi import FastAPI

from tests.integration.web.walks.test_axe_everywhere import pages
from tests.support.checks.code_words import code_words
from tests.support.rows.full_rows import fill
from tests.support.stations.web_station import NAME, PASSWORD, WebStation

#: What nobody reads: what is for the browser, what is typed as it stands, hashes.
_UNREAD = re.compile(r"<(script|style|code|template|pre|textarea)\b.*?</\1>|<!--.*?-->", re.S)
#: What the policy that every answer carries forbids.
_RUNS = re.compile(r"<script(?![^>]*src=)|<style|<[^>]*\s(?:style|on[a-z]+)=")
_SAID = re.compile(
    r'\b(?:aria-label|title|placeholder|alt|data-said\w*|data-(?:one|other))="([^"]*)"'
)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_no_page_shows_a_word_of_the_code(
    station: WebStation, app: FastAPI, language: str
) -> None:
    full = fill(station)
    app.state.closing.set()
    found: dict[str, set[str]] = {}
    seen = 0
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost", follow_redirects=True
    ) as client:
        await client.post("/login", data={"name": NAME, "password": PASSWORD})
        await client.get("/", params={"lang": language})
        for address in [*pages(full), "/logbook?since=2000-01-01"]:
            answer = await client.get(address)
            if answer.headers.get("content-type", "").startswith("text/html"):
                seen += 1
                assert not _RUNS.search(answer.text), address
                assert f'<html lang="{language}"' in answer.text or "<html" not in answer.text
                for word, around in code_in(answer.text, language):
                    found.setdefault(word, set()).add(f"{address}: {around}")
    assert seen > 60
    assert {word: sorted(where)[:3] for word, where in sorted(found.items())} == {}


def code_in(page: str, language: str) -> list[tuple[str, str]]:
    """Words of the code that somebody reads there, each with what stands around it."""
    read = re.sub(
        rf'<(\w+)[^>]* lang="(?!{language})\w+"[^>]*>.*?</\1>', " ", _UNREAD.sub(" ", page)
    )
    texts = [*re.split(r"<[^>]+>", read), *_SAID.findall(read)]
    found = []
    for text in texts:
        said = html.unescape(text).strip()
        found += [(word, said[:90]) for word in code_words(said, language)]
    return found
