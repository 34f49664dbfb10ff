"""Whatever somebody changes, and whatever confidential somebody sees, has its entry in the audit:
each act over HTTP, and what the audit's page then says, before and after."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.core.records import audit
from callflow.handling.interventions import directory
from callflow.handling.sites.clients import client_key
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.records import logbook
from tests.support.outside.cameras import a_still
from tests.support.outside.pictures import a_picture
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation, site_body
from web.access.users import Role
from web.pages.records import entries

CHIEF, PROGRAM = "odile", "essai"
CLIENT = client_key("Bijoux réunis")
LINE = {"id": "police-35", "service": "police", "name": "CIC 35"}
LINE |= {"number": "+33130000017", "place": "35"}


@dataclass(frozen=True)
class World:
    """A station with one of each, its administrator at a browser, and a program."""

    station: WebStation
    chief: Person
    api: httpx.AsyncClient
    incident: str
    call: str
    still: str
    clip: str

    def user(self, name: str) -> str:
        row = self.station.store.read_now(lambda tx: users.user_by_name(tx, name))
        assert row is not None
        return str(row.id)

    async def entries(self, what: str, who: str) -> list[str]:
        """The audit's page, each entry as its words, the newest first."""
        asked = {"lang": "en", "what": what, "who": who}
        answer = await self.chief.client.get("/audit", params=asked)
        assert answer.status_code == 200
        rows = re.findall(r'<tr id="e-.*?(?=<tr id="e-|$)', answer.text, re.DOTALL)
        return [re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", row))) for row in rows]


def kept(station: WebStation, incident: str, **of: Any) -> str:
    """A still that a camera gave, or a clip, and its file; its id."""
    ending = "mp4" if of.get("take") == "clip" else "jpg"
    path = f"{incident}/{of.get('id', ending)}.{ending}"
    file = station.settings.images_dir / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\xff\xd8\xff\xe0" + bytes(300))
    made: str = station.do(lambda tx: a_still(tx, incident, clock.now(), path=path, **of))
    return made


@pytest.fixture
async def world(station: WebStation, app: FastAPI, api: httpx.AsyncClient) -> AsyncIterator[World]:
    station.user(CHIEF, Role.ADMINISTRATOR)
    station.user("bea", Role.OPERATOR)
    contacts = [{**each, "password": "mirabelle"} for each in site_body()["contacts"]]
    station.site(postcode="35000", contacts=contacts)
    station.do(lambda tx: directory.put_directory(tx, [LINE], "admin", clock.now()))
    incident = str(station.alarm().id)
    call = station.call(Outcome.NO_KEY, seconds=2)
    still, clip = kept(station, incident), kept(station, incident, take="clip")
    chief = Person(app, CHIEF)
    async with chief.client:
        assert (await chief.log_in()).status_code == 303
        assert (await chief.send(f"/incidents/{incident}/claim")).status_code in (200, 303)
        yield World(station, chief, api, incident, call, still, clip)


Act = Callable[[World], Awaitable[httpx.Response]]


def page(where: str) -> Act:
    return lambda w: w.chief.see(where.format(w=w))


def form(where: str, **fields: str) -> Act:
    return lambda w: w.chief.send(
        where.format(w=w), **{name: value.format(w=w) for name, value in fields.items()}
    )


def program(method: str, where: str, body: Any = None) -> Act:
    return lambda w: w.api.request(method, where.format(w=w), json=body)


def filled(at: str, where: str, **fields: str) -> Act:
    return lambda w: w.chief.fill(at, where, **fields)


def at_user(act: str, **fields: str) -> Act:
    return lambda w: w.chief.fill("/people", f"/people/{w.user('bea')}{act}", **fields)


DRAWINGS = "/sites/1001/drawings"


async def drawn(w: World) -> httpx.Response:
    fields = {"csrf": await w.chief.csrf(), "site": "1001", "title": "Plan"}
    given = {"file": ("plan.png", a_picture(), "image/png")}
    return await w.chief.client.post("/site-drawings", data=fields, files=given)


def its_own(answer: httpx.Response) -> str:
    """The address of the picture that an answer leads to."""
    return re.sub(r"\?drawing=([^&]+).*", r"/\1", answer.headers["location"])


async def zone_placed(w: World) -> httpx.Response:
    where = its_own(await drawn(w))
    return await w.chief.fill(DRAWINGS, f"{where}/place", zone="1001/3", x="1", y="2")


async def zone_taken_off(w: World) -> httpx.Response:
    where = its_own(await zone_placed(w))
    return await w.chief.fill(DRAWINGS, f"{where}/take-off", zone="1001/3")


async def undrawn(w: World) -> httpx.Response:
    where = its_own(await drawn(w))
    return await w.chief.send(f"{where}/remove")


async def revoked(w: World) -> httpx.Response:
    w.station.token(name="erp")
    tokens = w.station.store.read_now(users.tokens)
    (erp,) = [row.id for row in tokens if row.name == "erp"]
    return await w.chief.send(f"/settings/tokens/{erp}/revoke")


async def lifted(w: World) -> httpx.Response:
    await w.chief.send("/settings/retention/holds", incident=w.incident, text="plainte")
    shown = (await w.chief.see("/settings/retention")).text
    (held,) = re.findall(r"/settings/retention/holds/([^/]+)/lift", shown)
    return await w.chief.send(f"/settings/retention/holds/{held}/lift")


async def withdrawn(w: World) -> httpx.Response:
    (await w.api.post("/plans", json=PLAN)).raise_for_status()
    return await w.chief.send("/plans/court/withdraw", as_of="1", why="Plus utile")


async def brought_back(w: World) -> httpx.Response:
    assert (await withdrawn(w)).status_code == 303
    known = (await w.api.get("/plans/court/standing")).headers["ETag"]
    why = {"why": "De saison"}
    return await w.api.post("/plans/court/bring-back", json=why, headers={"If-Match": known})


async def on_duty(w: World) -> httpx.Response:
    begins = clock.now() + timedelta(days=2)
    body = {
        "part": "technician",
        "name": "Yann",
        "phone": "+33639980199",
        "begins_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=8)).isoformat(),
    }
    made = await w.api.post("/roster", json=body)
    assert made.is_success, made.text
    return made


async def as_of(w: World) -> str:
    shown = (await w.chief.see("/sites/1001/edit")).text
    (found,) = set(re.findall(r'name="as_of" value="([^"]+)"', shown))
    return html.unescape(found)


async def suspended(w: World) -> httpx.Response:
    fields = {"state": "suspended", "reason": "unpaid", "as_of": await as_of(w)}
    return await w.chief.send("/sites/1001/contract", **fields)


async def removed(w: World) -> httpx.Response:
    fields = {"key": "1001/3", "reason": "no sensor", "as_of": await as_of(w)}
    return await w.chief.send("/sites/1001/tables/zones/remove", **fields)


async def zone_back(w: World) -> httpx.Response:
    await removed(w)
    shown = (await w.chief.see("/sites/1001/edit/panels")).text
    (gone,) = re.findall('name="removed" value="([^"]+)"', shown)
    fields = {"removed": gone, "as_of": await as_of(w)}
    return await w.chief.send("/sites/1001/tables/zones/back", **fields)


def soon(**more: Any) -> dict[str, Any]:
    return {"ends_at": (clock.now() + timedelta(days=1)).isoformat(), **more}


PLAN = {"id": "court", "name": "Court", "steps": [{"id": "a", "kind": "hand_to_operator"}]}
NEIGHBOUR = {**site_body(), "name": "Bijouterie du Parc"}
#: (what is done, by whom, the group that it stands in, what is said of it).
ACTS: dict[str, tuple[Act, str, str, str]] = {
    # --- seen or heard
    "a recording": (page("/recordings/{w.call}"), CHIEF, "recordings", "06 39 98 10 00"),
    "a recording, by the API": (
        *(program("GET", "/recordings/{w.call}"), PROGRAM, "recordings"),
        "06 39 98 10 00",
    ),
    "an alarm's images": (
        page("/incidents/{w.incident}/images/{w.still}"),
        *(CHIEF, "images", "odile sees the alarm's images"),
    ),
    "an image": (page("/images/{w.still}"), CHIEF, "images", "odile opens the image of Hall"),
    "an image, by the API": (
        program("GET", "/images/{w.still}"),
        *(PROGRAM, "images", "essai opens the image of Hall"),
    ),
    "a clip": (page("/images/{w.clip}"), CHIEF, "images", "odile plays the clip of Hall"),
    "a clip, among the images": (
        page("/incidents/{w.incident}/images/{w.clip}"),
        *(CHIEF, "images", "odile plays the clip of Hall"),
    ),
    "a clip, by the API": (
        program("GET", "/images/{w.clip}"),
        *(PROGRAM, "images", "essai plays the clip of Hall"),
    ),
    "a password": (
        form("/incidents/{w.incident}/reveal-password", contact="1001-1", reason="hard to hear"),
        *(CHIEF, "passwords", "hard to hear"),
    ),
    "a reserved number": (
        form("/incidents/{w.incident}/reveal-line", line="police-35"),
        *(CHIEF, "numbers", "CIC 35"),
    ),
    "a reserved number, by the API": (
        program("POST", "/services/police-35/reveal", {"incident": None}),
        *(PROGRAM, "numbers", "CIC 35"),
    ),
    "a person's data": (form("/personal/1001-1/export"), CHIEF, "personal", "1001-1"),
    "a client's data": (form(f"/clients/{CLIENT}/personal/export"), CHIEF, "personal", CLIENT),
    "an evidence file, asked for": (
        form(
            "/incidents/{w.incident}/evidence",
            requester="court",
            name="Tribunal",
            reason="instruction",
            reference="RG-26",
            recordings="none",
            images="none",
        ),
        *(CHIEF, "personal", "asked for by a court — Tribunal, ref. RG-26, reason: instruction"),
    ),
    "the configuration": (form("/settings/configuration"), CHIEF, "exports", "configuration"),
    "every site, in a file": (
        form("/site-files/export", format="csv"),
        *(CHIEF, "exports", "sites 1, contacts 3"),
    ),
    "every site, by the API": (program("GET", "/sites"), PROGRAM, "exports", "reads all sites"),
    "a site": (page("/sites/1001"), CHIEF, "seen", "Bijouterie du Parlement odile looks"),
    "a site's forms": (page("/sites/1001/edit"), CHIEF, "seen", "looks at the site"),
    "a site's person": (page("/sites/1001/people/1001-1"), CHIEF, "seen", "looks at the site"),
    "a site, by the API": (program("GET", "/sites/1001"), PROGRAM, "seen", "essai looks at"),
    "the audit": (page("/audit"), CHIEF, "audit", "odile reads the audit"),
    # --- changed
    "a zone removed": (removed, CHIEF, "sites", "zone 3 Hall d'entrée: no sensor"),
    "a zone brought back": (
        zone_back,
        *(CHIEF, "sites", "Brought back by odile: zone 3 Hall d'entrée"),
    ),
    "a site's name": (
        program("PUT", "/sites/1001", NEIGHBOUR),
        *(PROGRAM, "sites", "name Bijouterie du Parlement Bijouterie du Parc"),
    ),
    "the directory": (
        program("PUT", "/services", {"lines": [{**LINE, "name": "CIC Rennes"}]}),
        *(PROGRAM, "sites", "name (police-35) CIC 35 CIC Rennes"),
    ),
    "a contract": (suspended, CHIEF, "sites", "contract active suspended"),
    "a picture": (drawn, CHIEF, "sites", "Picture “Plan” added by odile"),
    "a zone placed": (zone_placed, CHIEF, "sites", "Zone 3 placed on the picture “Plan”"),
    "a zone taken off": (zone_taken_off, CHIEF, "sites", "Zone 3 taken off the picture “Plan”"),
    "a picture removed": (undrawn, CHIEF, "sites", "Picture “Plan” removed by odile"),
    "a plan": (program("POST", "/plans", PLAN), PROGRAM, "plans", "Plan court version 1"),
    "a plan withdrawn": (
        withdrawn,
        *(CHIEF, "plans", "plan in use withdrawn"),
    ),
    "a plan brought back": (
        brought_back,
        *(PROGRAM, "plans", "plan withdrawn in use"),
    ),
    "an instruction": (
        lambda w: w.api.post(
            "/sites/1001/instructions", json=soon(kind="note", text="call the neighbour")
        ),
        *(PROGRAM, "instructions", "call the neighbour"),
    ),
    "a role": (at_user("", role="reader", languages="fr"), CHIEF, "people", "role operator reader"),
    "languages and skills": (
        at_user("", role="operator", languages="fr en", skill="lift"),
        *(CHIEF, "people", "languages spoken fr fr, en skills – lift"),
    ),
    "a telephone on a desk": (
        at_user("/desk-phone", make="snom"),
        CHIEF,
        "people",
        "Desk phone declared: the desk of bea",
    ),
    "somebody shut out": (at_user("/disable"), CHIEF, "people", "User bea disabled"),
    "a password reset": (
        at_user("/password", password="une autre phrase longue"),
        *(CHIEF, "people", "bea"),
    ),
    "a new token": (
        form("/settings/tokens", name="erp", role="reader", until=""),
        *(CHIEF, "people", "Token erp made by odile"),
    ),
    "a revoked token": (revoked, CHIEF, "people", "revoked by odile"),
    "a duty": (on_duty, PROGRAM, "rosters", "Yann"),
    "days of retention": (
        filled("/settings/retention", "/settings/retention", what="images", days="90"),
        *(CHIEF, "settings", "images, in days (retention) – 90"),
    ),
    "a program that is told of events": (
        form("/settings/webhooks", name="erp", url="https://erp.example.org/h"),
        *(CHIEF, "settings", "subscribes the program erp to events (erp.example.org)"),
    ),
    "a coded text": (
        filled("/settings/texts?code=GAR", "/settings/texts", code="GAR", text="Agent vu"),
        *(CHIEF, "settings", "Text of the code GAR changed"),
    ),
    "entries of the logbook in a file": (
        form("/logbook/export", q="volet"),
        *(CHIEF, "exports", "saved to a file"),
    ),
    "a code of the event table": (
        filled(
            *("/settings/events?code=AT", "/settings/events"),
            code="AT",
            kind="technical",
            priority="4",
        ),
        *(CHIEF, "settings", "kind (AT) Mains failure Technical alarm"),
    ),
    "a letter": (
        filled(
            *("/settings/letters", "/settings/letters"),
            kind="report_client",
            language="fr",
            subject="Rapport {site}",
            text="Bonjour",
        ),
        *(CHIEF, "settings", "Rapport {site}"),
    ),
    "a legal hold": (
        form("/settings/retention/holds", incident="{w.incident}", text="plainte"),
        *(CHIEF, "settings", "plainte"),
    ),
    "a hold that ends": (lifted, CHIEF, "settings", "lifted by odile"),
    "a trunk tried": (
        form("/settings/trunks", trunk="trunk", number="06 39 98 10 01"),
        *(CHIEF, "settings", "Trunk trunk tried by odile"),
    ),
    "an announcement tried": (
        form("/announcements/goodbye/call", language="en", number="06 39 98 10 01"),
        *(CHIEF, "settings", "goodbye.” (en) tried by odile"),
    ),
}
#: Groups whose acts need a telephone, the voice or a process of their own, and where they are.
ELSEWHERE = {
    "conversations": "tests/acceptance/telephone: a supervisor listens, whispers, barges in",
    "erasures": "tests/integration/web/records/test_personal.py",
}


@pytest.mark.parametrize("act", ACTS)
async def test_it_stands_in_the_audit(world: World, act: str) -> None:
    do, who, what, said = ACTS[act]
    before = await world.entries(what, who)
    answer = await do(world)
    assert answer.status_code in (200, 201, 303), answer.text
    told = await world.entries(what, who)
    new = told[: len(told) - len(before)] if what != "audit" else told
    assert any(said in entry for entry in new), told


async def test_each_group_is_tried() -> None:
    tried = {what for _, _, what, _ in ACTS.values()}
    assert tried | ELSEWHERE.keys() == audit.CHANGES.keys() | audit.LOOKS.keys()


async def test_a_site_seen_is_told_once_a_visit_and_by_each(
    world: World, station: WebStation, app: FastAPI
) -> None:
    station.site("1002", name="Horlogerie")
    for _ in range(3):
        await world.chief.see("/sites/1001")
        await world.chief.see("/sites/1001/edit")
    await world.chief.see("/sites/1002")
    bea = Person(app, "bea")
    async with bea.client:
        await bea.log_in()
        await bea.see("/sites/1001")
    assert (await world.chief.see("/sites/1999")).status_code == 404
    assert len(await world.entries("seen", CHIEF)) == 2
    assert len(await world.entries("seen", "bea")) == 1
    assert "Horlogerie" in (await world.entries("seen", CHIEF))[0]


async def test_who_saw_a_site_is_no_news_at_the_desks(world: World, station: WebStation) -> None:
    def told(tx: Tx) -> set[str]:
        return {each.entry.kind for each in entries.last(tx)}

    await world.chief.see("/sites/1001")
    assert not station.store.read_now(told) & set(audit.QUIET)


async def test_a_page_of_images_is_one_look_however_often_it_comes_anew(
    world: World, station: WebStation, app: FastAPI
) -> None:
    stills = [kept(station, world.incident, id=f"still-{n}") for n in range(40)]
    among = f"/incidents/{world.incident}/images"
    bea = Person(app, "bea")
    async with bea.client:
        await bea.log_in()
        for who in (world.chief, bea):
            for _ in range(3):  # the page is drawn again each time something happens
                assert (await who.see(f"/incidents/{world.incident}")).status_code == 200
                seen = await asyncio.gather(*(who.see(f"{among}/{still}") for still in stills))
                assert {answer.status_code for answer in seen} == {200}
        stills.append(kept(station, world.incident, id="later"))
        assert (await world.chief.see(f"{among}/later")).status_code == 200
    assert len(await world.entries("images", CHIEF)) == 1
    assert len(await world.entries("images", "bea")) == 1
    station.site("1002", name="Horlogerie")
    other = str(station.alarm("1002").id)
    assert (await world.chief.see(f"/incidents/{other}/images/later")).status_code == 404
    kept(station, other, id="others")
    assert (await world.chief.see(f"/incidents/{other}/images/others")).status_code == 200
    assert len(await world.entries("images", CHIEF)) == 2


async def test_each_image_opened_is_a_look_of_its_own_and_a_clip_s_pieces_are_one(
    world: World,
) -> None:
    for _ in range(2):
        for part in ("bytes=0-", "bytes=0-99", "bytes=100-199"):
            answer = await world.chief.client.get(f"/images/{world.clip}", headers={"Range": part})
            assert answer.status_code == 206
        assert (await world.chief.see(f"/images/{world.still}")).status_code == 200
    told = await world.entries("images", CHIEF)
    assert len(told) == 2
    assert "opens the image" in told[0]
    assert "plays the clip" in told[1]
    assert all("Bijouterie du Parlement" in entry for entry in told)


@pytest.mark.parametrize("what", ["recordings", "images"])
async def test_a_piece_from_the_middle_is_a_look_too(world: World, what: str) -> None:
    file = {"recordings": world.call, "images": world.clip}[what]
    answer = await world.api.get(f"/{what}/{file}", headers={"Range": "bytes=1-"})
    assert answer.status_code == 206
    assert len(await world.entries(what, PROGRAM)) == 1


async def test_images_that_come_by_themselves_are_no_sign_of_who_is_alone_on_shift(
    world: World, station: WebStation
) -> None:
    def acted(tx: Tx) -> Any:
        return logbook.last_act(tx, CHIEF, but=audit.UNATTENDED)

    before = station.store.read_now(acted)
    await world.chief.see(f"/incidents/{world.incident}/images/{world.still}")
    assert len(await world.entries("images", CHIEF)) == 1
    looked = {"kinds": ["audit_read"], "since": before, "until": clock.now(), "who": CHIEF}
    read = station.store.read_now(lambda tx: logbook.of_kinds(tx, **looked, limit=1).entries)
    assert station.store.read_now(acted) == read[0].at
