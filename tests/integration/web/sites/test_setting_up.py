"""Every form that sets up a site, a firm, a client or the directory: it says that it was saved, and
leaves an audit row with what was and what is."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.records import audit
from callflow.core.records.logbook import Entry
from callflow.handling.interventions import directory, members
from callflow.handling.sites.removed import PARTS
from callflow.handling.sites.shape import (
    Account,
    Agreed,
    Camera,
    Contact,
    EventOverride,
    PanelUser,
    Site,
    Zone,
)
from callflow.storage.records import logbook
from callflow.storage.sites import contracts, drawings, removed
from tests.support.outside.pictures import a_picture
from tests.support.pages.routes import all_routes
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role
from web.pages.interventions import firms, service_lines
from web.pages.sites import drawings as drawings_pages
from web.pages.sites import edit, parts
from web.pages.sites import person as site_person

Row = dict[str, Any]
AT = "/sites/1001/edit"
ANNE = "/sites/1001/people/1001-1"
GENERAL = {
    "name": "Boulangerie",
    "client": "Zef",
    "address": "1 rue Haute",
    "postcode": "29000",
    "timezone": "Europe/Paris",
    "language": "fr",
}
_SOON = f"{clock.now() + timedelta(days=30):%Y%m%d}"
DIARY = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    f"DTSTART:{_SOON}T080000Z\r\nDTEND:{_SOON}T180000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
).encode()
TOMORROW = f"{clock.now().year + 1}-06-01T08:00"

#: What a route's variable may be, where its address names an act.
ACTS: dict[str, tuple[str, ...]] = {
    "/sites/{site_id}/contacts/{contact_id}/{act}": edit.ACTS,
    "/sites/{site_id}/people/{contact_id}/{act}": site_person.ACTS,
    "/sites/{site_id}/tables/{part}/{act}": tuple(
        f"{part}/{act}" for part in parts._TAB_OF for act in parts.ACTS
    ),
    "/firms/{firm_id}/{act}": firms.ACTS,
    "/firms/{firm_id}/members/{act}": firms.MEMBER_ACTS,
    "/services/{act}": service_lines.ACTS,
    "/sites/{site_id}/people/{contact_id}/calendar/{which}": site_person._FILES,
    "/sites/{site_id}/drawings/{drawing_id}/{act}": drawings_pages.ACTS,
}
#: Forms of these addresses that change nothing of what is set up: they have tests of their own.
OTHERS = re.compile(
    r"/sites/\{site_id\}/(open|tests.*|instructions.*)|/clients/\{client_id\}/personal/.*"
)


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.site()
    station.site("1002", name="Voisin")
    station.user("alix", Role.ADMINISTRATOR)
    found = Person(app, "alix")
    await found.log_in()
    await found.see("/sites?lang=en")
    return found


def forms_of(app: FastAPI) -> set[str]:
    """Every form that sets something up, a route's acts each alone."""

    def each() -> Iterator[str]:
        for route in all_routes(app):
            set_up = re.match(r"/(sites|clients|firms|services)(/|$)", route.path)
            if route.method != "POST" or not set_up or OTHERS.fullmatch(route.path):
                continue
            acts = ACTS.get(route.path)
            stem = re.sub(r"(/\{part\})?/\{(act|which)\}$", "", route.path)
            yield from (f"{stem}/{act}" for act in acts) if acts else (route.path,)

    return set(each())


class Desk:
    """An administrator who fills in one form after another; ``done`` are the forms."""

    def __init__(self, station: WebStation, admin: Person) -> None:
        self.station, self.admin = station, admin
        self.done: set[str] = set()

    async def fills(
        self, form: str, path: str, kind: str, /, *, at: str = AT, data: Any = b"", **typed: str
    ) -> str:
        """Sends it as its page ``at`` is now; the address that it leads to."""
        shown = (await self.admin.see(at)).text
        as_of = re.search(r'name="as_of" value="([^"]+)"', shown)
        fields = {"as_of": html.unescape(as_of[1]) if as_of else "", **typed}
        before = {row.id for row in self._entries()}
        if data:
            fields["csrf"] = await self.admin.csrf()
            files = {"file": ("a.ics", data, "text/calendar")}
            answer = await self.admin.client.post(path, data=fields, files=files)
        else:
            answer = await self.admin.send(path, **fields)
        said = re.findall(r'class="refused"[^>]*>(?:<svg.*?</svg>)?(.*?)</p>', answer.text)
        assert answer.status_code == 303, (form, said)
        where = answer.headers["location"]
        assert 'class="made" role="status"' in (await self.admin.see(where)).text, (form, where)
        new = [row for row in self._entries() if row.id not in before]
        told = [row.data for row in new if row.kind == kind]
        assert told, (form, [row.kind for row in new])
        assert kind == "rehearsed" or kind in audit.GROUPS[audit.CHANGED], form
        assert told[0]["by"] == "alix", form
        _whole(form, kind, told[0], typed)
        self.done.add(form)
        return str(where)

    def _entries(self) -> list[Entry]:
        return self.station.store.read_now(lambda tx: logbook.page(tx, limit=500))


