"""A language chosen once, by a link on any page, is the browser's from then on."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from tests.support.pages.visitors import Person
from tests.support.stations.web_station import NAME, WebStation
from web.access.cookies import LANGUAGE
from web.access.users import Role

PAGES = ("/sites", "/sites/1001", "/plans/intrusion", "/people", "/logbook", "/start", "/nowhere")


@pytest.fixture
async def person(station: WebStation, app: FastAPI) -> Person:
    station.site()
    station.user(NAME, Role.ADMINISTRATOR)
    found = Person(app, NAME)
    assert (await found.log_in()).status_code == 303
    return found


async def language(person: Person, where: str) -> str | None:
    found: str | None = (await person.see(where)).headers.get("content-language")
    return found


async def test_before_anybody_is_known(app: FastAPI) -> None:
    person = Person(app)
    assert await language(person, "/login?lang=en") == "en"
    assert await language(person, "/login") == "en"


@pytest.mark.parametrize("where", PAGES)
async def test_on_every_page(person: Person, where: str) -> None:
    assert await language(person, "/account") == "fr"
    assert await language(person, f"{where}?lang=en") == "en"
    assert await language(person, "/account") == "en"
    assert await language(person, f"{where}?lang=fr") == "fr"
    assert await language(person, "/account") == "fr"


async def test_what_is_no_language_of_ours_is_not_remembered(person: Person) -> None:
    for wrong in ("de", "", "en%0d%0aSet-Cookie:%20a=b", "en;%20path=/"):
        answer = await person.see(f"/sites?lang={wrong}")
        assert "set-cookie" not in answer.headers
    assert await language(person, "/account") == "fr"


async def test_neither_a_file_nor_a_program_s_answer_chooses(
    person: Person, station: WebStation
) -> None:
    headers = {"Authorization": f"Bearer {station.token()}"}
    listed = await person.client.get("/api/v1/sites?lang=en", headers=headers)
    styles = await person.see("/static/callflow.css?lang=en")
    assert (listed.status_code, styles.status_code) == (200, 200)
    assert person.client.cookies.get(LANGUAGE) is None
