"""Firms, services and clients: lists and forms, each change told with before and after."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from fastapi import FastAPI

from callflow.handling.interventions import directory, members
from callflow.handling.interventions import firms as interventions_firms
from callflow.handling.interventions.firms import get_firm
from callflow.storage.interventions import firms
from callflow.storage.records import logbook
from callflow.storage.sites import contracts
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role

Row = dict[str, Any]
OUEST = {"name": "Ouest Garde", "part": "guard", "licence": "AUT-035", "phone": "06 39 98 10 50"}


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.user("alix", Role.ADMINISTRATOR)
    found = Person(app, "alix")
    await found.log_in()
    await found.see("/firms?lang=en")
    return found


def text_of(page: str) -> str:
    return html.unescape(re.sub("<[^>]+>", "", page))


async def send(who: Person, at: str, path: str, **form: str) -> tuple[int, str]:
    found = re.search(r'name="as_of" value="([^"]+)"', (await who.see(at)).text)
    assert found
    answer = await who.send(path, as_of=found[1], **form)
    return answer.status_code, text_of(answer.text)


def told(station: WebStation, kind: str) -> list[Row]:
    entries = station.store.read_now(lambda tx: logbook.page(tx, limit=200))
    return [row.data for row in entries if row.kind == kind]


async def test_a_firm_and_its_people_are_written_closed_and_opened_again(
    station: WebStation, admin: Person
) -> None:
    made = await admin.send("/firms", **OUEST)
    assert made.status_code == 303
    at = made.headers["location"].partition("?")[0]
    firm_id = at.rsplit("/", 1)[1]
    changed = {**OUEST, "rank": "2", "sectors": "350, 351", "language": "fr", "tariff": "95 €/h"}
    assert (await send(admin, at, f"{at}/save", **changed, code="258001"))[0] == 303
    assert (await send(admin, at, f"{at}/hours", limited="yes", mon="20:00-06:00"))[0] == 303
    firm = station.store.read_now(lambda tx: get_firm(tx, firm_id))
    assert (firm.rank, firm.sectors, firm.tariff) == (2, ["350", "351"], "95 €/h")
    assert firm.availability == {"week": {"mon": ["20:00-06:00"]}}
    assert firm.code_set
    second = told(station, "guard_firm_changed")[1]
    assert second["fields"]["rank"] == [1, 2]
    assert second["fields"]["code"] is None
    member = {"name": "Tom", "phone": "06 39 98 10 51", "language": "fr", "mail": "tom@ouest.test"}
    assert (await send(admin, at, f"{at}/members/save", **member, code="258002"))[0] == 303
    (tom,) = station.store.read_now(lambda tx: members.firm_members(tx, firm_id))
    assert (tom.phone, tom.code_set) == ("+33639981051", True)
    member |= {"id": tom.id, "mail": "t@ouest.test"}
    assert (await send(admin, at, f"{at}/members/save", **member))[0] == 303
    assert told(station, "firm_member_changed")[1]["fields"] == {
        "mail": ["tom@ouest.test", "t@ouest.test"]
    }
    for path, form, said in (
        ("save", {**changed, "licence": ""}, "is missing (Licence number)"),
        ("save", {**changed, "rank": "100"}, "must lie between 1 and 99"),
        ("save", {**changed, "sectors": "35 rue"}, "no beginning of a postcode"),
        ("members/save", {**member, "code": "2580"}, "6 to 8 digits (Code)"),
        ("members/save", {**member, "id": "ghost"}, "somebody changed this firm"),
        ("close", {"reason": ""}, "write down why (Because)"),
        ("reopen", {}, "this firm is not closed"),
    ):
        status, shown = await send(admin, at, f"{at}/{path}", **form)
        assert status in (409, 422), (path, form)
        assert said in shown, (path, form)
    # It works for two sites; closed, it is called for none, and not by its sector either.
    link = {**{k: getattr(firm, k) for k in ("id", "name", "phone", "language")}, "role": "guard"}
    for account in ("1001", "1002"):
        station.site(account, contacts=[link], postcode="35000")
    assert "2" in text_of((await admin.see("/firms")).text)
    assert (await send(admin, at, f"{at}/close", reason="fin du marché"))[0] == 303
    site = station.store.read_now(lambda tx: site_document(tx, "1001"))
    assert site is not None
    assert site["contacts"] == []
    (former,) = station.store.read_now(lambda tx: contracts.former(tx, "1001"))
    assert former.reason == "fin du marché"
    assert station.store.read_now(interventions_firms.guard_firms) == []
    back = f"/sites/1001/former/{former.id}/restore"
    status, shown = await send(admin, "/sites/1001/edit", back)
    assert (status, "this firm is closed" in shown) == (409, True)
    assert (await send(admin, at, f"{at}/reopen"))[0] == 303
    assert (await send(admin, "/sites/1001/edit", back))[0] == 303
    found = (await admin.see("/sites/1002/edit?known=ouest")).text
    assert f'value="{firm_id}"' in found
    known = {"contact": firm_id, "role": "guard"}
    assert (await send(admin, "/sites/1002/edit", "/sites/1002/known", **known))[0] == 303
    status, shown = await send(admin, "/sites/1002/edit", "/sites/1002/known", **known)
    assert (status, "called for this site already" in shown) == (409, True)
    assert len(station.store.read_now(lambda tx: firms.links(tx, firm_id))) == 2
    assert (await send(admin, at, f"{at}/members/remove", id=tom.id, reason="Parti"))[0] == 303
    assert station.store.read_now(lambda tx: firms.members(tx, firm_id)) == []
    assert (await admin.see("/firms/nobody")).status_code == 404
    late = await admin.send(f"{at}/save", as_of="old", **changed)
    assert late.status_code == 409


async def test_a_firm_that_only_a_site_names_is_in_the_list(
    station: WebStation, admin: Person
) -> None:
    keeps = {"id": "electro", "name": "Electro", "role": "maintenance", "phone": "06 39 98 10 40"}
    station.site(contacts=[keeps])
    shown = text_of((await admin.see("/firms?q=electro&sort=-part")).text)
    assert "Electro" in shown
    assert "maintenance firm" in shown
    form = {"name": "Electro", "part": "maintenance", "rank": "1", "language": "fr"}
    assert (await send(admin, "/firms/electro", "/firms/electro/save", **form))[0] == 303
    wrong = await admin.send("/firms", name="Est", part="guard", licence="")
    assert (wrong.status_code, "is missing (Licence number)" in text_of(wrong.text)) == (422, True)


async def test_the_directory_of_services_is_written_line_by_line(
    station: WebStation, admin: Person
) -> None:
    line = {"service": "police", "name": "CIC 35", "place": "35", "number": "02 99 00 11 22"}
    night = {**line, "name": "CIC 35 nuit", "limited": "yes", "mon": "20:00-06:00"}
    day = {**line, "name": "CIC 356", "place": "356"}
    for form in (line, night, day):
        assert (await send(admin, "/services", "/services/save", **form))[0] == 303
    lines = station.store.read_now(directory.get_directory)
    found = {each.name: each for each in lines}
    assert found["CIC 35 nuit"].hours == {"week": {"mon": ["20:00-06:00"]}}
    key = found["CIC 35"].id
    form = {"id": key, "service": "fire", "name": "CTA 35", "place": "350", "number": ""}
    assert (await send(admin, "/services", "/services/save", **form))[0] == 303
    fields = told(station, "directory_changed")[3]["fields"]
    assert fields[f"lines.{key}.name"] == ["CIC 35", "CTA 35"]
    assert fields[f"lines.{key}.place"] == ["35", "350"]
    assert "0299001122" not in str(told(station, "directory_changed"))
    assert "99001122" not in (await admin.see("/services")).text.replace(" ", "")
    for wrong, said in (
        ({**line, "number": "17"}, "(Number)"),
        ({**line, "number": ""}, "is missing: the full number"),
        ({**line, "place": "Rennes!"}, "how the postcodes of the place begin"),
        ({**line, "site": "9999"}, "there is no such site: 9999"),
        ({**line, "service": "circus"}, "in the list (Service)"),
        ({**line, "id": "ghost"}, "there is no line of this id"),
    ):
        status, shown = await send(admin, "/services", "/services/save", **wrong)
        assert status in (409, 422), wrong
        assert said in shown, wrong
    for postcode, said in (("35610", "CIC 356"), ("29000", "no line of the directory is for this")):
        station.site(postcode=postcode)
        shown = text_of((await admin.see("/sites/1001/edit")).text)
        assert f"Police, at this hour: {said}" in shown
    assert (await send(admin, "/services", "/services/remove", id=key, reason="Fermé"))[0] == 303
    assert len(station.store.read_now(directory.get_directory)) == 2
    assert (await admin.send("/services/save", as_of="old", **line)).status_code == 409


async def test_a_client_with_many_sites_is_one_and_is_renamed(
    station: WebStation, admin: Person
) -> None:
    for number in range(3):
        station.site(f"20{number}0", client="Banque Est", name=f"Agence {number}")
    station.site("2090", client="Autre")
    shown = (await admin.see("/clients?sort=-sites")).text
    (client,) = re.findall(r'href="(/clients/[^"]+)">(?:<bdi>)?Banque Est', shown)
    assert "Agence 2" in (await admin.see(client)).text
    assert "Agence 2" not in (await admin.see(f"{client}?q=agence%201")).text
    for name, said in (("Autre", "a client of this name already (Name)"), (" ", "is missing")):
        wrong = await admin.fill(client, client, name=name)
        assert (wrong.status_code, said in text_of(wrong.text)) == (422, True)
    renamed = await admin.fill(client, client, name="Banque Ouest")
    assert renamed.status_code == 303
    site = station.store.read_now(lambda tx: site_document(tx, "2020"))
    assert site is not None
    assert site["client"] == "Banque Ouest"
    (entry,) = told(station, "client_renamed")
    assert (entry["fields"], entry["sites"]) == ({"client": ["Banque Est", "Banque Ouest"]}, 3)
    assert "Banque Est" not in (await admin.see("/clients")).text
    assert (await admin.see("/clients/nobody")).status_code == 404