#: What is told of a change that is none of fields.
_TOLD = {
    "contract_planned": {"contract", "since", "because"},
    "contract_dropped": {"contract"},
    "contact_closed": {"who", "role", "because"},
    "contact_restored": {"who", "role"},
    "part_removed": {"table", "called", "item", "because"},
    "part_restored": {"table", "called", "item"},
    "client_renamed": {"old", "name"},
    "zone_placed": {"title", "zone"},
    "zone_taken_off": {"title", "zone"},
    "drawing_removed": {"title"},
    "firm_closed": {"firm", "because"},
    "firm_reopened": {"firm"},
    "firm_member_removed": {"firm", "who", "because"},
    "rehearsed": {"plan"},
    "site_created": set(),
}


def _whole(form: str, kind: str, told: Row, typed: Row) -> None:
    """Whether an entry has what was and what is, and the reason that was typed."""
    if kind in _TOLD:
        assert set(told) >= _TOLD[kind], (form, told)
    else:
        assert told["fields"], (form, told)
        for path, values in told["fields"].items():
            secret = path.rsplit(".", 1)[-1] in (
                *("code", "duress_code", "password", "duress_password", "dc09_key", "number"),
                *("recognition_word", "credentials"),
            )
            assert secret if values is None else len(values) == 2, (form, path)
            assert values is None or values[0] != values[1], (form, path)
    if "reason" in typed:
        assert told["because"] == typed["reason"], form


async def test_each_form_says_that_it_is_saved_and_leaves_an_audit_row(
    station: WebStation, admin: Person, app: FastAPI
) -> None:
    desk, site = Desk(station, admin), "/sites/{site_id}"

    def read(found: Any) -> Any:
        return station.store.read_now(found)

    await desk.fills("/sites", "/sites", "site_created", at="/sites", account="1003", name="Neuf")
    await desk.fills(f"{site}/edit", AT, "site_changed", **GENERAL, password="tilleul")
    await desk.fills(
        f"{site}/hours",
        f"{AT[:-5]}/hours",
        "site_changed",
        scheduled="yes",
        mon="8:00-18:00".replace("8", "08", 1),
    )
    unwatched = {"reason": "Fermé"}
    await desk.fills(f"{site}/hours", f"{AT[:-5]}/hours", "part_removed", **unwatched)
    (gone,) = read(lambda tx: removed.of_site(tx, "1001", ["schedule"]))
    path = f"{AT[:-5]}/hours/back"
    await desk.fills(f"{site}/hours/back", path, "part_restored", removed=gone.id)
    rules = {"cancel_within": "90", "swinger_after": "3", "police_agreement": "2026-12"}
    await desk.fills(f"{site}/rules", "/sites/1001/rules", "site_changed", **rules)

    # whom it calls
    lou = {"name": "Lou", "role": "keyholder", "phone": "06 39 98 01 77", "language": "en"}
    await desk.fills(f"{site}/contacts", "/sites/1001/contacts", "site_changed", **lou, code="2589")
    for act in ("down", "up"):
        path = f"/sites/1001/contacts/1001-1/{act}"
        await desk.fills(f"{site}/contacts/{{contact_id}}/{act}", path, "site_changed")
    path, why = "/sites/1001/contacts/1001-2/close", "A déménagé"
    await desk.fills(f"{site}/contacts/{{contact_id}}/close", path, "contact_closed", reason=why)
    (former,) = read(lambda tx: contracts.former(tx, "1001"))
    path = f"/sites/1001/former/{former.id}/restore"
    await desk.fills(f"{site}/former/{{former_id}}/restore", path, "contact_restored")
    known = {"contact": "1002-1", "role": "keyholder"}
    await desk.fills(f"{site}/known", "/sites/1001/known", "site_changed", **known)
    person = f"{site}/people/{{contact_id}}"
    for act, typed in (
        ("authorities", {"may.*.inform": "yes", "apart.fire": "yes"}),
        ("hours", {"limited": "yes", "mon": "08:00-12:00"}),
        ("absence", {"from": TOMORROW, "until": TOMORROW.replace("T08", "T18")}),
    ):
        await desk.fills(f"{person}/{act}", f"{ANNE}/{act}", "site_changed", at=ANNE, **typed)
    anne = next(c for c in site_of(station)["contacts"] if c["id"] == "1001-1")
    begins = anne["availability"]["leaves"][0]["from"]
    forget = {"what": "leaves", "begins": begins}
    await desk.fills(f"{person}/forget", f"{ANNE}/forget", "site_changed", at=ANNE, **forget)
    for which in site_person._FILES:
        form, path = f"{person}/calendar/{which}", f"{ANNE}/calendar/{which}"
        await desk.fills(form, path, f"{which}_imported", at=ANNE, data=DIARY)
    await desk.fills(f"{person}/test-call", f"{ANNE}/test-call", "rehearsed", at=ANNE)

    # its tables
    await _tables(desk)

    # its pictures
    await _drawings(desk)

    # its contract
    path = "/sites/1001/contract"
    planned = {"state": "suspended", "effective_at": TOMORROW, "reason": "Travaux"}
    await desk.fills(f"{site}/contract", path, "contract_planned", **planned)
    change = next(c for c in read(lambda tx: contracts.changes(tx, "1001")) if not c.done_at)
    path = f"{path}/{change.id}/drop"
    await desk.fills(f"{site}/contract/{{change_id}}/drop", path, "contract_dropped")

    # clients, firms, services
    client = re.findall(r'href="(/clients/[^"?]+)"', (await admin.see("/clients?q=zef")).text)[0]
    renamed = {"at": client, "name": "Zéphyr"}
    await desk.fills("/clients/{client_id}", client, "client_renamed", **renamed)
    await _firms(desk)
    await _services(desk)
    assert desk.done == forms_of(app)


