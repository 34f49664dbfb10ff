"""Two people open the same form, both save: the second is refused, sees what the first one made of
it, and nothing of theirs is half saved. A form that doesn't say what it showed is refused too."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from _pytest.mark import ParameterSet
from fastapi import FastAPI

from callflow import clock
from callflow.commands.calls.studio import Studio
from callflow.core.records.letters import LetterKind
from callflow.core.sites.drawings import Place
from callflow.core.sites.site import Role as SiteRole
from callflow.core.watch.organs import Part
from callflow.core.watch.probes import Means, Probe
from callflow.handling.interventions import directory
from callflow.handling.interventions import firms as interventions_firms
from callflow.handling.interventions import members as interventions_members
from callflow.handling.interventions.firms import close_firm
from callflow.handling.messages.subscriptions import Wanted, subscribe
from callflow.handling.plans import plans, withdrawal
from callflow.handling.records import letters, mnemonics
from callflow.handling.sites import contracts, drawings, sites
from callflow.handling.sites.clients import client_key
from callflow.handling.sites.drawings import Picture
from callflow.handling.sites.event_rules import set_rule
from callflow.handling.watch import checks, probes
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.messages import subscriptions as subscription_rows
from callflow.storage.people import users
from callflow.storage.sites import contracts as contract_rows
from callflow.storage.sites import drawings as drawing_rows
from callflow.storage.sites import removed
from callflow.storage.watch import probes as probe_rows
from ivr.speech.places import announcements_of
from tests.support.outside.studio import recording
from tests.support.pages.routes import all_routes
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role
from web.app import create_app
from web.pages.interventions import firms, service_lines
from web.pages.messages import subscriptions
from web.pages.plans import at_site, edit
from web.pages.sites import drawings as site_drawings
from web.pages.sites import edit as site_edit
from web.pages.sites import parts
from web.pages.sites import person as site_person

BOTH = ("odile", "paul")
HOOK = "https://programme.example.org/h"
SITE, EDIT = "/sites/1001", "/sites/1001/edit"
ANNE = f"{SITE}/people/1001-1"
YEAR = clock.now().year + 1
_SOON = f"{clock.now() + timedelta(days=30):%Y%m%d}"
GENERAL = {
    "name": "Boulangerie",
    "client": "Zef",
    "address": "1 rue Haute",
    "postcode": "29000",
    "timezone": "Europe/Paris",
    "language": "fr",
}
LINE = {"id": "police-35", "service": "police", "name": "CIC 35"}
LINE |= {"number": "+33130000017", "place": "35"}
DAY = {"country": "FR", "day": f"{YEAR}-12-24", "years": "1"}
FIRM = {"name": "Ouest Garde", "part": "guard", "licence": "AUT-035", "phone": "06 39 98 10 50"}
FIRM |= {"rank": "1", "language": "fr"}
BODY = {"name": "Ouest Garde", "part": "guard", "licence": "AUT-035", "phone": "06 39 98 10 50"}
CALL = {"id": "call", "kind": "call_list", "outcomes": {"exhausted": "hand"}}
HAND = {"id": "hand", "kind": "hand_to_operator"}

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Saved:
    """A form: its page, where it leads, what each of two people types; ``given`` is a file."""

    at: str
    where: str
    first: Fields = field(default_factory=dict)
    second: Fields | None = None  # None: the same
    given: Callable[[int], tuple[str, bytes]] | None = None
    prepare: Callable[[World], None] = lambda world: None

    def typed(self, turn: int) -> dict[str, str]:
        return dict(self.first if turn == 0 or self.second is None else self.second)


#: What is checked.
CHECK = {"title": "Salle", "text": "Une fois", "period": "day", "who": "operator"}
CHECK |= {"proof": "signature", "unit": "", "lowest": "", "highest": "", "source": ""}
CHECK |= {"subject": ""}

#: What is asked of an organ.
PROBE = {"name": "box", "part": "network", "means": "tcp", "target": "box.example.org:443"}

#: How another system's list is read.
LIST = {"at": "Heure", "within": "180", "late": "30"}


@dataclass(frozen=True)
class World:
    """Two administrators at a station that has one of each."""

    station: WebStation
    odile: Person
    paul: Person

    def ids(self) -> dict[str, str]:
        """What addresses hold that is made up by the station."""
        row = self.station.store.read_now(lambda tx: users.user_by_name(tx, "bea"))
        set_probes = self.station.store.read_now(probe_rows.every)
        former = self.station.store.read_now(lambda tx: contract_rows.former(tx, "1001"))
        members = self.station.store.read_now(
            lambda tx: interventions_members.firm_members(tx, "ouest")
        )
        assert row is not None
        away = self.station.store.read_now(
            lambda tx: removed.of_site(tx, "1001", ("zones", "schedule"))
        )
        told = self.station.store.read_now(subscription_rows.every)
        shown = self.station.store.read_now(lambda tx: drawing_rows.of_site(tx, "1001"))
        return {
            "removed": away[0].id if away else "",
            "drawing": shown[0].id if shown else "",
            "bea": row.id,
            "told": told[0].id if told else "",
            "probe": next((one.id for one in set_probes), ""),
            "former": former[0].id if former else "",
            "member": members[0].id if members else "",
        }

    def everything(self) -> Any:
        """Every row of the station, sessions apart, and what the studio recorded."""

        def read(tx: Tx) -> dict[str, list[str]]:
            return {
                table.name: sorted(map(repr, tx.execute(table.select()).all()))
                for table in t.metadata.sorted_tables
                if table.name != "session"
            }

        files = sorted(announcements_of(self.station.settings).folder.rglob("*"))
        heard = {file: file.read_bytes() for file in files if file.is_file()}
        return self.station.store.read_now(read), heard


@pytest.fixture
async def world(station: WebStation) -> AsyncIterator[World]:
    for name in BOTH:
        station.user(name, Role.ADMINISTRATOR)
    station.user("bea", Role.OPERATOR)
    station.site()
    station.site("1002", name="Voisin")
    now = clock.now()
    station.do(lambda tx: directory.put_directory(tx, [LINE], "essai", now))
    body = {**BODY, "rank": 1, "language": "fr", "sectors": []}
    station.do(
        lambda tx: interventions_firms.put_firm(tx, station.vault, "ouest", body, "essai", now)
    )
    tom = {"name": "Tom", "language": "fr"}
    station.do(
        lambda tx: interventions_members.put_member(
            tx, station.vault, "ouest", "ouest-1", tom, "essai", now
        )
    )
    for steps in ([CALL, HAND], [HAND]):
        station.do(lambda tx, steps=steps: publish(tx, steps))
    studio = Studio(station.settings)
    app = create_app(station.settings, station.store, station.vault, prompts=studio)
    odile, paul = (Person(app, name) for name in BOTH)
    async with odile.client, paul.client:
        for each in (odile, paul):
            assert (await each.log_in()).status_code == 303
            await each.see("/sites?lang=en")
        yield World(station, odile, paul)
    await studio.close()


def publish(tx: Tx, steps: list[dict[str, Any]]) -> None:
    body = {"id": "night", "name": "Night", "steps": steps}
    plans.publish_plan(tx, body, "essai", clock.now())


def draft(world: World) -> None:
    body = {"id": "night", "name": "Night", "steps": [CALL, HAND]}
    world.station.do(
        lambda tx: plans.save_draft(tx, body, "essai", clock.now(), revision=None, based_on=2)
    )


def withdrawn(world: World) -> None:
    def withdraw(tx: Tx) -> None:
        as_of = str(withdrawal.get_standing(tx, "night").revision)
        withdrawal.withdraw(tx, "night", as_of, "Remplacée", "essai", clock.now())

    world.station.do(withdraw)


def taken_away(part: str) -> Callable[[World], None]:
    """The site had zones and hours; ``part`` was removed from it."""

    def prepare(world: World) -> None:
        world.station.site(schedule={"week": {"mon": ["08:00-18:00"]}})

        def take(tx: Tx) -> None:
            site = sites.get_site(tx, "1001")
            assert site is not None
            after = site.changed(**{part: None if part == "schedule" else []})
            vault, now = world.station.vault, clock.now()
            sites.put_site(tx, vault, "1001", after, "essai", now, because="Déposé")

        world.station.do(take)

    return prepare


def closed(world: World) -> None:
    """A contact of the site is called no more."""

    def close(tx: Tx) -> None:
        site = sites.get_site(tx, "1001")
        assert site is not None
        after = contracts.without(site, "1001-2", SiteRole.KEYHOLDER)
        sites.put_site(
            tx, world.station.vault, "1001", after, "essai", clock.now(), because="parti"
        )

    world.station.do(close)


def told_of_events(world: World) -> None:
    wanted = Wanted(name="erp", url=HOOK)
    vault = world.station.vault
    world.station.do(lambda tx: subscribe(tx, vault, wanted, "odile", clock.now()))


def probe(world: World) -> None:
    """An organ is asked."""
    wanted = Probe(id="", name="box", part=Part.NETWORK, means=Means.TCP, target=PROBE["target"])
    vault = world.station.vault
    world.station.do(lambda tx: probes.add(tx, vault, wanted, "", "odile", clock.now()))


def own_text(world: World) -> None:
    """The station has another text for a code."""
    now = clock.now()
    world.station.do(lambda tx: mnemonics.change(tx, "GAR", "Agent vu", [], "essai", now))


def otherwise(world: World) -> None:
    rule = {"code": "AT", "kind": "flood", "category": None, "priority": None, "opens": None}
    world.station.do(lambda tx: set_rule(tx, rule, "essai", clock.now()))


def drawn(world: World) -> None:
    """The site has a floor plan, and its zone is on it."""
    vault, now = world.station.vault, clock.now()

    def draw(tx: Tx) -> None:
        plan = drawings.add(tx, vault, "1001", "Plan", Picture(b"-", 4, 2), "essai", now)
        drawings.place_zone(tx, "1001", plan, Place("1001", "3", 9, 9), "essai", now)

    world.station.do(draw)


CLIENTS = {"kind": "report_client", "language": "fr"}


def own_letter(world: World) -> None:
    kind, text = LetterKind.REPORT_CLIENT, ("fr", "Rapport", "{site}", "odile")
    world.station.do(lambda tx: letters.set_text(tx, kind, *text, clock.now()))


def recorded(world: World) -> None:
    announcements_of(world.station.settings).put("goodbye", "fr", recording(330))


def firm_closed(world: World) -> None:
    now = clock.now()
    world.station.do(lambda tx: close_firm(tx, "ouest", "Cessation", "essai", now))


def ask(world: World) -> None:
    """The usual list of checks."""
    world.station.do(lambda tx: checks.begin_usual(tx, clock.now()))


def follow(world: World, *, otherwise: bool = False) -> None:
    """The site follows the plan; its first step is called more often there than the plan says."""
    own = {"night": {"call": {"attempts": 5}}} if otherwise else {}
    world.station.do(lambda tx: publish(tx, [CALL, HAND]))
    world.station.site(plans={"intrusion": "night"}, plan_overrides=own)


def diary(turn: int) -> tuple[str, bytes]:
    said = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        f"DTSTART:{_SOON}T0{8 + turn}0000Z\r\nDTEND:{_SOON}T180000Z\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return "a.ics", said.encode()


def studio_file(turn: int) -> tuple[str, bytes]:
    return "a.wav", recording(440 + 220 * turn)


def on_site(stem: str, first: Fields, second: Fields | None = None, **more: Any) -> Saved:
    return Saved(EDIT, f"{SITE}/{stem}", first, second, **more)


def of_firm(act: str, first: Fields, second: Fields | None = None, **more: Any) -> Saved:
    return Saved("/firms/ouest", f"/firms/ouest/{act}", first, second, **more)


def of_plan(act: str, first: Fields, second: Fields | None = None, **more: Any) -> Saved:
    return Saved("/plans/night/edit", f"/plans/night/edit{act}", first, second, **more)


ANNE_AS = {"id": "1001-1", "role": "keyholder", "language": "fr"}
ABSENT = {"from": f"{YEAR}-06-01T08:00", "until": f"{YEAR}-06-01T18:00"}
GONE = {"reason": "Déposé"}
#: Rows of a site's tables, by the key of one, as somebody adds and as another person changes it.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "accounts": ("1001B", {"account": "1001B", "line": "dc09-tcp"}),
    "zones": ("1001/7", {"zone": "7", "name": "Quai", "account": "1001", "kind": "fire"}),
    "panel_users": ("1001/5", {"number": "5", "part": "guard", "account": "1001"}),
    "plans": ("fire", {"alarm": "fire", "plan": "fire"}),
    "plan_rules": ("0", {"plan": "intrusion", "mon": "08:00-12:00"}),
    "event_overrides": ("BA/9", {"code": "BA", "zone": "9", "kind": "fire"}),
    "cameras": ("", {"name": "Quai", "url": "http://camera.example/"}),
}
#: By the route and its act: each form that saves something that several people may change.
SAVES: dict[str, Saved] = {
    "/sites/{site_id}/edit": Saved(EDIT, EDIT, GENERAL, {**GENERAL, "name": "Fournil"}),
    "/sites/{site_id}/hours": Saved(
        *(f"{EDIT}/hours", f"{SITE}/hours"),
        *({"scheduled": "yes", "mon": "08:00-18:00"}, {"scheduled": "yes", "tue": "09:00-18:00"}),
    ),
    "/sites/{site_id}/rules": Saved(
        *(f"{EDIT}/hours", f"{SITE}/rules"),
        {"cancel_within": "90", "swinger_after": "3"},
        {"cancel_within": "60", "swinger_after": "3"},
    ),
    "/sites/{site_id}/contacts": on_site(
        "contacts", {**ANNE_AS, "name": "Anne B."}, {**ANNE_AS, "name": "Anne C."}
    ),
    "/sites/{site_id}/contacts/{contact_id}/up": on_site("contacts/1001-2/up", {}),
    "/sites/{site_id}/contacts/{contact_id}/down": on_site("contacts/1001-1/down", {}),
    "/sites/{site_id}/contacts/{contact_id}/close": on_site("contacts/1001-2/close", GONE),
    "/sites/{site_id}/known": on_site("known", {"contact": "1002-1", "role": "keyholder"}),
    "/sites/{site_id}/former/{former_id}/restore": on_site(
        "former/{former}/restore", {}, prepare=closed
    ),
    "/sites/{site_id}/contract": on_site(
        "contract",
        {"state": "suspended", "reason": "Impayé"},
        {"state": "suspended", "reason": "Travaux", "effective_at": f"{YEAR}-06-01T08:00"},
    ),
    "/sites/{site_id}/people/{contact_id}/authorities": Saved(
        *(ANNE, f"{ANNE}/authorities", {"may.*.inform": "yes"}, {"may.*.cancel": "yes"}),
    ),
    "/sites/{site_id}/people/{contact_id}/hours": Saved(
        *(ANNE, f"{ANNE}/hours"),
        *({"limited": "yes", "mon": "08:00-12:00"}, {"limited": "yes", "tue": "08:00-12:00"}),
    ),
    "/sites/{site_id}/people/{contact_id}/absence": Saved(
        *(ANNE, f"{ANNE}/absence", ABSENT, {**ABSENT, "from": f"{YEAR}-05-01T08:00"}),
    ),
    "/sites/{site_id}/people/{contact_id}/calendar/duties": Saved(
        ANNE, f"{ANNE}/calendar/duties", given=diary
    ),
    "/sites/{site_id}/people/{contact_id}/calendar/absences": Saved(
        ANNE, f"{ANNE}/calendar/absences", given=diary
    ),
    **{
        f"/sites/{{site_id}}/tables/{part}/save": Saved(
            f"{EDIT}/{parts._TAB_OF[part][0]}", f"{SITE}/tables/{part}/save", typed
        )
        for part, (_, typed) in TABLES.items()
    },
    "/sites/{site_id}/tables/zones/remove": Saved(
        f"{EDIT}/panels", f"{SITE}/tables/zones/remove", {"key": "1001/3", **GONE}
    ),
    "/sites/{site_id}/tables/zones/back": Saved(
        *(f"{EDIT}/panels", f"{SITE}/tables/zones/back", {"removed": "{removed}"}),
        prepare=taken_away("zones"),
    ),
    "/sites/{site_id}/hours/back": Saved(
        *(f"{EDIT}/hours", f"{SITE}/hours/back", {"removed": "{removed}"}),
        prepare=taken_away("schedule"),
    ),
    **{
        f"/sites/{{site_id}}/drawings/{{drawing_id}}/{act}": Saved(
            *(f"{SITE}/drawings", f"{SITE}/drawings/{{drawing}}/{act}", first, second),
            prepare=drawn,
        )
        for act, first, second in (
            (
                "place",
                {"zone": "1001/3", "x": "1", "y": "1"},
                {"zone": "1001/3", "x": "2", "y": "2"},
            ),
            ("take-off", {"zone": "1001/3"}, None),
        )
    },
    "/firms/{firm_id}/save": of_firm(
        "save", {**FIRM, "name": "Nord Garde"}, {**FIRM, "name": "Est Garde"}
    ),
    "/firms/{firm_id}/hours": of_firm("hours", {"limited": "yes", "mon": "20:00-06:00"}),
    "/firms/{firm_id}/close": of_firm("close", {"reason": "Cessation"}),
    "/firms/{firm_id}/reopen": of_firm("reopen", {}, prepare=firm_closed),
    "/firms/{firm_id}/members/save": of_firm(
        "members/save", {"name": "Léo", "language": "fr"}, {"name": "Max", "language": "fr"}
    ),
    "/firms/{firm_id}/members/remove": of_firm("members/remove", {"id": "ouest-1", **GONE}),
    "/services/save": Saved(
        *("/services?line=police-35", "/services/save"),
        *({**LINE, "name": "CIC Rennes"}, {**LINE, "name": "CIC Brest"}),
    ),
    "/station/checks/{check_id}": Saved(
        *("/station/checks/room",) * 2, CHECK, {**CHECK, "text": "Deux fois"}, prepare=ask
    ),
    "/station/organs/{key:path}": Saved(
        *("/station/organs/process:engine@",) * 2, {"cost": "Rien"}, {"cost": "Tout"}
    ),
    "/station/probes/{probe_id}": Saved(
        *("/station/probes", "/station/probes/{probe}"),
        *({**PROBE, "every": "30"}, {**PROBE, "every": "90"}),
        prepare=probe,
    ),
    "/services/remove": Saved("/services", "/services/remove", {"id": "police-35", **GONE}),
    "/clients/{client_id}": Saved(
        *(f"/clients/{client_key('Bijoux réunis')}",) * 2,
        *({"name": "Bijoux Réunis"}, {"name": "BIJOUX RÉUNIS"}),
    ),
    "/people/{user_id}": Saved(
        *("/people", "/people/{bea}"),
        *({"role": "reader", "languages": "fr"}, {"role": "operator", "languages": "fr en"}),
    ),
    "/people/{user_id}/password": Saved(
        *("/people", "/people/{bea}/password"),
        *({"password": "une phrase assez longue"}, {"password": "une autre phrase longue"}),
    ),
    "/settings/events": Saved(
        *("/settings/events?code=AT", "/settings/events"),
        *({"code": "AT", "kind": "technical"}, {"code": "AT", "priority": "4"}),
    ),
    "/settings/events/{code}/reset": Saved(
        "/settings/events?code=AT", "/settings/events/AT/reset", prepare=otherwise
    ),
    "/settings/texts": Saved(
        *("/settings/texts?code=GAR", "/settings/texts"),
        *({"code": "GAR", "text": "Agent [nom]"}, {"code": "GAR", "text": "Agent [qui]"}),
    ),
    "/settings/texts/{code}/reset": Saved(
        "/settings/texts?code=GAR", "/settings/texts/GAR/reset", prepare=own_text
    ),
    "/settings/webhooks/{subscription_id}": Saved(
        *("/settings/webhooks", "/settings/webhooks/{told}"),
        *({"name": "tableau", "url": HOOK}, {"name": "autre", "url": HOOK}),
        prepare=told_of_events,
    ),
    "/settings/retention": Saved(
        *("/settings/retention",) * 2,
        *({"what": "images", "days": "90"}, {"what": "images", "days": "60"}),
    ),
    "/settings/shadow/columns": Saved(
        *("/settings/shadow", "/settings/shadow/columns"),
        *({**LIST, "account": "Abonné"}, {**LIST, "account": "Site"}),
    ),
    "/settings/letters": Saved(
        *("/settings/letters",) * 2,
        *({**CLIENTS, "subject": "Rapport"}, {**CLIENTS, "subject": "Autre"}),
    ),
    "/settings/letters/reset": Saved(
        *("/settings/letters", "/settings/letters/reset"), CLIENTS, prepare=own_letter
    ),
    "/charges/prices": Saved(
        *("/charges/prices", "/charges/prices"),
        {"scope": "station", "owner": "", "kind": "guard_sent", "price": "90"},
        {"scope": "station", "owner": "", "kind": "guard_sent", "price": "95,50"},
    ),
    "/holidays": Saved(
        *("/holidays", "/holidays"),
        {**DAY, "what": "holiday", "reason": "Pont"},
        {**DAY, "what": "ordinary", "reason": "Aucun pont"},
    ),
    "/announcements": Saved(
        *("/announcements/goodbye", "/announcements", {"key": "goodbye", "language": "fr"}),
        given=studio_file,
    ),
    "/announcements/{key}/remove": Saved(
        *("/announcements/goodbye", "/announcements/goodbye/remove", {"language": "fr"}),
        prepare=recorded,
    ),
    "/plans/{plan_id}/edit": of_plan(
        "", {"name": "Nuit", "normal_minutes": "45"}, {"name": "Soir", "normal_minutes": ""}
    ),
    "/plans/{plan_id}/edit/steps": of_plan(
        "/steps",
        {"kind": "counter_call", "id": "a", "before": "1"},
        {"kind": "counter_call", "id": "b", "before": "1"},
    ),
    **{
        f"/plans/{{plan_id}}/edit/steps/{{place}}/{act}": of_plan(
            f"/steps/1/{act}", {"place": "1", "step": "call", **typed}, prepare=draft
        )
        for act, typed in {
            "save": {"attempts": "3"},
            "down": {},
            "remove": {},
        }.items()
    },
    "/plans/{plan_id}/edit/steps/{place}/up": of_plan(
        "/steps/2/up", {"place": "2", "step": "hand"}, prepare=draft
    ),
    "/plans/{plan_id}/edit/order": of_plan("/order", {"order": "2,1"}, prepare=draft),
    "/plans/{plan_id}/edit/rebase": of_plan("/rebase", {}, prepare=draft),
    "/plans/{plan_id}/edit/publish": of_plan(
        "/publish", {"why": "Plus court", "accept": "vu"}, prepare=draft
    ),
    "/plans/{plan_id}/versions/roll-back": Saved(
        *("/plans/night/versions", "/plans/night/versions/roll-back"),
        *({"version": "1", "why": "Trop court"}, {"version": "2", "why": "Trop long"}),
    ),
    "/plans/{plan_id}/edit/drop": of_plan("/drop", {}, prepare=draft),
    "/plans/{plan_id}/withdraw": Saved(
        *("/plans/night", "/plans/night/withdraw", {"why": "Remplacée"})
    ),
    "/plans/{plan_id}/bring-back": Saved(
        *("/plans/night", "/plans/night/bring-back", {"why": "Encore utile"}), prepare=withdrawn
    ),
    "/plans/{plan_id}/sites/{site_id}/drop": Saved(
        *("/plans/night/sites/1001", "/plans/night/sites/1001/drop", {"for": "intrusion"}),
        prepare=follow,
    ),
    **{
        f"/plans/{{plan_id}}/sites/{{site_id}}/steps/{{place}}/{act}": Saved(
            "/plans/night/sites/1001?step=1",
            f"/plans/night/sites/1001/steps/1/{act}",
            {"step": "call", "attempts": "3"},
            {"step": "call", "attempts": "4"},
            prepare=lambda world: follow(world, otherwise=True),
        )
        for act in at_site.ACTS
    },
}
#: Forms that can't overwrite what somebody else saved, by route; why.
ALONE: dict[str, str] = {
    **dict.fromkeys(
        ("/login", "/logout", "/login/factor", "/login/passkey", "/scheme", "/presence"),
        "one's own session, or one's own presence",
    ),
    **dict.fromkeys(
        (
            *("/account/password", "/account/totp", "/account/totp/confirm"),
            *("/account/totp/remove", "/account/recovery", "/account/passkeys/options"),
            *("/account/passkeys", "/account/passkeys/{key_id}/remove"),
            *("/account/sessions/{session}/end", "/telephone/softphone", "/telephone/{act}"),
            *("/shift/begin", "/shift/end", "/shift/presence", "/undo/{undo_id}"),
            *("/beat", "/shift/sound"),
        ),
        "one's own",
    ),
    **dict.fromkeys(
        (
            *("/sites", "/firms", "/people", "/plans", "/settings/tokens", "/start/site"),
            *("/settings/tokens/screen", "/site-drawings"),
            *(
                "/settings/webhooks",
                "/statistics/reports",
                "/station/checks/new",
                "/station/probes",
            ),
            *("/settings/retention/holds", "/roster", "/sites/{site_id}/instructions"),
            "/logbook/{entry_id}/correct",
            *("/plans/{plan_id}/sites", "/sites/{site_id}/tests", "/faults"),
            *("/measures", "/measures/feeds", "/charges/clients/{client_id}"),
        ),
        "adds something, and is refused where something else is in its place",
    ),
    **dict.fromkeys(
        (
            *("/holidays/{day_id}/forget", "/roster/{duty_id}/remove"),
            *("/settings/tokens/{token_id}/revoke", "/settings/retention/holds/{hold_id}/lift"),
            *("/people/sessions/{session}/end", "/shift/{user_id}/end"),
            "/sites/{site_id}/contract/{change_id}/drop",
            "/sites/{site_id}/drawings/{drawing_id}/remove",
            "/station/probes/{probe_id}/remove",
            *("/post/{message_id}/stamp", "/statistics/reports/{subscription_id}/remove"),
            "/sites/{site_id}/instructions/{instruction}/withdraw",
            "/sites/{site_id}/tests/{test_id}/{act}",
            *("/measures/{measure_id}/{act}", "/measures/feeds/{feed_id}/revoke"),
            "/charges/clients/{client_id}/{charge_id}/correct",
        ),
        "ends one thing that never changes, by its id: it is done once",
    ),
    **dict.fromkeys(
        (
            *("/people/{user_id}/disable", "/people/{user_id}/enable", "/settings/backup/release"),
            *("/settings/shadow/over", "/settings/shadow/back"),
            *("/settings/webhooks/{subscription_id}/" + act for act in subscriptions.ACTS),
            "/settings/webhooks/{subscription_id}/replay",
            "/people/{user_id}/reset-factors",
            "/sites/{site_id}/instructions/{instruction}/countersign",
            "/sites/{site_id}/instructions/{instruction}/transcribe",
        ),
        "the button says into which state, and only out of the other one",
    ),
    "/people/{user_id}/desk-phone": "makes a telephone, and ends the one before it",
    **dict.fromkeys(
        ("/station/checks/sign", "/station/checks/{check_id}/retire"),
        "refused where somebody did it meanwhile (watch/test_checks.py)",
    ),
    "/station/report": "makes one more document",
    "/faults/{fault_id}/{act}": "says what it saw, or ends it once (test_faults.py)",
    **dict.fromkeys(
        (
            *("/incidents/{incident_id}/{act}", "/incidents/{incident_id}/together"),
            *("/incidents/{incident_id}/close", "/incidents/{incident_id}/sign-end"),
            "/incidents/{incident_id}/send-report",
            *("/call-backs/{call_back_id}/{act}", "/incidents/{incident_id}/password"),
        ),
        "an operator's act on work that one person holds (test_races.py)",
    ),
    **dict.fromkeys(
        (
            *("/clients/{client_id}/personal/export", "/clients/{client_id}/personal/erase"),
            *("/personal/{contact_id}/export", "/personal/{contact_id}/erase"),
            *("/settings/configuration", "/site-files/export", "/site-files/template"),
            *("/incidents/{incident_id}/reveal-password", "/logbook/export"),
            *("/incidents/{incident_id}/evidence", "/incidents/{incident_id}/evidence/preview"),
            *("/evidence/{disclosure_id}/make", "/evidence/{disclosure_id}/file"),
        ),
        "gives something out, or erases it: nothing is written over",
    ),
    **dict.fromkeys(
        (
            *("/settings/tokens/try", "/settings/trunks", "/announcements/{key}/call"),
            "/settings/shadow/compare",
            *("/sites/{site_id}/people/{contact_id}/test-call", "/demo/alarms/{site_id}"),
            "/settings/letters/preview",
            *("/plans/{plan_id}/simulate/rehearse", "/sites/{site_id}/open", "/start/alarm"),
        ),
        "tries something out, or calls",
    ),
    **dict.fromkeys(
        ("/site-files", "/site-files/{which}/{act}"),
        "a file of sites is compared anew where somebody changed one (test_site_files.py)",
    ),
}
#: What a route's variable may be, where its address names an act.
ACTS: dict[str, tuple[str, ...]] = {
    "/sites/{site_id}/contacts/{contact_id}/{act}": site_edit.ACTS,
    "/sites/{site_id}/people/{contact_id}/{act}": site_person.ACTS,
    "/sites/{site_id}/people/{contact_id}/calendar/{which}": site_person._FILES,
    "/sites/{site_id}/tables/{part}/{act}": tuple(
        f"{part}/{act}" for part in parts._TAB_OF for act in parts.ACTS
    ),
    "/sites/{site_id}/drawings/{drawing_id}/{act}": site_drawings.ACTS,
    "/firms/{firm_id}/{act}": firms.ACTS,
    "/settings/webhooks/{subscription_id}/{act}": tuple(subscriptions.ACTS),
    "/firms/{firm_id}/members/{act}": firms.MEMBER_ACTS,
    "/services/{act}": service_lines.ACTS,
    "/plans/{plan_id}/edit/steps/{place}/{act}": edit.ACTS,
    "/plans/{plan_id}/sites/{site_id}/steps/{place}/{act}": at_site.ACTS,
}
#: Acts that are another act of the same route, saved by the same lines.
LIKE = {
    f"/sites/{{site_id}}/tables/{part}/{act}": f"/sites/{{site_id}}/tables/zones/{act}"
    for part in TABLES
    if part != "zones"
    for act in ("remove", "back")
} | {"/sites/{site_id}/people/{contact_id}/forget": "/sites/{site_id}/people/{contact_id}/absence"}


async def as_of(person: Person, at: str, where: str, typed: Fields) -> str:
    """What the page says that it shows, in the form that leads ``where``."""
    on_page = set(re.findall(r'name="as_of" value="([^"]*)"', (await person.see(at)).text))
    if len(on_page) == 1:
        return unescape(on_page.pop())
    return (await person.hidden(at, where, typed))["as_of"]


async def save(
    person: Person, form: Saved, where: str, turn: int, seen: str | None
) -> httpx.Response:
    fields = {"csrf": await person.csrf(), **form.typed(turn)}
    if seen is not None:
        fields["as_of"] = seen
    files = {"file": form.given(turn)} if form.given else None
    return await person.client.post(where, data=fields, files=files)


def _tried() -> list[ParameterSet]:
    """All of them; in a fast run one of each page or part of one."""
    first = {"/".join(name.split("/")[:4]): name for name in reversed(SAVES)}.values()
    marks = {name: [] if name in first else [pytest.mark.deep] for name in SAVES}
    return [pytest.param(name, marks=marks[name]) for name in SAVES]


@pytest.mark.parametrize("name", _tried())
async def test_the_second_save_is_refused_and_nothing_of_it_is_kept(
    world: World, name: str
) -> None:
    form = SAVES[name]
    form.prepare(world)
    ids = world.ids()
    at, where = (said.format(**ids) for said in (form.at, form.where))
    form = replace(form, first={k: said.format(**ids) for k, said in form.first.items()})
    seen = [
        await as_of(who, at, where, form.typed(turn))
        for turn, who in enumerate((world.odile, world.paul))
    ]
    before = world.everything()
    for without in (None, ""):
        assert (await save(world.odile, form, where, 0, without)).status_code == 409, "unseen"
    assert (world.everything() == before) is True
    first = await save(world.odile, form, where, 0, seen[0])
    said = re.findall(r'<p class="refused".*?</p>', first.text)
    assert first.status_code == 303, said
    saved = world.everything()
    assert (saved == before) is False
    late = await save(world.paul, form, where, 1, seen[1])
    assert late.status_code == 409
    assert re.search(r'role="alert"', late.text)
    assert (world.everything() == saved) is True


async def test_every_form_is_tried_or_can_t_overwrite_anything(app: FastAPI) -> None:
    asked = set()
    for route in all_routes(app):
        if route.method != "POST" or route.by_token:
            continue
        stem = re.sub(r"(/\{part\})?/\{(act|which)\}$", "", route.path)
        acts = ACTS.get(route.path)
        asked |= {f"{stem}/{act}" for act in acts} if acts else {route.path}
    assert set(LIKE.values()) <= SAVES.keys()
    known = [*SAVES, *ALONE, *LIKE]
    assert sorted(set(known)) == sorted(known)
    assert asked == set(known), sorted(asked ^ set(known))
