"""A site's tables: rows are added, changed and removed one by one; what is wrong is said."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from fastapi import FastAPI

from callflow.storage.records import logbook
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role

PANELS = "/sites/1001/edit/panels"
CODES = "/sites/1001/edit/codes"
RTSP = "rtsp://127.0.0.1/live"


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.site()
    station.user("alix", Role.ADMINISTRATOR)
    found = Person(app, "alix")
    await found.log_in()
    return found


def site(station: WebStation) -> dict[str, Any]:
    found = station.store.read_now(lambda tx: site_document(tx, "1001"))
    assert found is not None
    return found


async def send(
    who: Person, table: str, act: str = "save", *, at: str = PANELS, **form: str
) -> tuple[int, str]:
    """What is answered, as a reader sees it."""
    found = re.search(r'name="as_of" value="([^"]+)"', (await who.see(f"{at}?lang=en")).text)
    assert found
    as_of = html.unescape(found[1])
    if act == "remove":
        form = {"reason": "Déposé", **form}
    answer = await who.send(f"/sites/1001/tables/{table}/{act}", as_of=as_of, **form)
    return answer.status_code, html.unescape(re.sub("<[^>]+>", "", answer.text))


async def test_zones_accounts_and_users_are_written(station: WebStation, admin: Person) -> None:
    key = "00112233445566778899AABBCCDDEEFF"
    second = {"account": "1001B", "line": "surgard", "phone": "02 99 00 11 22", "dc09_key": key}
    for table, form in (
        ("accounts", {**second, "poll_every_s": "90", "test_every_h": "24,5"}),
        ("zones", {"account": "1001B", "zone": "12", "name": "Coffre", "kind": "intrusion"}),
        ("panel_users", {"account": "1001B", "number": "05", "contact": "1001-1", "part": "guard"}),
        (
            "panel_users",
            {"account": "1001B", "number": "6", "part": "duress", "contact": "", "revoked": "yes"},
        ),
    ):
        assert (await send(admin, table, **form))[0] == 303
    now = site(station)
    account = now["accounts"][1]
    assert (account["phone"], account["poll_every_s"], account["test_every_h"]) == (
        "+33299001122",
        90.0,
        24.5,
    )
    assert (account["line"], account["dc09_key_set"]) == ("surgard", True)
    assert now["zones"][1] == {
        "account": "1001B",
        "zone": "12",
        "name": "Coffre",
        "kind": "intrusion",
    }
    users = [(u["number"], u["contact"], u["part"], u["revoked"]) for u in now["panel_users"]]
    assert users == [("05", "1001-1", "guard", False), ("6", None, "duress", True)]
    # Changed, by the row's key: its key of encryption stays where none is typed, and can be taken.
    shown = (await admin.see(f"{PANELS}?row=zones:1001B/12")).text
    assert "Change: Coffre" not in shown  # a zone is called by its number
    assert 'value="Coffre"' in shown
    await send(admin, "zones", key="1001B/12", account="1001B", zone="13", name="Coffre", kind="")
    await send(admin, "accounts", key="1001B", account="9999", line="", poll_every_s="90")
    now = site(station)
    assert [(z["zone"], z["kind"]) for z in now["zones"]] == [("3", None), ("13", None)]
    assert [a["account"] for a in now["accounts"]] == ["1001", "1001B"]  # is not renamed
    assert now["accounts"][1]["dc09_key_set"]
    assert now["accounts"][1]["line"] is None
    await send(admin, "accounts", key="1001B", dc09_key_gone="yes")
    assert not site(station)["accounts"][1]["dc09_key_set"]
    status, said = await send(admin, "accounts", "remove", key="1001B")
    assert (status, "zones or panel users: remove them first" in said) == (409, True)
    for table, which in (
        ("zones", "1001B/13"),
        ("panel_users", "1001B/5"),
        ("panel_users", "1001B/6"),
        ("accounts", "1001B"),
    ):
        assert (await send(admin, table, "remove", key=which))[0] == 303
    after = site(station)
    assert (len(after["accounts"]), len(after["zones"]), after["panel_users"]) == (1, 1, [])


async def test_what_is_removed_is_shown_with_its_reason_and_brought_back(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    await send(admin, "cameras", at=CODES, name="Cour", url=RTSP, zones="03, 4")
    shown = (await admin.see(f"{PANELS}?row=zones:1001/3")).text
    assert re.search("mean it no more:.*Cour", shown)  # the camera names the zone
    assert "heard no more" in (await admin.see(f"{PANELS}?row=accounts:1001")).text
    before = site(station)
    await send(admin, "zones", "remove", key="1001/3", reason="Capteur en panne")
    assert site(station)["zones"] == []
    french = (await admin.see(f"{PANELS}?lang=fr")).text
    assert re.search("Retiré.*Hall d&#39;entrée.*alix.*Capteur en panne.*Rétablir", french, re.S)
    assert 'id="removed"' not in (await admin.see(CODES)).text  # nothing of these tables
    assert 'id="removed"' not in (await admin.see(f"{PANELS}?q=coffre")).text
    (gone,) = re.findall('name="removed" value="([0-9a-f]+)"', french)
    # Its number is given to another meanwhile: said in words, in the page's language.
    await send(admin, "zones", account="1001", zone="03", name="Cave")
    status, said = await send(admin, "zones", "back", removed=gone)
    assert (status, "there is a zone of this number again: 3 Hall d'entrée" in said) == (409, True)
    await send(admin, "zones", key="1001/3", account="1001", zone="5", name="Cave", kind="")
    assert len(re.findall('name="removed"', (await admin.see(PANELS)).text)) == 1  # 03 is 5 now
    # Two at once: the second is told, and nothing is brought back twice.
    bea = Person(app, "bea")
    station.user("bea", Role.ADMINISTRATOR)
    await bea.log_in()
    found = re.search(r'name="as_of" value="([^"]+)"', (await bea.see(PANELS)).text)
    assert found
    assert (await send(admin, "zones", "back", removed=gone))[0] == 303
    late = {"as_of": html.unescape(found[1]), "removed": gone}
    answer = await bea.send("/sites/1001/tables/zones/back", **late)
    assert answer.status_code == 409
    assert "entre-temps" in answer.text
    assert (await send(admin, "zones", "back", removed=gone))[0] == 404
    cave = {"account": "1001", "zone": "5", "name": "Cave", "kind": None}
    assert site(station)["zones"] == [*before["zones"], cave]
    assert 'id="removed"' not in (await admin.see(PANELS)).text


async def test_a_change_is_told_with_before_and_after(station: WebStation, admin: Person) -> None:
    await send(admin, "zones", key="1001/3", account="1001", zone="3", name="Vitrine", kind="fire")
    entries = station.store.read_now(lambda tx: logbook.page(tx, site="1001", limit=100))
    (told,) = [row for row in entries if row.kind == "site_changed"]
    assert told.data["fields"] == {
        "zones.1001/3.name": ["Hall d'entrée", "Vitrine"],
        "zones.1001/3.kind": [None, "fire"],
    }
    assert (told.who, told.data["by"]) == ("alix", "alix")


async def test_codes_and_cameras_are_written(station: WebStation, admin: Person) -> None:
    code = {"code": "ba", "zone": "07", "kind": "fire", "priority": "1", "opens": "yes"}
    assert (await send(admin, "event_overrides", at=CODES, **code))[0] == 303
    camera = {"name": "Cour", "url": RTSP, "zones": "3, 4", "kinds.fire": "yes", "pre_alarm": "yes"}
    status, said = await send(admin, "cameras", at=CODES, credentials="eve:horse", **camera)
    assert status == 303, said
    now = site(station)
    assert now["event_overrides"] == [
        {
            "code": "BA",
            "zone": "7",
            "kind": "fire",
            "category": None,
            "priority": 1,
            "opens": True,
        }
    ]
    (kept,) = now["cameras"]
    assert (kept["name"], kept["zones"], kept["kinds"]) == ("Cour", ["3", "4"], ["fire"])
    assert (kept["pre_alarm"], kept["noticeable"], kept["credentials_set"]) == (True, False, True)
    assert "horse" not in (await admin.see(f"{CODES}?row=cameras:{kept['id']}")).text
    # Where it sees another host, nobody there may be told the password of the first one.
    camera = {**camera, "url": "rtsp://127.0.0.2/live", "key": kept["id"]}
    status, said = await send(admin, "cameras", at=CODES, **camera)
    assert (status, "give its user and password again" in said) == (422, True)
    assert (await send(admin, "cameras", "remove", at=CODES, key=kept["id"]))[0] == 303
    assert site(station)["cameras"] == []


async def test_plans_are_chosen_by_kind_and_by_rule(station: WebStation, admin: Person) -> None:
    plan = {"alarm": "fire", "plan": "operator"}
    assert (await send(admin, "plans", at=CODES, **plan))[0] == 303
    rule = {"plan": "fire", "kinds.intrusion": "yes", "rule_zones": "1001/03, 4", "armed": "yes"}
    rule |= {"mon": "20:00-06:00"}
    assert (await send(admin, "plan_rules", at=CODES, **rule))[0] == 303
    second = {"plan": "operator", "categories.technical": "yes"}
    assert (await send(admin, "plan_rules", at=CODES, **second))[0] == 303
    now = site(station)
    assert now["plans"] == {"fire": "operator"}
    assert now["plan_rules"] == [
        {
            "plan": "fire",
            "kinds": ["intrusion"],
            "zones": [{"account": "1001", "zone": "3"}, {"account": "1001", "zone": "4"}],
            "armed": True,
            "when": {"week": {"mon": ["20:00-06:00"]}},
        },
        {"plan": "operator", "categories": ["technical"]},
    ]
    assert 'value="1001/3, 1001/4"' in (await admin.see(f"{CODES}?row=plan_rules:0")).text
    for table, wrong, said in (
        (
            "plans",
            {"alarm": "gas", "plan": "nowhere"},
            "publish it first: nowhere",
        ),
        ("plans", {"alarm": "storm", "plan": "fire"}, "in the list (Alarms)"),
        ("plan_rules", {**rule, "rule_zones": "77/1"}, "names an account of another site"),
        ("plan_rules", {**rule, "mon": "8-12"}, "such as 08:00-18:30"),
    ):
        status, text = await send(admin, table, at=CODES, **wrong)
        assert (status, said in text) == (422, True), (table, wrong)
    assert (await send(admin, "plan_rules", "remove", at=CODES, key="0"))[0] == 303
    assert (await send(admin, "plans", "remove", at=CODES, key="fire"))[0] == 303
    now = site(station)
    assert (now["plans"], [r["plan"] for r in now["plan_rules"]]) == ({}, ["operator"])


WRONG: list[tuple[str, dict[str, str], str]] = [
    ("zones", {"account": "1001", "zone": "", "name": "Cave"}, "is missing (Zone)"),
    ("zones", {"account": "1001", "zone": "9" * 17, "name": "Cave"}, "is too long (Zone)"),
    ("zones", {"account": "1001", "zone": "03", "name": "Cave"}, "is there already (Zone)"),
    ("zones", {"account": "77", "zone": "8", "name": "Cave"}, "in the list (Account)"),
    ("accounts", {"account": "10 01"}, "digits and letters only (Account)"),
    ("accounts", {"account": "8", "poll_every_s": "soon"}, "must be a number"),
    ("accounts", {"account": "8", "poll_every_s": "nan"}, "must be a number"),
    ("accounts", {"account": "8", "poll_every_s": "1"}, "must lie between 5 and 604800"),
    ("accounts", {"account": "8", "dc09_key": "xyz"}, "must be hexadecimal"),
    ("accounts", {"account": "8", "phone": "17"}, "(Phone)"),
    ("panel_users", {"account": "1001", "number": "5", "part": "king"}, "in the list (Part)"),
    ("panel_users", {"account": "1001", "number": "5", "key": "1001/9"}, "look again"),
    ("event_overrides", {"code": "PA", "zone": "", "opens": "no"}, "personal alarm"),
    ("cameras", {"name": "Cour", "url": "ftp://x/"}, "(Address of its stills"),
    ("cameras", {"name": "C", "url": RTSP, "credentials": "eve"}, "must be user:password"),
]


async def test_what_is_wrong_is_said_at_its_field(station: WebStation, admin: Person) -> None:
    before = site(station)
    for table, form, said in WRONG:
        at = CODES if table in ("event_overrides", "cameras") else PANELS
        status, text = await send(admin, table, at=at, **form)
        assert status in (409, 422), (table, form)
        assert said in text, (table, form)
    assert site(station) == before


async def test_another_change_meanwhile_is_not_overwritten(
    station: WebStation, admin: Person
) -> None:
    form = {"account": "1001", "zone": "8", "name": "Cave"}
    answer = await admin.send("/sites/1001/tables/zones/save", as_of="yesterday", **form)
    assert answer.status_code == 409
    assert 'value="Cave"' in answer.text
    for path in ("/sites/1001/tables/walls/save", "/sites/1001/tables/zones/burn"):
        assert (await admin.send(path, as_of="")).status_code == 404
    assert (await admin.see("/sites/1001/edit/walls")).status_code == 404
    assert (await admin.see("/sites/9999/edit/panels")).status_code == 404


async def test_many_zones_are_looked_for(station: WebStation, admin: Person) -> None:
    zones = [{"account": "1001", "zone": str(n), "name": f"Porte {n}"} for n in range(1, 301)]
    station.site(zones=zones)
    shown = (await admin.see(PANELS)).text
    assert shown.count("row=zones:") == 200
    found = (await admin.see(f"{PANELS}?q=porte%20299")).text
    assert found.count("row=zones:") == 1