async def _drawings(desk: Desk) -> None:
    at = "/sites/1001/drawings"
    fields = {"csrf": await desk.admin.csrf(), "site": "1001", "title": "Cave"}
    given = {"file": ("a.png", a_picture((40, 20)), "image/png")}
    await desk.admin.client.post("/site-drawings", data=fields, files=given)
    (made,) = desk.station.store.read_now(lambda tx: drawings.of_site(tx, "1001"))
    zone = re.findall(r'<option value="([^"]+)"', (await desk.admin.see(at)).text)[0]
    for act, kind, typed in (
        ("place", "zone_placed", {"zone": zone, "x": "1", "y": "2"}),
        ("take-off", "zone_taken_off", {"zone": zone}),
        ("remove", "drawing_removed", {}),
    ):
        form = f"/sites/{{site_id}}/drawings/{{drawing_id}}/{act}"
        await desk.fills(form, f"{at}/{made.id}/{act}", kind, at=at, **typed)


def site_of(station: WebStation) -> Row:
    found = station.store.read_now(lambda tx: site_document(tx, "1001"))
    assert found is not None
    return found


async def _tables(desk: Desk) -> None:
    stem, path = "/sites/{site_id}/tables", "/sites/1001/tables"
    rows: dict[str, tuple[str, Row]] = {
        "accounts": ("1001B", {"account": "1001B", "line": "dc09-tcp", "dc09_key": "ab" * 16}),
        "zones": ("1001/7", {"zone": "7", "name": "Quai", "account": "1001", "kind": "fire"}),
        "panel_users": ("1001/5", {"number": "5", "part": "guard", "account": "1001"}),
        "plans": ("fire", {"alarm": "fire", "plan": "fire"}),
        "plan_rules": ("0", {"plan": "intrusion", "mon": "08:00-12:00"}),
        "event_overrides": ("BA/3", {"code": "BA", "zone": "3", "kind": "fire"}),
        "cameras": ("", {"name": "Quai", "url": "http://camera.example/", "credentials": "u:p"}),
    }
    for part, (key, typed) in rows.items():
        await desk.fills(f"{stem}/{part}/save", f"{path}/{part}/save", "site_changed", **typed)
        row = {"key": key or site_of(desk.station)["cameras"][0]["id"], "reason": "Déposé"}
        before = site_of(desk.station)[part]
        await desk.fills(f"{stem}/{part}/remove", f"{path}/{part}/remove", "part_removed", **row)
        kept = desk.station.store.read_now(lambda tx: removed.of_site(tx, "1001", PARTS))
        (gone,) = [each for each in kept if each.part == part]
        again: Row = {"removed": gone.id}
        await desk.fills(f"{stem}/{part}/back", f"{path}/{part}/back", "part_restored", **again)
        assert site_of(desk.station)[part] == before
        await desk.fills(f"{stem}/{part}/remove", f"{path}/{part}/remove", "site_changed", **row)


