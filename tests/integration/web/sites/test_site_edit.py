"""A site's forms: what is typed is written, what is wrong is said, nobody overwrites another."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from callflow import clock
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role

AT = "/sites/1001/edit"
GENERAL = {
    "name": "Boulangerie",
    "client": "Zef",
    "address": "1 rue Haute",
    "postcode": "29000",
    "timezone": "Europe/Paris",
    "language": "fr",
}
LOU = {"name": "Lou", "role": "keyholder", "phone": "06 39 98 01 77", "language": "en"}


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.site()
    return await person(station, app, "alix")


async def person(station: WebStation, app: FastAPI, name: str) -> Person:
    station.user(name, Role.ADMINISTRATOR)
    found = Person(app, name)
    await found.log_in()
    return found


def site(station: WebStation) -> dict[str, Any]:
    found = station.store.read_now(lambda tx: site_document(tx, "1001"))
    assert found is not None
    return found


def people(station: WebStation, role: str = "keyholder") -> list[str]:
    return [c["name"] for c in site(station)["contacts"] if c["role"] == role]


async def as_of(who: Person, at: str = AT) -> str:
    found = re.search(r'name="as_of" value="([^"]+)"', (await who.see(at)).text)
    assert found
    return html.unescape(found[1])


async def test_what_is_typed_is_written_and_the_rest_stays(
    station: WebStation, admin: Person
) -> None:
    before = site(station)
    answer = await admin.send(AT, as_of=await as_of(admin), **GENERAL)
    assert answer.status_code == 303
    assert site(station) == {**before, **GENERAL}


async def test_somebody_is_added_changed_moved_and_removed(
    station: WebStation, admin: Person
) -> None:
    codes = {"code": "8642", "duress_code": "8643"}
    await admin.send(
        "/sites/1001/contacts", as_of=await as_of(admin), may_cancel="yes", **LOU, **codes
    )
    lou = site(station)["contacts"][-1]
    assert (lou["name"], lou["phone"], lou["authorities"]) == (
        "Lou",
        "+33639980177",
        {"*": ["cancel"]},
    )
    assert (lou["code_set"], lou["duress_code_set"], lou["rank"]) == (True, True, 3)
    changed = {**LOU, "id": lou["id"], "name": "Lou Abgrall", "phone": ""}
    await admin.send("/sites/1001/contacts", as_of=await as_of(admin), **changed)
    after = site(station)["contacts"][-1]
    assert (after["name"], after["phone"], after["code_set"]) == ("Lou Abgrall", None, True)
    for act, order in (
        ("up", ["Anne Le Goff", "Lou Abgrall", "Yves Morvan"]),
        ("up", ["Lou Abgrall", "Anne Le Goff", "Yves Morvan"]),
        ("up", ["Lou Abgrall", "Anne Le Goff", "Yves Morvan"]),
        ("down", ["Anne Le Goff", "Lou Abgrall", "Yves Morvan"]),
        ("close", ["Anne Le Goff", "Yves Morvan"]),
    ):
        path = f"/sites/1001/contacts/{lou['id']}/{act}"
        answer = await admin.send(path, as_of=await as_of(admin), reason="déménage")
        assert answer.status_code == 303
        assert people(station) == order
    assert people(station, "premises") == ["Accueil"]
    shown = (await admin.see(AT)).text
    assert "déménage" in shown
    (former,) = re.findall("/former/([0-9a-f]+)/restore", shown)
    path = f"/sites/1001/former/{former}/restore"
    assert (await admin.send(path, as_of=await as_of(admin))).status_code == 303
    assert people(station) == ["Anne Le Goff", "Yves Morvan", "Lou Abgrall"]


async def test_whose_person_one_is_elsewhere_is_said_before_they_are_changed(
    station: WebStation, admin: Person
) -> None:
    said = "change aussi là"
    assert said not in (await admin.see(AT)).text
    known = {"contact": "1001-1", "role": "keyholder"}
    station.site("1002", name="Entrepôt <b>du Port")
    there = {"as_of": await as_of(admin, "/sites/1002/edit"), **known}
    assert (await admin.send("/sites/1002/known", **there)).status_code == 303
    shown = (await admin.see(AT)).text
    assert shown.count(said) == 1
    assert "Entrepôt &lt;b&gt;du Port" in shown.split(said)[1]


async def test_a_contract_changes_now_or_from_a_day_on(station: WebStation, admin: Person) -> None:
    async def becomes(state: str, at: str = "") -> int:
        form = {"state": state, "reason": "fermeture annuelle", "effective_at": at}
        answer = await admin.send("/sites/1001/contract", as_of=await as_of(admin), **form)
        return answer.status_code

    assert await becomes("suspended") == 303
    assert site(station)["state"] == "suspended"
    ahead = (clock.now() + timedelta(days=40)).strftime("%Y-%m-%dT08:00")
    assert await becomes("active", ahead) == 303
    assert site(station)["state"] == "suspended"
    shown = (await admin.see(AT)).text
    assert shown.count("fermeture annuelle") == 2  # what was, what is to come
    (planned,) = re.findall("/contract/([0-9a-f]+)/drop", shown)
    assert (await admin.send(f"/sites/1001/contract/{planned}/drop")).status_code == 303
    assert "/drop" not in (await admin.see(AT)).text
    late = await admin.send(f"/sites/1001/contract/{planned}/drop")
    assert late.status_code == 404


WRONG: list[tuple[str, dict[str, str], str]] = [
    (AT, {**GENERAL, "name": " "}, "is missing (Name)"),
    (AT, {**GENERAL, "postcode": "29 000!"}, "digits and letters, at most 16 (Postcode)"),
    (AT, {**GENERAL, "timezone": "Mars"}, "Europe/Paris (Time zone)"),
    ("/sites/1001/contract", {"state": "gone", "reason": "x"}, "choose one of"),
    ("/sites/1001/contract", {"state": "suspended", "reason": ""}, "write down why (Because)"),
    ("/sites/1001/contract", {"state": "active", "reason": "x"}, "becomes this from what it is"),
    ("/sites/1001/contacts/1001-1/close", {"reason": " "}, "write down why (Because)"),
    ("/sites/1001/contacts", {**LOU, "phone": "17"}, "(Phone)"),
    ("/sites/1001/contacts", {**LOU, "code": "12"}, "must have 4 to 8 digits (Code)"),
    (
        "/sites/1001/contacts",
        {**LOU, "code": "8642", "duress_code": "8642"},
        "must differ from the code (Duress code)",
    ),
    ("/sites/1001/contacts", {**LOU, "language": "xx"}, "choose one of fr, en (Language)"),
    ("/sites/1001/contacts", {**LOU, "id": "nobody"}, "somebody changed this site"),
]


async def test_what_is_wrong_is_said_and_what_was_typed_stands(
    station: WebStation, admin: Person
) -> None:
    before = site(station)
    await admin.see(f"{AT}?lang=en")
    for path, fields, said in WRONG:
        answer = await admin.send(path, as_of=await as_of(admin), **fields)
        assert answer.status_code in (409, 422)
        shown = html.unescape(re.sub("<[^>]+>", "", answer.text))
        assert said in shown
        assert site(station) == before
        if fields.get("name", "").strip() and "id" not in fields:
            assert f'value="{fields["name"]}"' in answer.text


async def test_the_second_of_two_who_change_it_is_refused(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    other = await person(station, app, "bea")
    shown = await as_of(admin)
    assert (await other.send(AT, as_of=await as_of(other), **GENERAL)).status_code == 303
    late = await admin.send(AT, as_of=shown, **{**GENERAL, "name": "Pâtisserie"})
    assert late.status_code == 409
    assert "entre-temps" in late.text
    assert 'value="Pâtisserie"' in late.text  # theirs, beside what stands now
    assert "Boulangerie" in late.text
    assert site(station)["name"] == "Boulangerie"


async def test_only_who_may_configure_sees_the_forms(station: WebStation, app: FastAPI) -> None:
    station.site()
    station.user("oper", Role.OPERATOR)
    operator = Person(app, "oper")
    await operator.log_in()
    assert (await operator.see(AT)).status_code == 403
    assert AT not in (await operator.see("/sites/1001")).text
    assert (await operator.send(AT, as_of="", **GENERAL)).status_code == 403


async def test_of_a_site_that_there_is_not_there_are_no_forms(admin: Person) -> None:
    assert (await admin.see("/sites/9999/edit")).status_code == 404
    assert (await admin.send("/sites/9999/edit", **GENERAL)).status_code == 404
    assert (await admin.send("/sites/1001/contacts/x/burn")).status_code == 404


async def test_a_site_is_added_and_its_forms_are_shown(station: WebStation, admin: Person) -> None:
    made = await admin.send("/sites", account="2001", name="Cave du Vallon")
    assert (made.status_code, made.headers["location"]) == (303, "/sites/2001/edit?saved=general")
    assert "Cave du Vallon" in (await admin.see("/sites/2001/edit")).text
    await admin.see("/sites?lang=en")
    for account, name, said in (
        ("2001", "Another", "there is a site of this account already (Account)"),
        ("20 01", "Another", "digits and letters only (Account)"),
        ("2002", " ", "is missing (Name)"),
        ("", "Another", "is missing (Account)"),
    ):
        refused = await admin.send("/sites", account=account, name=name)
        assert refused.status_code in (409, 422)
        assert said in html.unescape(re.sub("<[^>]+>", "", refused.text))
