"""Somebody is called on pages by the name that is shown of them; what identifies them stays what
they log in by."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.alarms import operating
from callflow.handling.desks import shifts
from callflow.handling.records.reports import facts
from callflow.handling.station import users
from callflow.storage.people import users as rows
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import NAME, WebStation
from web.access.users import Role

SHOWN = "Claire Ménager"
BDI = f'<bdi title="{NAME}">{SHOWN}</bdi>'


def shows(station: WebStation, shown: str = SHOWN, name: str = NAME) -> None:
    def change(tx: object) -> None:
        user = rows.user_by_name(tx, name)  # type: ignore[arg-type]
        assert user
        users.change_user(tx, user.id, clock.now(), by="chef", shown_name=shown)  # type: ignore[arg-type]

    station.do(change)


@pytest.fixture
async def boss(station: WebStation, app: FastAPI) -> Person:
    station.user("chef", Role.ADMINISTRATOR)
    person = Person(app, "chef")
    assert (await person.log_in()).status_code == 303
    return person


@pytest.fixture
def held(station: WebStation, operator: httpx.AsyncClient) -> str:
    """An alarm that Claire took, while on shift."""
    station.site()
    now = clock.now()
    user = station.store.read_now(lambda tx: rows.user_by_name(tx, NAME))
    assert user
    station.do(lambda tx: shifts.begin_shift(tx, user.id, NAME, [], now, now))
    row = station.alarm()
    station.do(lambda tx: operating.claim(tx, row.id, NAME, now))
    shows(station)
    return str(row.id)


async def test_each_page_calls_her_so(station: WebStation, held: str, boss: Person) -> None:
    pages = ["/", f"/incidents/{held}", "/logbook", "/audit?who=" + NAME, "/desk", "/shift"]
    pages += ["/wallboard", "/sites/1001", "/people/sessions", "/statistics/operators"]
    lacking = []
    for path in pages:
        shown = (await boss.see(path)).text
        if SHOWN not in shown or f">{NAME}<" in re.sub(r"<option.*?</option>", "", shown):
            lacking.append(path)
    assert lacking == []
    assert BDI in (await boss.see(f"/incidents/{held}")).text


async def test_what_identifies_her_stays_her_log_in(
    station: WebStation, held: str, boss: Person, api: httpx.AsyncClient
) -> None:
    assert (await api.get(f"/incidents/{held}")).json()["holder"] == NAME
    claimed = (await api.get("/logbook", params={"incident": held})).json()["items"]
    assert {entry["who"] for entry in claimed if entry["kind"] == "claimed"} == {NAME}
    file = await boss.fill("/logbook", "/logbook/export")
    assert NAME in file.text
    assert SHOWN not in file.text
    file = await boss.see("/statistics/operators/operators.csv")
    assert NAME in file.text
    assert SHOWN not in file.text
    entry = next(e for e in claimed if e["kind"] == "claimed")
    assert NAME in entry["text"]


async def test_she_is_found_by_both_names(
    held: str, operator: httpx.AsyncClient, boss: Person
) -> None:
    await operator.get("/sites/1001")  # which the audit tells
    for who in (NAME, "claire menager"):
        for path in ("/logbook", "/audit"):
            shown = (await boss.client.get(path, params={"who": who})).text
            assert '<tr id="e-' in shown, (path, who)
    for words in ("ménager", NAME):
        found = (await boss.client.get("/search", params={"q": words})).text
        assert SHOWN in found


async def test_the_report_for_the_file_has_both_and_the_client_s_neither(
    station: WebStation, held: str
) -> None:
    known = station.store.read_now(lambda tx: facts(tx, held))
    assert known.named_staff(NAME) == f"{SHOWN} ({NAME})"
    assert known.named_staff("omar") == "omar"


async def test_an_administrator_gives_and_takes_the_name(station: WebStation, boss: Person) -> None:
    station.user()
    user = station.store.read_now(lambda tx: rows.user_by_name(tx, NAME))
    assert user
    where = f"/people/{user.id}"
    given = {"role": "operator", "languages": "fr", "skill": ""}
    answer = await boss.fill("/people", where, shown_name=f" {SHOWN} ", **given)
    assert answer.status_code == 303
    assert f"{SHOWN}" in (await boss.see("/people")).text
    assert "nom affiché" in (await boss.see("/audit")).text
    assert (await boss.fill("/people", where, shown_name="", **given)).status_code == 303
    assert SHOWN not in (await boss.see("/people")).text


@pytest.mark.parametrize("taken", ["Chef", "CHÉF", "callflow", "Call flow", "x" * 65, "a\nb"])
async def test_nobody_is_called_as_another_is(
    station: WebStation, boss: Person, taken: str
) -> None:
    """What is told of one would be read as another's."""
    station.user()
    user = station.store.read_now(lambda tx: rows.user_by_name(tx, NAME))
    assert user
    given = {"role": "operator", "languages": "fr", "skill": ""}
    answer = await boss.fill("/people", f"/people/{user.id}", shown_name=taken, **given)
    assert answer.status_code == 409
    new = {"name": "zoé", "role": "operator", "languages": "fr", "password": "un mot bien long"}
    answer = await boss.fill("/people", "/people", shown_name=taken, **new)
    assert answer.status_code == 422
    assert station.store.read_now(rows.shown_names) == {}


async def test_nobody_logs_in_by_the_name_of_another(station: WebStation, boss: Person) -> None:
    station.user()
    shows(station)
    new = {"role": "operator", "languages": "fr", "password": "un mot bien long"}
    answer = await boss.fill("/people", "/people", name="CLAIRE MENAGER", **new)
    assert answer.status_code == 422
    answer = await boss.fill("/people", "/people", name="omar", shown_name="Omar Haddad", **new)
    assert answer.status_code == 303
    assert station.store.read_now(rows.shown_names) == {NAME: SHOWN, "omar": "Omar Haddad"}