async def _firms(desk: Desk) -> None:
    new = {"name": "Ouest Garde", "part": "guard", "licence": "AUT-035", "phone": "06 39 98 10 50"}
    made = await desk.fills("/firms", "/firms", "guard_firm_changed", at="/firms", **new)
    at = made.partition("?")[0]
    firm, stem = {**new, "rank": "2", "language": "fr"}, "/firms/{firm_id}"
    for act, kind, typed in (
        ("save", "guard_firm_changed", firm),
        ("hours", "guard_firm_changed", {"limited": "yes", "mon": "20:00-06:00"}),
        ("members/save", "firm_member_changed", {"name": "Tom", "language": "fr"}),
    ):
        await desk.fills(f"{stem}/{act}", f"{at}/{act}", kind, at=at, **typed)
    firm_id = at.rsplit("/", 1)[1]
    (tom,) = desk.station.store.read_now(lambda tx: members.firm_members(tx, firm_id))
    for act, kind, typed in (
        ("members/remove", "firm_member_removed", {"id": tom.id, "reason": "Parti"}),
        ("close", "firm_closed", {"reason": "Cessation"}),
        ("reopen", "firm_reopened", {}),
    ):
        await desk.fills(f"{stem}/{act}", f"{at}/{act}", kind, at=at, **typed)


async def _services(desk: Desk) -> None:
    at, kind = "/services", "directory_changed"
    line = {"service": "police", "name": "CIC", "number": "02 99 00 11 22", "place": "35"}
    await desk.fills(f"{at}/save", f"{at}/save", kind, at=at, **line)
    (kept,) = desk.station.store.read_now(directory.get_directory)
    gone = {"id": kept.id, "reason": "Fermé"}
    await desk.fills(f"{at}/remove", f"{at}/remove", kind, at=at, **gone)


async def test_nothing_is_taken_away_without_a_reason(station: WebStation, admin: Person) -> None:
    shown = (await admin.see(f"{AT}/panels?row=zones:1001/3")).text
    as_of = html.unescape(re.findall(r'name="as_of" value="([^"]+)"', shown)[0])
    path, zone = "/sites/1001/tables/zones/remove", {"key": "1001/3", "as_of": as_of}
    answer = await admin.send(path, **zone, reason=" ")
    assert answer.status_code == 422
    assert "write down why" in answer.text
    assert [each["zone"] for each in site_of(station)["zones"]] == ["3"]


#: What PUT takes and no form of a site asks for by this name: why.
ELSEWHERE = {
    "id": "a site's is its first account; a contact's and a camera's are made",
    "state": "the contract's own form, with a reason",
    "rank": "the buttons up and down",
    "authorities": "ticks, by kind on the person's page",
    "availability": "the person's page",
    "schedule": "the tab of hours",
    "rules": "the tab of hours",
    "plan_overrides": "the plan's own page for this site",
    "accounts zones contacts panel_users plans plan_rules event_overrides cameras": "tables",
    "shared": "who edits one person is shown whose sites else it is",
    "last_heard skew silent untested partitions": "what panels tell",
}


async def test_an_administrator_edits_in_pages_all_that_the_interface_takes(
    admin: Person,
) -> None:
    asked: set[str] = set()
    for tab in ("", "/panels", "/hours", "/codes"):
        asked |= set(re.findall(r' name="([a-z0-9_]+)[".]', (await admin.see(f"{AT}{tab}")).text))
    taken = {
        name
        for shape in (*(Site, Account, Zone, Contact, PanelUser, EventOverride, Agreed, Camera),)
        for name in shape.model_fields
        if not name.endswith("_set")
    }
    elsewhere = {name for names in ELSEWHERE for name in names.split()}
    assert taken - elsewhere - asked == set()


async def test_a_secret_is_taken_away_by_a_tick(station: WebStation, admin: Person) -> None:
    desk = Desk(station, admin)
    assert site_of(station)["recognition_word_set"]
    gone = {**GENERAL, "recognition_word_gone": "yes"}
    await desk.fills("/sites/{site_id}/edit", AT, "site_changed", **gone)
    assert not site_of(station)["recognition_word_set"]
    lou = {"id": "1001-1", "name": "Anne", "role": "keyholder", "language": "fr"}
    typed = {**lou, "duress_code_gone": "yes", "duress_password": "platane"}
    await desk.fills("/contacts", "/sites/1001/contacts", "site_changed", **typed)
    anne = next(c for c in site_of(station)["contacts"] if c["id"] == "1001-1")
    assert (anne["code_set"], anne["duress_code_set"]) == (True, False)
    assert anne["duress_password_set"]


async def test_a_kind_with_authorities_that_is_not_set_apart_is_asked_about(
    station: WebStation, admin: Person
) -> None:
    shown = (await admin.see(ANNE)).text
    as_of = html.unescape(re.findall(r'name="as_of" value="([^"]+)"', shown)[0])
    answer = await admin.send(f"{ANNE}/authorities", as_of=as_of, **{"may.gas.cancel": "yes"})
    assert answer.status_code == 422
    assert "tick that it is set apart" in answer.text


async def test_what_pages_write_the_interface_takes_back(
    station: WebStation, admin: Person
) -> None:
    desk = Desk(station, admin)
    await _tables(desk)
    Site.read(site_of(station))
