"""Users and roles: a person tried at a page's address, as the page itself would let them in."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.station import users as acts
from callflow.storage.people import users
from tests.support.pages.routes import PUBLIC, all_routes
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access import page_rights
from web.access.users import Role


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    station.user("odile", Role.ADMINISTRATOR)
    station.user("bea", Role.OPERATOR)
    person = Person(app, "odile")
    async with person.client:
        assert (await person.log_in()).status_code == 303
        yield person


async def tried(chief: Person, who: str, address: str, language: str = "en") -> str:
    asked = {"who": who, "address": address, "lang": language}
    answer = await chief.client.get("/settings", params=asked)
    assert answer.status_code == 200
    found = re.search(r'<div role="status">(.*?)</div>', answer.text, re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", found[1]) if found else ""
    return re.sub(r"\s+", " ", html.unescape(text)).strip()


@pytest.mark.parametrize(
    ("who", "address", "said"),
    [
        ("odile", "/settings/trunks", "odile , administrator — let in (Decide who logs in"),
        (
            "bea",
            "/settings/trunks",
            "bea , operator — not let in; this page is for who may: Decide",
        ),
        ("bea", "https://station.example/sites/1001?x=1", "bea , operator — let in (See sites"),
        ("bea", "people", "bea , operator — not let in; this page is for who may: Listen in"),
        ("bea", "/login", "let in (this page is for everybody, logged in or not"),
        ("bea", "/account", "let in (this page is for everybody who is logged in"),
        ("bea", "/nowhere", "There is no page at this address: /nowhere"),
        ("bea", "/api/v1/sites", "There is no page at this address"),
        ("bea", "http://[", "There is no page at this address"),
        ("nobody", "/sites", ""),
    ],
)
async def test_a_person_is_tried_at_an_address(
    chief: Person, who: str, address: str, said: str
) -> None:
    found = await tried(chief, who, address)
    assert said in found
    assert bool(said) == bool(found)


async def test_what_is_in_the_way_is_said_in_the_language_of_who_asks(
    station: WebStation, chief: Person
) -> None:
    row = station.store.read_now(lambda tx: users.user_by_name(tx, "bea"))
    assert row is not None
    station.do(lambda tx: acts.set_password(tx, row.id, "x", "odile", clock.now()))
    assert "choose a password of their own first" in await tried(chief, "bea", "/sites")
    station.do(lambda tx: acts.disable_user(tx, row.id, "odile", clock.now()))
    assert "disabled, let in nowhere" in await tried(chief, "bea", "/sites")
    assert "n'entre nulle part" in await tried(chief, "bea", "/sites", "fr")


async def test_what_it_says_is_what_each_page_s_own_route_asks(app: FastAPI) -> None:
    pages = [each for each in all_routes(app) if each.method == "GET" and not each.by_token]
    assert len(pages) > 40
    for route in pages:
        there, asked = page_rights.page_at(app, route.address)
        assert there
        if ("GET", route.path) in PUBLIC:
            assert asked is None
        elif route.declared is not None:
            assert asked == route.declared


@pytest.mark.parametrize("what", ["a person", "a code", "retention"])
async def test_of_two_who_change_it_at_once_the_second_is_refused(
    station: WebStation, chief: Person, what: str
) -> None:
    """Both have the page open; nothing of the first one's change is lost."""
    row = station.store.read_now(lambda tx: users.user_by_name(tx, "bea"))
    assert row is not None
    page, where, first, second = {
        "a person": (
            *("/people", f"/people/{row.id}"),
            {"role": "reader", "languages": "fr", "skill": ""},
            {"role": "operator", "languages": "fr en", "skill": ""},
        ),
        "a code": (
            *("/settings/events?code=AT", "/settings/events"),
            {"code": "AT", "kind": "technical"},
            {"code": "AT", "priority": "4"},
        ),
        "retention": (
            *("/settings/retention", "/settings/retention"),
            {"what": "images", "days": "90"},
            {"what": "images", "days": "60"},
        ),
    }[what]
    shown = (await chief.see(f"{page}{'&' if '?' in page else '?'}lang=en")).text
    form = next(
        form
        for form in re.findall(rf'<form[^>]* action="{where}".*?</form>', shown, re.DOTALL)
        if 'name="as_of"' in form and (what != "retention" or 'value="images"' in form)
    )
    found = re.search(r'name="as_of" value="([^"]+)"', form)
    assert found
    assert (await chief.send(where, as_of=found[1], **first)).status_code == 303
    late = await chief.send(where, as_of=found[1], **second)
    assert late.status_code == 409
    assert "somebody changed this meanwhile" in late.text
    after = station.store.read_now(lambda tx: users.user_by_name(tx, "bea"))
    assert after is not None
    assert (after.role == "reader") == (what == "a person")
