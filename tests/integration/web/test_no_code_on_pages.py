"""No identifier of the code on any page, in French or English: what a vocabulary calls a thing in
rows is for programs."""

from __future__ import annotations

import html
import re

import httpx
import pytest
from fastapi import FastAPI

from callflow.call import CallState, Mode, Outcome
from callflow.call_plan import StepKind
from callflow.incident import State
from callflow.task import TaskOutcome
from tests.integration.web.test_axe_everywhere import pages
from tests.support.full_rows import fill
from tests.support.web_station import NAME, PASSWORD, WebStation

#: What nobody reads: what is for the browser, what is typed as it stands, hashes.
_UNREAD = re.compile(r"<(script|style|code|template|pre|textarea)\b.*?</\1>|<!--.*?-->", re.S)
_SAID = re.compile(
    r'\b(?:aria-label|title|placeholder|alt|data-said\w*|data-(?:one|other))="([^"]*)"'
)
#: How code names things, in any language.
_CODE = re.compile(
    r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b"  # a field, a state, a step
    r"|\bCALLFLOW_[A-Z_]+|\b[A-Z]{2,}_[A-Z_]+\b"  # a setting
    r"|\bop-[0-9a-z]+\b"  # a telephone
    r"|\((?:totp|oidc)\)"
    r"|\bcli\b|^(?:None|True|False|null)$"
)
#: Members of vocabularies that are no words of French; "operator" is a plan's own id, too, which
#: who writes plans chooses and reads.
_MEMBERS = {
    member.value
    for vocabulary in (CallState, Mode, Outcome, StepKind, State, TaskOutcome)
    for member in vocabulary
} - {"question", "message", "parking", "close", "traces", "operator"}
_ENGLISH = re.compile(
    r"\b(?:" + "|".join(sorted(_MEMBERS)) + r")\b|\((?:password|passkey|recovery)\)"
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
        words = [*_CODE.finditer(said), *(_ENGLISH.finditer(said) if language == "fr" else ())]
        found += [(word[0], said[:90]) for word in words]
    return found
